"""The tree of categories (section 分类接口)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from clients.models import Count, Model, OrEmpty, Text, Whole


class Category(Model):
    """A category and the ones below it; one at the top has the parent 0."""

    id: Whole
    name: Text = ""
    parent_id: Count = 0
    sort: Count = 0
    children: Annotated[tuple[Category, ...], OrEmpty] = ()

    def walk(self) -> Iterator[Category]:
        """Yield this category and all below it, from the top."""
        yield self
        for child in self.children:
            yield from child.walk()
