"""How partners look in every picture: one colour each, in the order of the station file."""

import io
from typing import Any

from moonstation.partners.holdings import bringing
from moonstation.report import palette

DPI = 130
NOBODY_COLOUR = palette.NO_DATA
COLOURS = (
    palette.VERMILLION,
    palette.BLUE,
    palette.GREEN,
    palette.ORANGE,
    palette.PURPLE,
    palette.SKY_BLUE,
    palette.YELLOW,
    "#7a5195",
    "#8c6d31",
    "#5f6b73",
    "#b5cf6b",
    "#9c2a3c",
)


def partner_colours(station: Any) -> dict[str, str]:
    """Colour of each partner of a station by id, those that bring something first; grey for "", what is of nobody."""
    first = bringing(station)
    ids = [*first, *(row.id for row in station.partners if row.id not in first)]
    return {"": NOBODY_COLOUR} | {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(ids)}


def text_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return palette.PAPER if 0.299 * red + 0.587 * green + 0.114 * blue < 150.0 else palette.INK


def new_page(width: float, height: float) -> Any:
    """An empty page [inch] that can be saved as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    page = Figure(figsize=(width, height), facecolor=palette.PAPER)
    FigureCanvasAgg(page)
    return page


def head(page: Any, title: str, below: str = "", *, height: float) -> None:
    """Write a title and a line under it at the top left of a page of some height [inch]."""
    page.text(
        0.015,
        1.0 - 0.14 / height,
        title,
        va="top",
        fontsize=13,
        weight="bold",
        color=palette.INK,
        parse_math=False,
    )
    page.text(
        0.015, 1.0 - 0.44 / height, below, va="top", fontsize=8.5, color=palette.MUTED, parse_math=False
    )


def png(page: Any) -> bytes:
    """The page as a PNG file."""
    with io.BytesIO() as out:
        page.savefig(out, format="png", dpi=DPI, metadata={"Software": None}, facecolor=palette.PAPER)
        return out.getvalue()
