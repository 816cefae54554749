"""Server-sent events from bytes, wherever the bytes are cut (WHATWG HTML, 9.2.6)."""

import codecs
from dataclasses import dataclass

from httpx_sse._decoders import SSEDecoder as EventDecoder, SSELineDecoder

MAX_EVENT_BYTES = 1024 * 1024


class EventTooLargeError(ValueError):
    """One event grew past the cap."""


@dataclass(frozen=True)
class ServerEvent:
    """One event; `id` is the last id seen so far, None before the first."""

    id: str | None
    event: str
    data: str
    retry: int | None = None


class SSEDecoder:
    """Turn chunks of bytes into events; an event cut off by the end of the stream is never told."""

    def __init__(self) -> None:
        # utf-8-sig drops a byte order mark at the start only.
        self._text = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._lines = SSELineDecoder()
        self._events = EventDecoder()
        self._pending = 0

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """Give the events that `chunk` completes; raises EventTooLargeError."""
        found: list[ServerEvent] = []
        self._pending += len(chunk)
        text = self._text.decode(chunk)
        for line in self._lines.decode(text) if text else ():
            event = self._events.decode(line)
            if event is not None:
                found.append(ServerEvent(event.id or None, event.event, event.data, event.retry))
            if not line:
                self._pending = 0
        if self._pending > MAX_EVENT_BYTES:
            raise EventTooLargeError
        # An id or a retry alone is no event (the library passes it on).
        return [event for event in found if event.data or event.event != "message"]
