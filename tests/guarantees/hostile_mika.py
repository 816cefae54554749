"""The cards of Mika, filled with hostile strings: videos, tasks, categories and settings of the site."""

from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any

from clients.mika.models import Category, Overview, Task, TaskPage, Video, VideoPage
from handlers import fieldask
from handlers.site import (
    categories as sitecategories,
    menu as site,
    setting as sitesetting,
    settings as sitesettings,
)
from handlers.site.state import SiteSettingsState, SiteSettingState, SiteState, TreeState
from handlers.stats import command as stats
from handlers.texts import Html, Speaker
from handlers.transcode import command as transcode, notices as transcodenotices, task as transcodetask
from handlers.transcode.state import TasksState, TaskState
from handlers.videos import (
    categories as videocategories,
    command as videos,
    deletion as videodelete,
    form as videoedit,
    video,
)
from handlers.videos.state import VideosState, VideoState
from handlers.views import View
from tests.guarantees.hostile import Stage

NAME = "site_name"


class Site:
    """A site that answers with hostile strings."""

    def __init__(self, s: Stage) -> None:
        self._words = s.words

    def link(self, path: str | None) -> str | None:
        return path

    def video(self) -> Video:
        w = self._words
        told = {"id": 7, "title": w(), "description": w(), "cover": w(), "play_url": w(), "resolution": w()}
        more = {"tags": [w() for _ in range(14)], "category": {"id": 2, "name": w()}, "status": w()}
        return Video.model_validate({**told, **more, "duration": 61, "file_size": 5, "views": 3})

    def task(self, status: str) -> Task:
        w = self._words
        told = {"id": 7, "video_id": 7, "video_title": w(), "status": status, "progress": 45}
        return Task.model_validate({**told, "log": "\n".join(w() for _ in range(30))})

    def tree(self) -> tuple[Category, ...]:
        w = self._words
        below = [{"id": n, "name": w(), "parent_id": 1} for n in (2, 3)]
        told = [{"id": 1, "name": w(), "children": below}, {"id": 4, "name": w()}]
        return tuple(Category.model_validate(one) for one in told)

    def settings(self) -> dict[str, Any]:
        w = self._words
        odd = {f"n {w()}"[:50] + str(n): value for n, value in enumerate((w(), [w()], True, 7, None))}
        return {NAME: w(), **odd}


def stage(s: Stage) -> Stage:
    """Put a person before the site, who may run it."""
    there = Site(s)
    tasks = [there.task(status) for status in ("processing", "failed", "odd")]
    answers = {
        VideoPage: VideoPage(items=tuple(there.video() for _ in range(6)), total=60),
        TaskPage: TaskPage(items=tuple(tasks), total=60),
    }

    async def call(_user: int, work: Callable[[Any, Any], Awaitable[Any]]) -> Any:
        async def videos_(*_: object, **__: object) -> VideoPage:
            return answers[VideoPage]  # type: ignore[return-value]

        async def tasks_(*_: object, **__: object) -> TaskPage:
            return answers[TaskPage]  # type: ignore[return-value]

        client = SimpleNamespace(
            videos=videos_,
            video=_giving(there.video),
            tasks=tasks_,
            task=_giving(lambda: there.task("failed")),
            settings=_giving(there.settings),
            overview=_giving(Overview),
        )
        return await work(client, None)

    async def yes(*_: object) -> bool:
        return True

    async def titles(_user: int, ids: Any) -> dict[int, str]:
        return {one: s.words() for one in ids}

    given: Any = s.services
    given.videos = SimpleNamespace(
        call=call,
        manage=call,
        manages=yes,
        categories=_giving(there.tree),
        titles=titles,
        client=lambda: there,
    )
    given.transcoding = SimpleNamespace(watched=yes)
    return s


def _giving(make: Callable[[], Any]) -> Callable[..., Awaitable[Any]]:
    async def give(*_: object, **__: object) -> Any:
        return make()

    return give


async def _listed(s: Stage) -> View:
    stage(s)
    state = VideosState(words=s.words(), category=2, page=1, origin={}, origin_route="search")
    return await videos.show(s.scene.at(state))


async def _one(s: Stage) -> View:
    return await video.show(stage(s).scene.at(VideoState(id=7)))


async def _form(s: Stage) -> View:
    stage(s)
    w = s.words
    wrong = {"title": w(), "tags": w(), "": w()}
    state = videoedit.form_of(s.scene.at(VideoState(id=7)), Site(s).video())
    return await videoedit.show(s.scene.at(state.model_copy(update={"wrong": wrong, "title": w()})))


async def _asked(s: Stage) -> View:
    question = s.scene.say("video.ask_title")
    state = fieldask.FieldState(
        route="video_edit", back={}, field="title", then="taken", question=question, most=9, old=s.words()
    )
    return await fieldask.show(s.scene.at(state))


async def _delete(s: Stage) -> View:
    return await videodelete.show(s.scene.at(videodelete.VideoDeleteState(id=7, title=s.words(), size=4)))


async def _pick(s: Stage) -> View:
    state = videocategories.PickState(route="videos", back={}, field="category", at=1)
    return await videocategories.show(stage(s).scene.at(state))


async def _tasks(s: Stage) -> View:
    return (await transcode.draw(stage(s).scene.at(TasksState(page=1)))).view


async def _task(s: Stage) -> View:
    return (await transcodetask.draw(stage(s).scene.at(TaskState(id=7)))).view


async def _ended(s: Stage) -> View:
    w, say = stage(s).words, s.scene.say
    assert isinstance(say, Speaker)
    payloads = [{"task_id": n, "status": "failed", "title": w(), "log": w()} for n in range(3)]
    return (await transcodenotices.several(s.scene, payloads)).view


async def _totals(s: Stage) -> View:
    return View(Html("\n".join(stats.numbers(s.scene.say, Overview()))))


async def _site(s: Stage) -> View:
    return await site.show(stage(s).scene.at(SiteState()))


async def _branch(s: Stage) -> View:
    return await sitecategories.show(stage(s).scene.at(TreeState(at=1, wrong=s.words())))


async def _leaf(s: Stage) -> View:
    return await sitecategories.show(stage(s).scene.at(TreeState(at=1, asking=True)))


async def _settings(s: Stage) -> View:
    return await sitesettings.show(stage(s).scene.at(SiteSettingsState()))


async def _setting(s: Stage) -> View:
    stage(s)
    state = SiteSettingState(name=NAME, asked=True, old=s.words(), new=s.words())
    return await sitesetting.show(s.scene.at(state))


CARDS: Mapping[str, Callable[[Stage], Awaitable[View]]] = {
    "videos": _listed,
    "video": _one,
    "video's form": _form,
    "video's field": _asked,
    "video to delete": _delete,
    "categories": _pick,
    "tasks": _tasks,
    "task": _task,
    "ended tasks": _ended,
    "totals": _totals,
    "site": _site,
    "site's category": _branch,
    "site's category to delete": _leaf,
    "site's settings": _settings,
    "site's setting": _setting,
}
