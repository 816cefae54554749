"""What Telegram says of a topic is not about its chat."""

import pytest

from services.chatstatus import is_of_topic, meaning


@pytest.mark.parametrize("words", ["TOPIC_CLOSED", "TOPIC_DELETED", "message thread not found"])
@pytest.mark.parametrize("forbidden", [True, False])
def test_a_refusal_of_a_topic_pauses_no_chat(words: str, forbidden: bool) -> None:
    assert is_of_topic(words)
    assert meaning(words, forbidden=forbidden) is None


@pytest.mark.parametrize(
    "words", ["CHAT_WRITE_FORBIDDEN", "not enough rights to send text messages to the chat"]
)
def test_a_refusal_of_the_chat_is_not_about_a_topic(words: str) -> None:
    assert not is_of_topic(words)
    assert meaning(words, forbidden=False) == "muted"
