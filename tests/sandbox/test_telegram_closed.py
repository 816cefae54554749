"""Groups and topics in which members may not write: Telegram's refusals, and who may all the same."""

import pytest

from sandbox.people import GROUP_ID
from tests.driver import BotApi, Person, Refusal


async def words_of_refusal(api: BotApi, **more: object) -> str:
    with pytest.raises(Refusal) as caught:
        await api("sendMessage", chat_id=GROUP_ID, text="x", **more)
    assert caught.value.code == 400
    return caught.value.text


async def test_a_closed_topic_refuses_and_opens_again(api: BotApi, xiaoyu: Person, ben: Person) -> None:
    topic = int((await xiaoyu.post("/app/topic", GROUP_ID, name="新片"))["topic"])
    with pytest.raises(AssertionError, match="only"):
        await ben.post("/app/topic/close", GROUP_ID, topic=topic)
    await xiaoyu.post("/app/topic/close", GROUP_ID, topic=topic)
    assert await words_of_refusal(api, message_thread_id=topic) == "Bad Request: TOPIC_CLOSED"
    with pytest.raises(AssertionError, match="only"):
        await ben.send("x", GROUP_ID, topic=topic)
    await xiaoyu.send("x", GROUP_ID, topic=topic)
    await api("sendMessage", chat_id=GROUP_ID, text="x")
    await xiaoyu.post("/app/topic/close", GROUP_ID, topic=0)
    assert await words_of_refusal(api) == "Bad Request: TOPIC_CLOSED"
    for closed in (0, topic):
        await xiaoyu.post("/app/topic/reopen", GROUP_ID, topic=closed)
        await api(
            "sendMessage", chat_id=GROUP_ID, text="x", **({"message_thread_id": closed} if closed else {})
        )


async def test_a_silent_group_hears_its_admins_only(api: BotApi, xiaoyu: Person, ben: Person) -> None:
    with pytest.raises(AssertionError, match="only"):
        await ben.post("/app/silence", GROUP_ID)
    await xiaoyu.post("/app/silence", GROUP_ID)
    assert await words_of_refusal(api) == "Bad Request: not enough rights to send text messages to the chat"
    with pytest.raises(Refusal, match="not enough rights to send photos to the chat"):
        await api("sendPhoto", chat_id=GROUP_ID, photo="https://example.org/t/p/w500/poster.jpg")
    with pytest.raises(AssertionError, match="only"):
        await ben.send("x", GROUP_ID)
    await xiaoyu.send("x", GROUP_ID)
    await xiaoyu.post("/app/member", GROUP_ID, status="administrator")
    await api("sendMessage", chat_id=GROUP_ID, text="x")
    await xiaoyu.post("/app/member", GROUP_ID, status="member")
    await xiaoyu.post("/app/silence", GROUP_ID, silent=False)
    await api("sendMessage", chat_id=GROUP_ID, text="x")
