"""The base of all upstream models: frozen, tolerant of what real servers were seen to send."""

import math
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from clients.errors import BadResponse

M = TypeVar("M")

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off", "", "null", "none"})
# What a database column and a Telegram id hold; more is no count of anything.
_LARGEST = 2**63 - 1


class Model(BaseModel):
    """A frozen upstream object; unknown fields are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True, hide_input_in_errors=True
    )


class OpenEnum(StrEnum):
    """A StrEnum that reads unknown words as its member UNKNOWN."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        word = str(value).strip().casefold()
        return next((member for member in cls if member.value == word), cls("unknown"))


def whole(value: object) -> int | None:
    """Read an integer from a number, a numeric string or a truth value; None for nothing."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    number = decimal(value)
    # Digits of a plain integer must not pass through a float.
    exact = int(value) if isinstance(value, (int, str)) and _is_plain(value) else int(number or 0)
    if abs(exact) > _LARGEST:
        raise ValueError("out of range")
    return exact


def _is_plain(value: int | str) -> bool:
    return isinstance(value, int) or value.strip().lstrip("+-").isdecimal()


def decimal(value: object) -> float | None:
    """Read a finite float from a number or a numeric string; None for nothing."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, (int, float, str)):
        raise ValueError("not a number")  # noqa: TRY004 - pydantic turns ValueError into its own error
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("out of range") from None
    if not math.isfinite(number):
        raise ValueError("out of range")
    return number


def flag(value: object) -> bool | None:
    """Read a truth value from a bool, 0/1 or a word; None for null."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    word = value.strip().casefold() if isinstance(value, str) else "?"
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("not a truth value")


def text(value: object) -> str | None:
    """Read a text from a string or a number; None for null."""
    if value is None or isinstance(value, str):
        return value if value is None or value.isascii() else _whole_letters(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("not a text")  # noqa: TRY004 - as above
    return str(value)


def _whole_letters(value: str) -> str:
    """Put question marks for halves of letters: JSON may spell them, and nothing can store or send them."""
    return value.encode(errors="replace").decode()


def texts(value: object) -> tuple[str, ...]:
    """Read a tuple of texts from a list, one lone text, or null; nulls inside are dropped."""
    if value is None or value == "":
        return ()
    if isinstance(value, (list, tuple)):
        if all(type(item) is str and item.isascii() for item in value):
            return tuple(value)
        return tuple(item for item in map(text, value) if item is not None)
    single = text(value)
    return () if single is None else (single,)


def _or(read: Callable[[object], Any], fallback: object) -> BeforeValidator:
    """Make a validator that reads null as `fallback`."""
    return BeforeValidator(lambda value: fallback if (got := read(value)) is None else got)


def items(value: object) -> object:
    """Read null as an empty list."""
    return () if value is None else value


Whole = Annotated[int, BeforeValidator(whole)]
MaybeWhole = Annotated[int | None, BeforeValidator(whole)]
Count = Annotated[int, _or(whole, 0)]
Decimal = Annotated[float, _or(decimal, 0.0)]
MaybeDecimal = Annotated[float | None, BeforeValidator(decimal)]
Flag = Annotated[bool, _or(flag, False)]
MaybeFlag = Annotated[bool | None, BeforeValidator(flag)]
Text = Annotated[str, _or(text, "")]
MaybeText = Annotated[str | None, BeforeValidator(text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(texts)]
OrEmpty = BeforeValidator(items)


# Each made once: making one costs more than reading a page of twenty with it.
_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def read(kind: type[M], value: object, *, service: str, operation: str) -> M:
    """Validate `value` as `kind`; wrong types raise BadResponse, naming the place but not the value."""
    try:
        found: M = _adapter(kind).validate_python(value)
    except (ValidationError, RecursionError) as error:
        detail = _places(error) if isinstance(error, ValidationError) else "nested too deeply"
    else:
        return found
    raise BadResponse(service, operation, detail)


def _places(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or '(top)'} {e['type']}" for e in found[:3])
