"""Pictures of figures: drawn by matplotlib's object API in a thread of its own, loaded on first use."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

from handlers.texts import Speaker, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Painter = Callable[["Figure"], None]

PAPER, INK, MUTED, GRID = "#ffffff", "#1f2933", "#7b8794", "#e4e7eb"
GOOD, CALM, BAD, EMPTY = "#2f9e6e", "#a9dcc3", "#e0795b", "#f1f3f5"
ACCENTS = ("#2f80ed", "#2f9e6e", "#f2a33a", "#9b6dd6", "#e0795b", "#20a4b5", "#8a8f98")
WIDTH, HEIGHT, DPI = 8.0, 5.0, 120

# Families that have Chinese, as Debian's and other systems' fonts name them; the first one found is used.
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Noto Sans CJK JP",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Microsoft YaHei",
)
LATIN = "DejaVu Sans"

# matplotlib's fonts and settings are not made for several threads at once.
_STUDIO = ThreadPoolExecutor(1, thread_name_prefix="charts")


async def draw(paint: Painter, *, width: float = WIDTH, height: float = HEIGHT) -> bytes:
    """Return what a painter puts on an empty figure, as a PNG; the same figures make the same bytes."""
    return await asyncio.get_running_loop().run_in_executor(_STUDIO, _draw, paint, width, height)


async def speaker(texts: Texts, language: str) -> Speaker:
    """Return the language that labels are written in: English where no font here has Chinese."""
    if language == "zh" and await asyncio.get_running_loop().run_in_executor(_STUDIO, chinese_font) is None:
        return texts.speaker("en")
    return texts.speaker(language)


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """Return the family that Chinese labels are set in, None where none is installed."""
    # matplotlib takes a second to load, and whoever never asks for a picture never needs it.
    from matplotlib import font_manager  # noqa: PLC0415

    here = {font.name for font in font_manager.fontManager.ttflist}
    return next((family for family in CHINESE if family in here), None)


def _draw(paint: Painter, width: float, height: float) -> bytes:
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    chinese = chinese_font()
    families = [LATIN] if chinese is None else [chinese, LATIN]
    with mpl.rc_context():
        mpl.rcParams["font.family"] = families
        mpl.rcParams["font.size"] = 11
        mpl.rcParams["text.color"] = INK
        mpl.rcParams["axes.unicode_minus"] = False
        figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
        figure.set_layout_engine("constrained", w_pad=0.15, h_pad=0.12)
        FigureCanvasAgg(figure)
        paint(figure)
        out = io.BytesIO()
        # No date and no version in the file: the same figures are the same bytes, and sent only once.
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def plain_axes(axes: Axes, title: str) -> None:
    """Give axes a heading and no more ink than their figures need."""
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", color=INK, pad=10)
    axes.set_facecolor(PAPER)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(colors=MUTED, length=0, labelsize=9)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
