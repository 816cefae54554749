"""Steps of a person at Mika, for faults at each of them."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.e2e.videos.mikaways import queued
from tests.e2e.words import Words

SAY = Words("zh")
Act = Callable[[], Awaitable[object]]


async def fresh(s: Any) -> None:
    """Forget what was read of the site, and put back what an earlier step changed."""
    videos, mika = s.house.services.videos, s.box.world.mika
    videos._tree.clear()
    videos._rights.clear()
    videos._titles.clear()
    for task in [task for task in mika.tasks.values() if task.outcome is None]:
        del mika.tasks[task.id]


async def _list(s: Any) -> Any:
    await s.person.send("/videos")
    return await s.until("button.search_videos")


async def _video(s: Any) -> Any:
    await s.person.press(await _list(s), "1")
    return await s.until("button.edit")


async def listed(s: Any) -> Act:
    return lambda: s.person.send("/videos")


async def one(s: Any) -> Act:
    card = await _list(s)
    return lambda: s.person.press(card, "1")


async def tree(s: Any) -> Act:
    card = await _list(s)
    return lambda: s.person.press(card, SAY("button.categories"))


async def save(s: Any) -> Act:
    await s.person.press(await _video(s), SAY("button.edit"))
    await s.person.press(await s.until("button.edit_title"), SAY("button.edit_title"))
    await s.person.until(SAY("video.ask_title"))
    await s.person.send(f"影片 {s.number}")
    form = await s.until("button.save_changes")
    return lambda: s.person.press(form, SAY("button.save_changes"))


async def remove(s: Any) -> Act:
    await s.person.press(await _video(s), SAY("button.delete"))
    asked = await s.until("button.delete_it")
    return lambda: s.person.press(asked, SAY("button.delete_it"))


async def tasks(s: Any) -> Act:
    return lambda: s.person.send("/transcode")


async def cancel(s: Any) -> Act:
    queued(s.box, max(s.box.world.mika.videos))
    await s.person.send("/transcode")
    await s.person.press(await s.until("button.tell_all"), "1")
    await s.person.press(await s.until("button.cancel_task"), SAY("button.cancel_task"))
    asked = await s.until("button.confirm")
    return lambda: s.person.press(asked, SAY("button.confirm"))


async def numbers(s: Any) -> Act:
    return lambda: s.person.send("/stats")


async def _site(s: Any) -> Any:
    await s.person.press(await _list(s), SAY("button.run_site"))
    return await s.until("button.site_settings")


async def settings(s: Any) -> Act:
    card = await _site(s)
    return lambda: s.person.press(card, SAY("button.site_settings"))


async def category(s: Any) -> Act:
    await s.person.press(await _site(s), SAY("button.categories"))
    await s.person.press(await s.until("button.new_category"), SAY("button.new_category"))
    await s.person.until(SAY("category.ask_new"))
    return lambda: s.person.send(f"分类 {s.number}")


STEPS = tuple(
    ("mika", step) for step in (listed, one, tree, save, remove, tasks, cancel, numbers, settings, category)
)
