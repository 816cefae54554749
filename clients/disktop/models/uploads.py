"""The steps of an upload, as Disk.Top answers them."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from clients.models import Count, Flag, MaybeText, MaybeWhole, Model, OrEmpty, Text, Whole

# What a session lives for when the server does not say (files document, precreate).
DAY_SECONDS = 86_400


class Precreated(Model):
    """The file itself when its bytes were known (`instant_upload`), else a session to send them to."""

    instant_upload: Flag = False
    file_id: MaybeWhole = None
    path: MaybeText = None
    upload_id: Text = ""
    endpoint: Text = ""
    chunk_size: Count = 0
    total_parts: Count = 0
    expires_in: Count = DAY_SECONDS

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.instant_upload and not (self.upload_id and self.endpoint and self.chunk_size > 0):
            raise ValueError("neither a file nor a session")
        return self


class ReceivedChunk(Model):
    """One part that arrived, and how many there are now; an etag is not always given."""

    part_seq: Count = 0
    etag: MaybeText = None
    received_parts: Count = 0
    total_parts: Count = 0


class Part(Model):
    """What the server holds of one part; size in bytes where it says."""

    etag: MaybeText = None
    size: MaybeWhole = None


def _by_number(value: Any) -> dict[str, Any]:
    # The document's own example holds an entry "...": only numbers name parts.
    given = value.items() if isinstance(value, Mapping) else ()
    return {str(name): part or {} for name, part in given if str(name).isdecimal()}


class Parts(Model):
    """The parts a session holds, in order; `parts` tells more of each by its number."""

    total_parts: Count = 0
    received_parts: Annotated[tuple[Whole, ...], OrEmpty] = ()
    parts: Annotated[Mapping[int, Part], BeforeValidator(_by_number)] = Field(default_factory=dict)


class Completed(Model):
    """The file an upload became."""

    file_id: Whole
    path: Text = ""
    size: Count = 0
    md5: MaybeText = None
