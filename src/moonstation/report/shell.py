"""The frame of every page: pieces in a template, drawings with their findings, nothing loaded from elsewhere."""

import importlib.resources
import re
from collections.abc import Sequence
from functools import lru_cache

from moonstation.report.figure import Figure
from moonstation.report.tables import escaped

DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
"""A date, which must not be broken at the end of a line."""


@lru_cache(maxsize=1)
def plotly_js() -> str:
    """The drawing code that goes into the page, as the plotly package ships it."""
    # plotly's package takes long to import whole; only this file of it is needed
    path = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
    text = path.read_text(encoding="utf-8")
    if "</script" in text:
        text = text.replace("</script", "<\\/script")
    return text


def packaged_text(name: str) -> str:
    """A text that ships with the report: style, drawing code, template."""
    return (importlib.resources.files("moonstation") / "data" / "report" / name).read_text(encoding="utf-8")


def fill_page(template: str, pieces: dict[str, str]) -> str:
    """Put pieces in the places of a packaged template; a piece is never searched for places itself."""
    page: list[str] = []
    rest = packaged_text(template)
    while "{{" in rest:
        before, rest = rest.split("{{", 1)
        key, rest = rest.split("}}", 1)
        page += [before, pieces[key.strip()]]
    return "".join([*page, rest])


def notes_box(title: str, notes: Sequence[str]) -> str:
    """Limits in a box; "" where there are none."""
    if not notes:
        return ""
    items = "".join(f"<li>{escaped(note)}</li>" for note in notes)
    return f'<aside class="notes"><h2>{escaped(title)}</h2><ul>{items}</ul></aside>'


def section(key: str, title: str, content: str, otherwise: str = "") -> str:
    """A section under a heading; words that say why it is empty where there is no content."""
    inside = content or f'<p class="none">{escaped(otherwise)}</p>'
    return f'<section id="{key}"><h2>{escaped(title)}</h2>\n{inside}</section>'


def whole_dates(text: str) -> str:
    """HTML text whose dates are not broken at the end of a line."""
    return DATE.sub(r'<span class="whole">\g<0></span>', text)


def drawings(figures: list[Figure]) -> str:
    """Figures one under the other."""
    return "\n".join(drawing(figure) for figure in figures)


def drawing(figure: Figure) -> str:
    """A figure: its finding, its limit, the place where it is drawn and how to read it."""
    limit = f'<p class="limit">{escaped(figure.limit)}</p>' if figure.limit else ""
    note = f"<figcaption>{escaped(figure.note)}</figcaption>" if figure.note else ""
    finding = whole_dates(escaped(figure.finding))
    return (
        f"<figure><h3>{finding}</h3>{limit}"
        f'<div class="drawing" id="{figure.id}" style="height:{figure.height}px" role="img" '
        f'aria-label="{escaped(figure.finding)}"></div>{note}</figure>'
    )
