"""What the cards of running the site remember."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from handlers.scenes import State

SITE, CATEGORIES, SETTINGS, SETTING = "site", "site_categories", "site_settings", "site_setting"


class SiteState(State):
    """The list of videos behind the card."""

    back: dict[str, Any] = Field(default_factory=dict)


class TreeState(State):
    """Where in the tree, what is said of the last press, and what was wrong with the last name."""

    site: dict[str, Any] = Field(default_factory=dict)
    at: int = 0
    page: int = 0
    said: str = ""
    wrong: str = ""
    asking: bool = False
    name: str = ""


class SiteSettingsState(State):
    """Which page of the settings."""

    site: dict[str, Any] = Field(default_factory=dict)
    page: int = 0
    said: str = ""


class SiteSettingState(SiteSettingsState):
    """One setting: as it was when its new value was asked for, and that value as it was written."""

    name: str = ""
    asked: bool = False
    old: str = ""
    new: str = ""
    wrong: str = ""
