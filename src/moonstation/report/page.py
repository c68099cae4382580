"""The report: one page that carries everything it shows and opens without a network."""

import importlib.resources
import re
from functools import lru_cache

from moonstation.report import sections
from moonstation.report.contacts import contact_figures
from moonstation.report.data import data_figures
from moonstation.report.energy import energy_figures, idle_words
from moonstation.report.figure import Figure, to_json
from moonstation.report.inputs import Result, span_days
from moonstation.report.light import light_figures
from moonstation.report.map import pole_maps
from moonstation.report.orbiters import orbiter_figures
from moonstation.report.requirements import (
    requirement_figures,
    requirement_table,
    verdict_sentence,
    verdict_table,
)
from moonstation.report.sky import sky_figures
from moonstation.report.tables import escaped
from moonstation.report.wording import number


def write_report(result: Result) -> str:
    """Write the report of a study as one self-contained HTML page.

    The page loads nothing: style, drawing code (plotly.js) and data stand in it. The same result gives the same
    bytes.

    Parameters
    ----------
    result : Result
        The study; see `moonstation.report.inputs.Result` for what is read of it.

    Returns
    -------
    str
        HTML, to be saved as UTF-8.
    """
    maps = pole_maps(result)
    drawn: dict[str, list[Figure]] = {
        "where": maps[1:],
        "sky": sky_figures(result),
        "light": light_figures(result),
        "contacts": contact_figures(result),
        "power": energy_figures(result),
        "data": data_figures(result),
        "orbiters": orbiter_figures(result),
        "requirements": requirement_figures(result),
    }
    figures = [maps[0], *(figure for group in drawn.values() for figure in group)]
    body = [
        _section("where", "What and where", sections.what_and_where(result) + _drawings(drawn["where"])),
        _section("sky", "The sky of each site", _drawings(drawn["sky"]), "No site was studied."),
        _section("light", "Sunlight", _drawings(drawn["light"]), "No site was studied."),
        _section(
            "contacts",
            "Contacts with the Earth and relays",
            _drawings(drawn["contacts"]),
            "No link was studied.",
        ),
        _section(
            "power",
            "Power and batteries",
            _drawings(drawn["power"]) + _paragraph(idle_words(result)),
            "The station has no power bus.",
        ),
        _section("data", "Data in and out", _drawings(drawn["data"]), "No site makes data."),
        _section("orbiters", "Orbiters", _drawings(drawn["orbiters"]), "The station has no orbiter."),
        _section(
            "requirements",
            "Requirements",
            _drawings(drawn["requirements"]) + requirement_table(result),
            "The station file sets no requirements.",
        ),
        _section(
            "assumptions",
            "Assumptions",
            sections.assumptions(result),
            "The station file marks no value as an assumption.",
        ),
        _section(
            "sources", "Data sources and their limits", sections.sources(result), "No data file was recorded."
        ),
        _section("method", "How the figures are defined", sections.definitions()),
        _section("software", "Software", sections.software(result), "Not recorded."),
    ]
    return _fill(
        {
            "title": escaped(result.station.name),
            "style": _packaged("style.css"),
            "head": _head(result),
            "key": sections.key_numbers(result),
            "verdict_table": verdict_table(result)
            or '<p class="none">The station file sets no requirements.</p>',
            "notes": _notes(result),
            "map": _drawing(maps[0]),
            "navigation": _navigation(),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": _packaged("draw.js"),
        }
    )


@lru_cache(maxsize=1)
def plotly_js() -> str:
    """The drawing code that goes into the page, as the plotly package ships it."""
    # plotly's package takes long to import whole; only this file of it is needed
    path = importlib.resources.files("plotly") / "package_data" / "plotly.min.js"
    text = path.read_text(encoding="utf-8")
    if "</script" in text:
        text = text.replace("</script", "<\\/script")
    return text


def _packaged(name: str) -> str:
    return (importlib.resources.files("moonstation") / "data" / "report" / name).read_text(encoding="utf-8")


def _fill(pieces: dict[str, str]) -> str:
    """Put pieces in the template's places; a piece is never searched for places itself."""
    page: list[str] = []
    rest = _packaged("template.html")
    while "{{" in rest:
        before, rest = rest.split("{{", 1)
        key, rest = rest.split("}}", 1)
        page += [before, pieces[key.strip()]]
    return "".join([*page, rest])


def _head(result: Result) -> str:
    station = result.station
    failed = any(v.verdict != "met" for v in result.verdicts)
    state = "unmet" if failed else "met"
    kind = "none" if not result.verdicts else state
    description = (
        f'<p class="what">{escaped(station.description)}</p>' if getattr(station, "description", "") else ""
    )
    span = f"{result.start.utc[:16].replace('T', ' ')} to {result.stop.utc[:16].replace('T', ' ')} UTC"
    length = f"{number(span_days(result), 4)} d in steps of {number(result.step_s / 60.0)} min"
    return (
        f"<h1>{escaped(station.name)}</h1>{description}"
        f'<p class="span">{escaped(span)} ({escaped(length)})</p>'
        f'<p class="verdict {kind}">{escaped(verdict_sentence(result.verdicts))}</p>'
    )


def _notes(result: Result) -> str:
    if not result.notes:
        return ""
    items = "".join(f"<li>{escaped(note)}</li>" for note in result.notes)
    return f'<aside class="notes"><h2>Limits of this study</h2><ul>{items}</ul></aside>'


DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
"""A date, which must not be broken at the end of a line."""

SECTIONS = (
    ("where", "What and where"),
    ("sky", "Sky"),
    ("light", "Sunlight"),
    ("contacts", "Contacts"),
    ("power", "Power"),
    ("data", "Data"),
    ("orbiters", "Orbiters"),
    ("requirements", "Requirements"),
    ("assumptions", "Assumptions"),
    ("sources", "Sources"),
    ("method", "Definitions"),
    ("software", "Software"),
)
"""Ids and short names of the sections, in their order on the page."""


def _navigation() -> str:
    return "".join(f'<a href="#{key}">{name}</a>' for key, name in SECTIONS)


def _section(key: str, title: str, content: str, otherwise: str = "") -> str:
    inside = content or f'<p class="none">{escaped(otherwise)}</p>'
    return f'<section id="{key}"><h2>{escaped(title)}</h2>\n{inside}</section>'


def _paragraph(text: str) -> str:
    return f"<p>{escaped(text)}</p>" if text else ""


def _drawings(figures: list[Figure]) -> str:
    return "\n".join(_drawing(figure) for figure in figures)


def _drawing(figure: Figure) -> str:
    limit = f'<p class="limit">{escaped(figure.limit)}</p>' if figure.limit else ""
    note = f"<figcaption>{escaped(figure.note)}</figcaption>" if figure.note else ""
    finding = DATE.sub(r'<span class="whole">\g<0></span>', escaped(figure.finding))
    return (
        f"<figure><h3>{finding}</h3>{limit}"
        f'<div class="drawing" id="{figure.id}" style="height:{figure.height}px" role="img" '
        f'aria-label="{escaped(figure.finding)}"></div>{note}</figure>'
    )
