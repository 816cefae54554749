"""What the cards of accounts remember."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from handlers.scenes import State

ACCOUNTS, ACGBT, MIKA = "accounts", "acgbtaccount", "mikaaccount"
# What a new key at ACGBT is offered with.
RIGHTS = ("read", "publish", "*")
LIMITS = (30, 60, 120)


class AccountsState(State):
    """The accounts card remembers nothing: it shows what is."""


class AcgbtState(State):
    """Which page of the account is shown, and the draft of a new key; never a secret.

    `making` stands while a key is being made, so that a repeated press makes no second one; `old` are the
    ends of a key that was replaced.
    """

    page: Literal["", "avatar", "keys", "new"] = ""
    name: str = ""
    rights: tuple[str, ...] = ("read",)
    limit: int = 60
    faults: dict[str, str] = Field(default_factory=dict)
    said: str = ""
    making: bool = False
    old: str = ""

    def turned(self, page: Literal["", "avatar", "keys", "new"], **changes: object) -> AcgbtState:
        """Return the state of another page, with what was said before forgotten."""
        cleared: dict[str, object] = {"page": page, "faults": {}, "said": "", "making": False, "old": ""}
        return self.model_copy(update={**cleared, **changes})


class MikaState(State):
    """The new value that was typed for a field, and what came of it."""

    nickname: str = ""
    avatar: str = ""
    faults: dict[str, str] = Field(default_factory=dict)
    said: str = ""
