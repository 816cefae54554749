"""Read a call's parameters as Telegram does: query, form, multipart or JSON, nested ones as JSON text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from sandbox.telegram.chats import Json
from sandbox.telegram.errors import bad_request


@dataclass(frozen=True)
class Upload:
    """A file that came with a multipart call."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True)
class Params:
    """One call's parameters with typed getters."""

    values: Mapping[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Tell whether a parameter was given."""
        return self.values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """Return a string parameter."""
        value = self.values.get(name)
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """Return an integer parameter; what is no number counts as 0, as Telegram does."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            return 0

    def flag(self, name: str) -> bool:
        """Return a boolean parameter."""
        return str(self.values.get(name, "")).lower() in ("true", "1", "yes", "y", "t")

    def nested(self, name: str, what: str) -> Any:
        """Return a parameter that is JSON, as text or already decoded; None when absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {what} JSON object") from error

    def mapping(self, name: str, what: str) -> Json | None:
        """Return a JSON object parameter."""
        value = self.nested(name, what)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise bad_request(f"can't parse {what}: expected an Object")
        return value

    def listing(self, name: str, what: str) -> list[Any] | None:
        """Return a JSON array parameter."""
        value = self.nested(name, what)
        if value is None:
            return None
        if not isinstance(value, list):
            raise bad_request(f"can't parse {what}: expected an Array")
        return value

    def upload(self, reference: str) -> Upload | None:
        """Return the file that `attach://name` or a field's own name points to."""
        return self.files.get(reference.removeprefix("attach://"))

    @classmethod
    async def read(cls, request: Request) -> "Params":
        """Read a request; later sources override the query string."""
        values: dict[str, Any] = dict(request.query_params)
        files: dict[str, Upload] = {}
        kind = request.headers.get("content-type", "")
        if kind.startswith("application/json"):
            values.update(await _json_body(request))
        elif kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
            async with request.form(max_files=100, max_part_size=64 * 1024 * 1024) as form:
                for name, value in form.multi_items():
                    if isinstance(value, UploadFile):
                        files[name] = await read_upload(name, value)
                    else:
                        values[name] = value
        return cls(values, files)


async def _json_body(request: Request) -> Json:
    body = await request.body()
    if not body:
        return {}
    try:
        data = json.loads(body)
    except ValueError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(data, dict):
        raise bad_request("can't parse JSON object")
    return data


async def read_upload(name: str, file: UploadFile) -> Upload:
    """Read a file of a form before the form is closed."""
    kind = file.content_type or "application/octet-stream"
    return Upload(file.filename or name, kind, await file.read())
