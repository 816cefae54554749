"""How the files of a share are listed on cards."""

from __future__ import annotations

from collections.abc import Container, Sequence

from clients.disktop.models import SharedFile
from handlers.sizes import size
from handlers.texts import Html, Speaker, code, escape
from handlers.views import Press

FILES_A_PAGE = 8
# Eight names of this length, and two paths, still fit one message.
NAME_LIMIT = 160
Numbered = Sequence[tuple[int, SharedFile]]


def files_text(
    say: Speaker, shown: Numbered, total: int, picked: Sequence[int], *, surl: str, where: str, dest: str
) -> Html:
    """Return one page of a folder of a share, with the picks marked."""
    heading = "save.heading" if where == "/" else "save.heading_in"
    lines = [say(heading, surl=surl, where=where), say("save.dest", dest=folder_name(say, dest))]
    lines.append(say.plural("save.count", total) if total else say("save.empty"))
    lines += [_line(say, n, file, file.id in picked) for n, file in shown]
    if picked:
        lines.append(say.plural("save.picked", len(picked)))
    return Html("\n".join(lines))


def _line(say: Speaker, number: int, file: SharedFile, picked: bool) -> Html:
    kind = "📁" if file.is_dir else "📄"
    shown = escape(file.name, NAME_LIMIT)
    bytes_ = "" if file.is_dir else size(file.size)
    return say("save.row", number=number, mark="☑️" if picked else kind, name=shown, size=bytes_)


def numbers(shown: Numbered, picked: Container[int]) -> list[Press]:
    """Return the buttons that open folders and mark files, by their numbers."""
    return [
        Press(f"📁 {n}", "open", str(file.id))
        if file.is_dir
        else Press(f"{'☑️' if file.id in picked else '◻️'} {n}", "pick", str(file.id))
        for n, file in shown
    ]


def folder_name(say: Speaker, path: str) -> Html:
    """Return a folder of the drive as people know it: the one everything goes to has a name."""
    return say("save.root") if path == "/" else code(path)
