"""What TMDB answers (API v3)."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from clients.models import Count, Decimal, MaybeText, MaybeWhole, Model, OpenEnum, OrEmpty, Text, Whole


class MediaType(OpenEnum):
    """The kinds of title HDHive knows."""

    MOVIE = "movie"
    TV = "tv"
    UNKNOWN = "unknown"


class Title(Model):
    """A film or a series in the language asked for."""

    media_type: Annotated[MediaType, BeforeValidator(MediaType)]
    id: Whole
    title: Text = ""
    original_title: Text = ""
    year: int | None = None
    overview: Text = ""
    poster_path: MaybeText = None
    vote_average: Decimal = 0.0


class Genre(Model):
    """A genre in the language asked for."""

    id: Whole
    name: Text = ""


class TitleDetails(Title):
    """A title with what its card shows."""

    tagline: Text = ""
    genres: Annotated[tuple[Genre, ...], OrEmpty] = ()
    runtime_minutes: MaybeWhole = None
    seasons: MaybeWhole = None
    episodes: MaybeWhole = None
    status: Text = ""
    homepage: MaybeText = None
    backdrop_path: MaybeText = None


class TitlePage(Model):
    """One page of search results; persons and collections are left out."""

    results: tuple[Title, ...]
    page: Count = 1
    total_pages: Count = 0
    total_results: Count = 0


class Picture(Model):
    """A poster or backdrop; `language` is an ISO 639-1 code or None for no words on it."""

    path: Text = Field(validation_alias="file_path", min_length=1)
    width: Count = 0
    height: Count = 0
    vote_average: Decimal = 0.0
    language: MaybeText = Field(default=None, validation_alias="iso_639_1")


class Pictures(Model):
    """All pictures of a title."""

    posters: Annotated[tuple[Picture, ...], OrEmpty] = ()
    backdrops: Annotated[tuple[Picture, ...], OrEmpty] = ()


class Language(Model):
    """A language TMDB knows."""

    code: Text = Field(validation_alias="iso_639_1", min_length=1)
    english_name: Text = ""
    name: Text = ""
