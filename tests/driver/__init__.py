"""The users' side for tests: people who write and press, their browser, and the wire journal."""

from tests.driver.api import BotApi, Refusal
from tests.driver.browser import Browser
from tests.driver.control import Control
from tests.driver.journal import Call, Journal
from tests.driver.message import Button, Message
from tests.driver.person import InlineAnswer, Person, Pressed
from tests.driver.source import Source, bytes_of, md5_of

__all__ = [
    "BotApi",
    "Browser",
    "Button",
    "Call",
    "Control",
    "InlineAnswer",
    "Journal",
    "Message",
    "Person",
    "Pressed",
    "Refusal",
    "Source",
    "bytes_of",
    "md5_of",
]
