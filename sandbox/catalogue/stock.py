"""The whole stock of one seed, and the truth about any link."""

import random
from hashlib import sha256

from sandbox.catalogue.links import code_in, recognise
from sandbox.catalogue.resources import Resource, ResourceMaker, Verdict
from sandbox.catalogue.shares import ShareMaker
from sandbox.catalogue.titles import Title, all_titles


class Catalogue:
    """Titles, resources and Disk.Top shares; services change their own copy through the world."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"catalogue:{seed}")
        maker = ShareMaker(rng)
        maker.specials()
        self.maker = resources = ResourceMaker(rng, maker)
        self.titles: dict[tuple[str, int], Title] = {title.key: title for title in all_titles()}
        self.resources: dict[str, Resource] = {}
        self._links: dict[tuple[str, str], Resource] = {}
        for index, title in enumerate(all_titles()):
            for resource in resources.for_title(title, index):
                self.add(resource)
        self.shares = maker.made

    def add(self, resource: Resource) -> None:
        """Put a resource into the stock."""
        self.resources[resource.slug] = resource
        if known := recognise(resource.url):
            self._links[known] = resource

    def of_title(self, media_type: str, tmdb_id: int) -> list[Resource]:
        """Return the resources of a title."""
        return [r for r in self.resources.values() if (r.media_type, r.tmdb_id) == (media_type, tmdb_id)]

    def verdict(self, url: str) -> tuple[Verdict, str | None]:
        """Return what is true of a link, and the share's name where it can be known."""
        known = recognise(url)
        if known is None:
            return Verdict.UNSUPPORTED, None
        resource = self._links.get(known)
        if resource is None:
            return self._guess(known[1]), None
        if resource.verdict in (Verdict.DEAD, Verdict.UNCERTAIN, Verdict.LOCKED):
            return resource.verdict, None
        if resource.access_code and code_in(url) != resource.access_code:
            return Verdict.LOCKED, None
        return Verdict.ALIVE, resource.title

    @staticmethod
    def _guess(share_id: str) -> Verdict:
        """Judge a link nobody stocked: by a word in it, else by its hash."""
        for verdict in Verdict:
            if verdict in share_id.lower():
                return verdict
        draw = sha256(share_id.encode()).digest()[0]
        if draw < 160:
            return Verdict.ALIVE
        if draw < 220:
            return Verdict.DEAD
        return Verdict.LOCKED if draw < 240 else Verdict.UNCERTAIN
