"""What a section of /settings is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.scenes import InvalidPress, Scene
from handlers.texts import Html
from handlers.views import Button, Press, Row
from storage.preferences import Changes

OFF, ON = "off", "on"
_CHOSEN = "✓ "

Typed = Callable[[str], Changes | None]
Drawn = tuple[list[Html], Sequence[Row]]


@dataclass(frozen=True)
class Field:
    """Something that can be typed: the button that asks for it, the question, and what a bad answer gets."""

    name: str
    button: str
    question: str
    fault: str
    typed: Typed

    @classmethod
    def of(cls, section: str, name: str, typed: Typed) -> Field:
        """Return a field of a section, with its words."""
        return cls(
            name,
            f"settings.{section}.{name}_button",
            f"settings.{section}.{name}_ask",
            f"settings.{section}.{name}_bad",
            typed,
        )


@dataclass(frozen=True)
class Section:
    """A part of the settings; `chosen` turns a button's argument into changes and raises InvalidPress."""

    draw: Callable[[Scene[Any]], Awaitable[Drawn]]
    chosen: Callable[[str], Changes]
    fields: tuple[Field, ...] = ()

    def field(self, name: str) -> Field:
        """Return what is asked for under a name; raises InvalidPress."""
        for field in self.fields:
            if field.name == name:
                return field
        raise InvalidPress(name)


def choice(label: str, arg: str, *, chosen: bool) -> Button:
    """Return the button of one choice, marked when it is the one that holds."""
    return Press(f"{_CHOSEN if chosen else ''}{label}", "set", arg)


def one_of(arg: str, allowed: Sequence[str]) -> str:
    """Return an argument that one of our buttons carries; raises InvalidPress."""
    if arg not in allowed:
        raise InvalidPress(arg)
    return arg
