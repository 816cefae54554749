"""Where a page of a list stands; the document shows it of videos, and of tasks not at all."""

from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from clients.models import Count, Model

# What lists are called; `data` may be the bare list as well.
ROWS = ("list", "items", "videos", "tasks")


class Page(Model):
    """Where a page stands; where nobody counts, what is on the page counts."""

    total: Count = 0
    page: Count = 1
    size: Count = 0

    @model_validator(mode="before")
    @classmethod
    def _counted(cls, value: Any) -> Any:
        told = {ROWS[0]: value} if isinstance(value, list) else value
        if not isinstance(told, Mapping):
            return told
        flat = {**told, **inside} if isinstance(inside := told.get("pagination"), Mapping) else dict(told)
        if flat.get("total") is None:
            flat["total"] = next((len(flat[name]) for name in ROWS if isinstance(flat.get(name), list)), 0)
        return flat
