"""What a video is to be at Mika: title, words and category; it is kept where a drive has a folder."""

from pathlib import PurePosixPath
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# What the site takes.
TITLE_LIMIT = 200
DESCRIPTION_LIMIT = 2000


class About(BaseModel):
    """Be what a person wants said of a video; an empty title is the file's name, no category the first."""

    model_config = ConfigDict(frozen=True)

    title: str = Field(default="", repr=False)
    description: str = Field(default="", repr=False)
    category_id: int | None = None
    category: str = Field(default="", repr=False)

    @classmethod
    def read(cls, folder: str) -> Self:
        """Read what was kept; anything else says nothing."""
        try:
            return cls.model_validate_json(folder)
        except ValidationError:
            return cls()

    def written(self) -> str:
        """Return what is kept."""
        return self.model_dump_json(exclude_defaults=True)

    def titled(self, name: str) -> str:
        """Return the title, which is the file's name without its ending where nobody gave one."""
        return (self.title or title_of(name))[:TITLE_LIMIT]


def title_of(name: str) -> str:
    """Return a title made from a file's name."""
    path = PurePosixPath(name)
    stem = path.stem if 1 < len(path.suffix) <= 6 else path.name
    words = " ".join(stem.replace("_", " ").split()).strip(" .-")
    # Dots instead of spaces are the way of releases; a number with a dot stays.
    if " " not in words and words.count(".") > 1:
        words = " ".join(words.split("."))
    return words[:TITLE_LIMIT] or name[:TITLE_LIMIT]
