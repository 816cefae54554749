"""One shape for films and series, which TMDB names differently."""

from collections.abc import Mapping
from typing import Any

_KINDS = ("movie", "tv")


def page_of(answer: object) -> object:
    """Bring a page of search/multi into the shape of TitlePage."""
    if not isinstance(answer, Mapping):
        return answer
    results = answer.get("results")
    if not isinstance(results, list):
        return answer
    return {**answer, "results": [title_of(item) for item in results if _is_title(item)]}


def _is_title(item: object) -> bool:
    # Anything else than an object is kept, for the model to refuse.
    return not isinstance(item, Mapping) or item.get("media_type") in _KINDS


def title_of(item: Any) -> Any:
    """Bring a film or a series into the shape of Title."""
    if not isinstance(item, Mapping):
        return item
    film = item.get("media_type") == "movie"
    name, original = ("title", "original_title") if film else ("name", "original_name")
    return {
        **item,
        "title": item.get(name) or item.get("title") or item.get("name"),
        "original_title": item.get(original) or item.get("original_title") or item.get("original_name"),
        "year": _year(item.get("release_date" if film else "first_air_date")),
    }


def details_of(media_type: str, answer: Any) -> Any:
    """Bring the details of a film or a series into the shape of TitleDetails."""
    if not isinstance(answer, Mapping):
        return answer
    run = answer.get("episode_run_time")
    return title_of(
        {
            **answer,
            "media_type": media_type,
            "runtime_minutes": answer.get("runtime") or (run[0] if isinstance(run, list) and run else None),
            "seasons": answer.get("number_of_seasons"),
            "episodes": answer.get("number_of_episodes"),
        }
    )


def _year(date: object) -> int | None:
    # Dates are "2019-02-05", empty for titles that have none yet.
    head = date[:4] if isinstance(date, str) else ""
    return int(head) if len(head) == 4 and head.isascii() and head.isdigit() else None
