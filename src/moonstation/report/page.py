"""The report: one page that carries everything it shows and opens without a network."""

from moonstation.report import sections
from moonstation.report.arrivals import arrival_figures, arrival_tables
from moonstation.report.contacts import contact_figures
from moonstation.report.data import data_figures
from moonstation.report.energy import energy_figures, idle_words
from moonstation.report.figure import Figure, to_json
from moonstation.report.inputs import Result, span_days
from moonstation.report.light import light_figures
from moonstation.report.links import link_figures, link_tables
from moonstation.report.map import pole_maps
from moonstation.report.orbiters import orbiter_figures
from moonstation.report.relays import relay_table
from moonstation.report.requirements import (
    requirement_figures,
    requirement_table,
    verdict_sentence,
    verdict_table,
)
from moonstation.report.shell import (
    drawing,
    drawings,
    fill_page,
    notes_box,
    packaged_text,
    plotly_js,
    section,
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
        "links": link_figures(result),
        "power": energy_figures(result),
        "data": data_figures(result),
        "orbiters": orbiter_figures(result),
        "arrivals": arrival_figures(result),
        "requirements": requirement_figures(result),
    }
    linked = drawings(drawn["links"]) + link_tables(result)
    figures = [maps[0], *(figure for group in drawn.values() for figure in group)]
    body = [
        section("where", "What and where", sections.what_and_where(result) + drawings(drawn["where"])),
        section("sky", "The sky of each site", drawings(drawn["sky"]), "No site was studied."),
        section("light", "Sunlight", drawings(drawn["light"]), "No site was studied."),
        section(
            "contacts",
            "Contacts with the Earth and relays",
            drawings(drawn["contacts"]) + relay_table(result),
            "No link was studied.",
        ),
        # a station without rates has no links to tell of
        *([section("links", "Links", linked)] if linked else []),
        section(
            "power",
            "Power and batteries",
            drawings(drawn["power"]) + _paragraph(idle_words(result)),
            "The station has no power bus.",
        ),
        section("data", "Data in and out", drawings(drawn["data"]), "No site makes data."),
        section("orbiters", "Orbiters", drawings(drawn["orbiters"]), "The station has no orbiter."),
        # most stations ask for no flight: they need not read that there is none
        *(
            [section("arrivals", "Arrivals", arrival_tables(result) + drawings(drawn["arrivals"]))]
            if result.arrivals
            else []
        ),
        section(
            "requirements",
            "Requirements",
            drawings(drawn["requirements"]) + requirement_table(result),
            "The station file sets no requirements.",
        ),
        section(
            "assumptions",
            "Assumptions",
            sections.assumptions(result),
            "The station file marks no value as an assumption.",
        ),
        section(
            "sources", "Data sources and their limits", sections.sources(result), "No data file was recorded."
        ),
        section("method", "How the figures are defined", sections.definitions()),
        section("software", "Software", sections.software(result), "Not recorded."),
    ]
    return fill_page(
        "template.html",
        {
            "title": escaped(result.station.name),
            "style": packaged_text("style.css"),
            "head": _head(result),
            "key": sections.key_numbers(result),
            "verdict_table": verdict_table(result)
            or '<p class="none">The station file sets no requirements.</p>',
            "notes": notes_box("Limits of this study", result.notes),
            "map": drawing(maps[0]),
            "navigation": _navigation(
                {key for key, there in (("links", linked), ("arrivals", result.arrivals)) if not there}
            ),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": packaged_text("draw.js"),
        },
    )


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


SECTIONS = (
    ("where", "What and where"),
    ("sky", "Sky"),
    ("light", "Sunlight"),
    ("contacts", "Contacts"),
    ("links", "Links"),
    ("power", "Power"),
    ("data", "Data"),
    ("orbiters", "Orbiters"),
    ("arrivals", "Arrivals"),
    ("requirements", "Requirements"),
    ("assumptions", "Assumptions"),
    ("sources", "Sources"),
    ("method", "Definitions"),
    ("software", "Software"),
)
"""Ids and short names of the sections, in their order on the page."""


def _navigation(left_out: set[str]) -> str:
    return "".join(f'<a href="#{key}">{name}</a>' for key, name in SECTIONS if key not in left_out)


def _paragraph(text: str) -> str:
    return f"<p>{escaped(text)}</p>" if text else ""
