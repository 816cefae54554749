"""Write, change and remove messages, and tell everyone who sees them."""

from sandbox.telegram.chats import Chat, Json, Message, User
from sandbox.telegram.errors import bad_request
from sandbox.telegram.state import Telegram

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def post(
    tg: Telegram, chat: Chat, sender: User | None, content: Json, *, sender_json: Json | None = None
) -> Message:
    """Add a message to a chat."""
    data: Json = {"message_id": _next_id(tg, chat), "date": int(tg.now()), "chat": chat.json()}
    if sender is not None:
        data["from"] = sender_json or sender.json()
        chat.last_speaker = data["from"]["id"]
    data.update(content)
    message = Message(data, tg.feed.next())
    chat.messages[message.id] = message
    _tell(tg, chat, message)
    return message


def change(tg: Telegram, chat: Chat, message: Message, content: Json, dropped: tuple[str, ...] = ()) -> None:
    """Replace parts of a message by the bot; Telegram refuses a change that changes nothing."""
    data = {name: value for name, value in message.data.items() if name not in dropped}
    data.update({name: value for name, value in content.items() if value is not None})
    if _visible(data) == _visible(message.data):
        raise bad_request(NOT_MODIFIED)
    message.data = {**data, "edit_date": int(tg.now())}
    message.revision = tg.feed.next()
    _tell(tg, chat, message)


def remove(tg: Telegram, chat: Chat, message_id: int) -> None:
    """Delete a message for everybody."""
    chat.messages.pop(message_id)
    tg.feed.next()
    tg.feed.tell("deleted", tg.readers(chat), {"chat": chat.id, "message_id": message_id})


def shown(message: Message) -> Json:
    """Return a message as the users' side shows it."""
    shown = {**message.data, "revision": message.revision}
    if message.inline_message_id:
        shown["inline_message_id"] = message.inline_message_id
    return shown


def quoted(message: Message) -> Json:
    """Return a message as it appears inside the reply to it."""
    return {name: value for name, value in message.data.items() if name != "reply_to_message"}


def find_inline(tg: Telegram, inline_message_id: str) -> tuple[Chat, Message] | None:
    """Return the message sent through inline mode under this id."""
    for chat in tg.chats.values():
        for message in chat.messages.values():
            if message.inline_message_id == inline_message_id:
                return chat, message
    return None


def _tell(tg: Telegram, chat: Chat, message: Message) -> None:
    tg.feed.tell("message", tg.readers(chat), shown(message))


def _visible(data: Json) -> Json:
    hidden = ("edit_date", "date")
    return {name: value for name, value in data.items() if name not in hidden}


def _next_id(tg: Telegram, chat: Chat) -> int:
    if chat.type == "supergroup":
        chat.last_id += 1
        return chat.last_id
    # Private chats and basic groups share one counter, as they do for a real account.
    tg.private_ids += 1
    return tg.private_ids
