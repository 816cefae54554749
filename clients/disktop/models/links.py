"""Addresses of bytes and of play lists; they live for minutes."""

from typing import Annotated

from pydantic import Field

from clients.models import Count, MaybeDecimal, MaybeText, MaybeWhole, Model, OrEmpty, Text


class Quality(Model):
    """One rendition of a video."""

    name: Text = ""
    url: Text = Field(default="", repr=False)


class VideoStream(Model):
    """A play list that lives for `expires_in` seconds; `duration` is seconds."""

    stream_url: Text = Field(min_length=1, repr=False)
    duration: MaybeDecimal = None
    qualities: Annotated[tuple[Quality, ...], OrEmpty] = ()
    expires_in: Count = 600


class Download(Model):
    """A signed address that lives for `expires_in` seconds."""

    url: Text = Field(min_length=1, repr=False)
    file_id: MaybeWhole = None
    name: MaybeText = None
    size: Count = 0
    expires_in: Count = 600
