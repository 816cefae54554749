"""What is sent to publish and change own shares (HDHive document, POST and PATCH shares)."""

from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class ShareChanges:
    """What to change of an own share; None leaves a field as it is, an empty text takes it away."""

    title: str | None = None
    url: str | None = field(default=None, repr=False)
    access_code: str | None = field(default=None, repr=False)
    unlock_points: int | None = None
    is_anonymous: bool | None = None
    hide_link: bool | None = None
    tmdb_id: str | None = None
    media_type: str | None = None
    movie_id: int | None = None
    tv_id: int | None = None
    collection_id: int | None = None

    def body(self) -> dict[str, object]:
        """Build the request body of the fields that are given."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class NewShare:
    """A share to publish; needs one of tmdb_id + media_type, movie_id, tv_id, collection_id."""

    url: str = field(repr=False)
    tmdb_id: str | None = None
    media_type: str | None = None
    movie_id: int | None = None
    tv_id: int | None = None
    collection_id: int | None = None
    title: str | None = None
    access_code: str | None = field(default=None, repr=False)
    unlock_points: int | None = None
    is_anonymous: bool | None = None
    hide_link: bool | None = None

    def body(self) -> dict[str, object]:
        """Build the request body of the fields that are given."""
        return {name: value for name, value in asdict(self).items() if value is not None}
