"""Whose the rows of a table are: every table is marked, and `/forget` and `/privacy` go by nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Column, Table

# How a sealed column is told to the person it is about; one that is not marked so is never told.
Told = Literal["text", "json"]
# The number that is no user's.
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Say whose a table's rows are.

    `owner` is the column that names the person, spelled as `spelling` says; without one the rows are about
    nobody. `freed` are the values that make an erased row nobody's, where its being there must outlive what
    it told; `left` are those that make a group's row nobody's, which the group keeps. `passing` rows go by
    themselves within moments, and must not be taken from who works by them.
    `mentions` name a person in rows that are not theirs, and are emptied.
    """

    owner: str | None = None
    spelling: str = "{}"
    freed: Mapping[str, Any] = field(default_factory=dict)
    left: Mapping[str, Any] = field(default_factory=dict)
    passing: bool = False
    mentions: tuple[str, ...] = ()
    why: str = ""


def persons(owner: str, **more: Any) -> dict[str, Any]:
    """Mark a table whose rows each belong to the person in a column."""
    return {"rows": Rows(owner, **more)}


def nobodys(why: str, *mentions: str) -> dict[str, Any]:
    """Mark a table whose rows are about nobody, and say what they are about."""
    return {"rows": Rows(why=why, mentions=mentions)}


def rows_of(table: Table) -> Rows:
    """Return a table's mark; raises KeyError without one."""
    mark: Rows = table.info["rows"]
    return mark


def told(column: Column[Any]) -> Told | Literal["plain"] | None:
    """Return how a column is told to the person it is about, None for one that is a secret."""
    if column.info.get("sealed"):
        as_: Told | None = column.info.get("told")
        return as_
    return None if column.info.get("secret") else "plain"
