"""Answer every Bot API method at once, so that the bots are measured: `python -m bench.botapi PORT`."""

import asyncio
import json
import sys

ME = {
    "id": 7000000001,
    "is_bot": True,
    "first_name": "LinkHive",
    "username": "linkhive_bot",
    "supports_inline_queries": True,
    "can_join_groups": True,
    "can_read_all_group_messages": False,
}
SENT = {"message_id": 1, "date": 1_700_000_000, "chat": {"id": 1, "type": "private"}, "text": "x"}


def result_of(method: str) -> object:
    if method == "getMe":
        return ME
    if method == "getWebhookInfo":
        return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    return SENT if method.startswith(("send", "edit")) else True


class BotApi(asyncio.Protocol):
    """Just enough HTTP for keep-alive clients that send a Content-Length."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = next(
                (
                    int(line[15:])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                0,
            )
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            method = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            body = json.dumps({"ok": True, "result": result_of(method)}).encode()
            self.transport.write(  # type: ignore[attr-defined]
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                + body
            )


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(BotApi, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
