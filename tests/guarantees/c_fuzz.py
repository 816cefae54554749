"""Make updates nobody would send: by the Bot API's types, with random fields left out, added and broken."""

import json
import random
from pathlib import Path
from typing import Any

TYPES = json.loads((Path(__file__).parents[1] / "data" / "bot_api.json").read_text())["types"]
KINDS = [field["name"] for field in TYPES["Update"]["fields"] if field["name"] != "update_id"]
KIND_TYPES = {field["name"]: field["types"] for field in TYPES["Update"]["fields"]}
# What the bot asks Telegram for comes most often.
OURS = (
    "message",
    "message",
    "message",
    "callback_query",
    "inline_query",
    "chosen_inline_result",
    "my_chat_member",
)
WORDS = (
    *("", "/help", "/start", "/search 沙丘", "/unlock x", "/check https://pan.quark.cn/s/a", "/help@b"),
    *("hello", "/", "https://disk.top/s/abc 提取码: 1234", "a" * 5000, "\u202e\u05d6\u05e8"),
    *("/start l_" + "x" * 80, "0", "-1", "中" * 300),
)
UNSTORABLE = ("\0", "\ud83d", "x\udcff")
NUMBERS = (0, 1, -1, 5, 1001, -1001000000001, 1087968824, 2**31, 2**53, 2**63 - 1, 1_700_000_000)
WRONG = (
    None,
    True,
    False,
    0,
    -1,
    2**70,
    1.5,
    "x",
    "",
    [],
    {},
    [[]],
    [None],
    {"id": "x"},
    "9" * 50,
    [{}],
    {"": {}},
)
CHAT_TYPES = ("private", "group", "supergroup", "channel", "sender", "")
PLAIN = ("Integer", "String", "Boolean", "True", "Float")
DEEPEST = 4


class Fuzz:
    """One stream of updates, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._number = seed * 10_000_000

    def update(self) -> dict[str, Any]:
        chance = self._chance
        self._number += 1
        made: dict[str, Any] = {"update_id": self._number}
        pick = chance.random()
        if pick < 0.85:
            kind = chance.choice(OURS)
            made[kind] = self._value(KIND_TYPES[kind], 0)
        elif pick < 0.97:
            kind = chance.choice(KINDS)
            made[kind] = self._value(KIND_TYPES[kind], 0)
        else:
            made[chance.choice(("brand_new_kind", "message2", "", "from", "chat"))] = self._wrong()
        if chance.random() < 0.4:
            self._break(made)
        return made

    def _value(self, types: list[str], depth: int) -> Any:
        chance, kind = self._chance, self._chance.choice(types)
        if kind in TYPES:
            return self._object(kind, depth)
        if kind == "Integer":
            return chance.choice(NUMBERS)
        if kind == "String":
            return chance.choice(WORDS if chance.random() < 0.99 else UNSTORABLE)
        if kind in ("Boolean", "True"):
            return True
        if kind == "Float":
            return chance.random() * 1e6
        if kind.startswith("Array of "):
            return [self._value([kind[9:]], depth + 1) for _ in range(chance.randrange(3))]
        return {"id": "x", "x": chance.choice(WORDS)}

    def _object(self, kind: str, depth: int) -> Any:
        about, chance = TYPES[kind], self._chance
        subtypes = about.get("subtypes")
        if subtypes:
            return self._object(chance.choice(subtypes), depth)
        made = {}
        likely = 0.12 if depth == 0 else 0.05
        for field in about["fields"]:
            known = field["types"][0] in TYPES or field["types"][0] in PLAIN or chance.random() < 0.05
            if field["required"] or (known and depth < DEEPEST and chance.random() < likely):
                made[field["name"]] = self._field(field, depth + 1)
        self._plausible(kind, made)
        return made

    def _field(self, field: dict[str, Any], depth: int) -> Any:
        """Return a value of a field; most are such that python-telegram-bot takes them."""
        name, chance = field["name"], self._chance
        if name.endswith("date") and chance.random() < 0.95:
            return 1_700_000_000
        if name.startswith("migrate") and chance.random() < 0.9:
            return -chance.randrange(1, 2**40)
        return self._value(field["types"], depth)

    def _plausible(self, kind: str, made: dict[str, Any]) -> None:
        """Make enough of it right for handlers to take it up."""
        chance = self._chance
        if kind == "Chat":
            made["type"] = chance.choice(CHAT_TYPES)
        elif kind == "Message" and chance.random() < 0.9:
            made["date"] = 1_700_000_000
            made["text"] = text = chance.choice(WORDS)
            made["from"] = self._object("User", DEEPEST)
            if text.startswith("/"):
                length = len(text.split(" ")[0])
                made["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        elif kind == "User":
            made["is_bot"] = chance.random() < 0.1
        elif kind == "CallbackQuery" and chance.random() < 0.8:
            made["data"] = chance.choice(WORDS)

    def _wrong(self) -> Any:
        return self._chance.choice(WRONG)

    def _break(self, made: dict[str, Any]) -> None:
        """Put something wrong in a place anywhere within."""
        place: Any = made
        while True:
            names = list(place) if isinstance(place, dict) else list(range(len(place)))
            names = [name for name in names if name != "update_id"]
            if not names:
                return
            name = self._chance.choice(names)
            inner = place[name]
            if isinstance(inner, dict | list) and inner and self._chance.random() < 0.75:
                place = inner
                continue
            if isinstance(place, dict) and self._chance.random() < 0.2:
                del place[name]
            else:
                place[name] = self._wrong()
            return
