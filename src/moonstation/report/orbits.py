"""The page of one or more orbits, and the figures that the terminal shows of them."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.report import sections
from moonstation.report.figure import to_json
from moonstation.report.orbit_figures import (
    altitude_figures,
    difference_figure,
    elements_figure,
    pole_figure,
    shadow_figures,
    space_figure,
    track_figure,
)
from moonstation.report.shell import (
    drawings,
    fill_page,
    notes_box,
    packaged_text,
    plotly_js,
    section,
    whole_dates,
)
from moonstation.report.tables import Html, Table, escaped
from moonstation.report.wording import count, degrees, duration, number, share
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.spacetime.events import complement, longest, total

Row = tuple[str, list[str]]

ROUND = 1e-3
"""Eccentricity below which a periapsis moves about freely."""


def orbit_rows(studies: Sequence[Any]) -> list[Row]:
    """Figures of each orbit in words: a label, and one cell for each orbit.

    Parameters
    ----------
    studies : sequence of OrbitStudy
        See `moonstation.study.orbit_study.OrbitStudy`.
    """
    told: list[tuple[str, Callable[[Any], str]]] = [
        ("span", _span),
        ("how it ends", _ends),
        ("altitude at epoch", _heights),
        ("altitude over the span", _extremes),
        ("semi-major axis", lambda s: f"{_fixed(s.elements_me.semi_major_axis[0] / 1e3, 3)} km"),
        (
            "eccentricity",
            lambda s: f"{s.elements_me.eccentricity[0]:.6f}, {_range(s.elements_me.eccentricity, 4)}",
        ),
        ("inclination (ME)", lambda s: _angle(s, "inclination")),
        ("ascending node (ME)", lambda s: _angle(s, "raan")),
        ("argument of periapsis (ME)", lambda s: _angle(s, "arg_periapsis")),
        ("true anomaly at epoch", lambda s: degrees(math.degrees(s.elements_me.true_anomaly[0]), 3)),
        ("inclination, node (ICRF)", _icrf),
        ("period", lambda s: duration(s.period, 4) if _bound(s) else "none: not bound at epoch"),
        ("in the Moon’s shadow", lambda s: _shadow(s, "moon-umbra", "moon-penumbra")),
        ("in the Earth’s shadow", lambda s: _shadow(s, "earth-umbra", "earth-penumbra")),
        ("Earth behind the Moon", lambda s: _windows(s, s.hidden)),
    ]
    if any(s.place is not None for s in studies):
        told.append(("over the place", _passes))
    if any(s.contacts for s in studies):
        told.append(("contact with ground stations", _contacts))
    told.append(("forces", lambda s: _forces(s)))
    return [(label, [text(s) for s in studies]) for label, text in told]


def write_orbits_page(
    studies: Sequence[Any],
    *,
    differences: dict[str, tuple[FloatArray, FloatArray]] | None = None,
    software: dict[str, str] | None = None,
) -> str:
    """Write the page of one or more orbits as one self-contained HTML page.

    Parameters
    ----------
    studies : sequence of OrbitStudy
        Orbits.
    differences : dict, optional
        By name: epochs (n,) [TDB s past J2000] and radial, along and cross-track differences (n, 3) [m] from the first.
    software : dict, optional
        Versions of what computed it.

    Returns
    -------
    str
        HTML, to be saved as UTF-8; the same orbits give the same bytes.
    """
    apart = differences or {}
    several = len(studies) > 1
    space = [space_figure(studies)]
    maps = [track_figure(studies), pole_figure(studies)]
    heights = altitude_figures(studies)
    elements = [elements_figure(studies)]
    shadows = shadow_figures(studies)
    off = [difference_figure(studies[0].run.name, apart)] if apart else []
    figures = [*space, *maps, *heights, *elements, *shadows, *off]
    notes = list(dict.fromkeys(note for s in studies for note in _notes(s, several=several)))
    body = [
        section("space", "In space", drawings(space)),
        section("ground", "Over the ground", drawings(maps)),
        section("heights", "Altitude", drawings(heights)),
        section("elements", "Elements", drawings(elements)),
        section("shadow", "Light", drawings(shadows), "No eclipse in this span."),
        section(
            "passes",
            "Passes and contacts",
            _pass_tables(studies),
            "No place and no ground station was asked for.",
        ),
    ]
    if apart:
        body.append(
            section(
                "apart", f"Differences from {studies[0].run.name}", difference_table(apart) + drawings(off)
            )
        )
    body += [
        section("method", "How the figures are defined", _definitions()),
        section("sources", "Data sources and their limits", _sources(studies)),
        section("software", "Software", _software(software or {})),
    ]
    title = "Orbits compared" if several else studies[0].run.name
    return fill_page(
        "orbits.html",
        {
            "title": escaped(title),
            "style": packaged_text("style.css"),
            "head": _head(title, studies),
            "summary": _summary(studies),
            "notes": notes_box("What these figures rest on", notes),
            "body": "\n".join(body),
            "figures": to_json({figure.id: {**figure.spec, "height": figure.height} for figure in figures}),
            "plotly": plotly_js(),
            "draw": packaged_text("draw.js"),
        },
    )


def difference_rows(differences: dict[str, tuple[FloatArray, FloatArray]]) -> list[Row]:
    """Largest and root mean square differences, radial, along and cross-track: label, one cell an orbit."""
    told: list[Row] = []
    for label, column in (("radial", 0), ("along track", 1), ("cross track", 2)):
        cells = [
            f"{metres(float(np.abs(apart[:, column]).max()))} at most, "
            f"{metres(float(np.sqrt(np.mean(apart[:, column] ** 2))))} rms"
            for _, apart in differences.values()
        ]
        told.append((label, cells))
    norms = [np.linalg.norm(apart, axis=1) for _, apart in differences.values()]
    told.append(
        ("distance", [f"{metres(float(n.max()))} at most, {metres(float(n[-1]))} at the end" for n in norms])
    )
    return told


def difference_table(differences: dict[str, tuple[FloatArray, FloatArray]]) -> str:
    """The same as HTML."""
    rows = [[label, *cells] for label, cells in difference_rows(differences)]
    return Table(["difference", *differences], rows).html()


def metres(value: float) -> str:
    """A length in the unit that reads best."""
    for size, unit in ((1e3, "km"), (1.0, "m"), (1e-3, "mm")):
        if abs(value) >= size:
            return f"{number(value / size)} {unit}"
    return "under 1 mm"


def _span(s: Any) -> str:
    return f"{_minute(s.run.start)} to {_minute(s.run.stop)} UTC ({number(s.length / 86_400.0, 4)} d)"


def _minute(epoch: Any) -> str:
    # a span of whole days in TDB ends a millisecond or two beside midnight UTC
    return str((epoch + 0.5).utc)[:16].replace("T", " ")


def _bound(s: Any) -> bool:
    return bool(s.elements_me.semi_major_axis[0] > 0.0)


def _ends(s: Any) -> str:
    if s.run.ending:
        return str(s.run.ending)
    return (
        "still in orbit at the end of the span" if s.run.trajectory.degree else "its file ends with the span"
    )


def _heights(s: Any) -> str:
    if not _bound(s):
        return "not bound to the Moon at epoch"
    a, e = s.elements_me.semi_major_axis[0] / 1e3, s.elements_me.eccentricity[0]
    return f"{_fixed(a * (1 - e) - 1737.4, 2)} x {_fixed(a * (1 + e) - 1737.4, 2)} km"


def _extremes(s: Any) -> str:
    x = s.extremes
    days = [str(moment)[:10] for moment in tdb_to_utc(np.array([x.lowest_at, x.highest_at]))]
    low, high = round(x.lowest / 1e3, 3), round(x.highest / 1e3, 3)
    return f"{number(low, 4)} km ({days[0]}) to {number(high, 5)} km ({days[1]})"


def _fixed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"


def _range(values: FloatArray, digits: int) -> str:
    return f"{values.min():.{digits}f} to {values.max():.{digits}f} over the span"


def _angle(s: Any, name: str) -> str:
    values = np.degrees(np.unwrap(getattr(s.elements_me, name)))
    if name != "inclination":
        # what is a rounding below a whole turn is none
        values = values - values[0] + (round(float(values[0]), 6) % 360.0)
    if name in ("inclination", "raan") or s.elements_me.eccentricity.min() > ROUND:
        moved = round(float(values[-1] - values[0]), 2) + 0.0
        if name == "inclination":
            return f"{values[0]:.3f}°, {values.min():.2f}° to {values.max():.2f}° over the span"
        return f"{values[0]:.3f}°, moves by {moved:+.2f}° over the span".replace("-", "−")
    return f"{values[0]:.3f}° (of little meaning while the orbit is nearly round)"


def _icrf(s: Any) -> str:
    x = s.elements_icrf
    return f"{math.degrees(x.inclination[0]):.3f}°, {math.degrees(x.raan[0]):.3f}°"


def _shadow(s: Any, whole: str, some: str) -> str:
    umbra, penumbra = s.eclipses[whole], s.eclipses[some]
    if not len(penumbra):
        return "never"
    if not len(umbra):
        return f"{count(len(penumbra), 'partial eclipse')}, longest {duration(longest(penumbra))}"
    return (
        f"{share(total(umbra) / s.length)} of the time in full shadow, {count(len(umbra), 'eclipse')}, longest "
        f"{duration(longest(umbra), 3)} ({duration(longest(penumbra), 3)} with penumbra)"
    )


def _windows(s: Any, windows: FloatArray) -> str:
    if not len(windows):
        return "never"
    times = count(len(windows), "time")
    return f"{share(total(windows) / s.length)} of the time, {times}, longest {duration(longest(windows), 3)}"


def _passes(s: Any) -> str:
    if s.place is None:
        return "–"
    mark = " (indicative terrain)" if s.place.ground.horizon.indicative else ""
    where = f"{s.place.name}, {degrees(math.degrees(s.mask), 0)} and more{mark}"
    if not len(s.passes):
        return f"{where}: never"
    gaps = complement(s.passes, s.run.start.tdb_s, s.run.stop.tdb_s)
    return (
        f"{where}: {share(total(s.passes) / s.length)} of the time, {count(len(s.passes), 'pass', 'passes')}, longest "
        f"{duration(longest(s.passes), 3)}, longest gap {duration(longest(gaps), 3)}"
    )


def _contacts(s: Any) -> str:
    if not s.contacts:
        return "–"
    windows = s.in_contact
    gaps = complement(windows, s.run.start.tdb_s, s.run.stop.tdb_s)
    gap = duration(longest(gaps), 3) if len(gaps) else "none"
    return f"{share(total(windows) / s.length)} of the time with one of {len(s.contacts)}, longest gap {gap}"


def _forces(s: Any) -> str:
    t = s.run.trajectory
    return f"gravity to degree {t.degree}, {t.forces}" if t.degree else "as in its file"


def _notes(s: Any, *, several: bool) -> list[str]:
    notes = [*s.run.notes, *([f"It {s.run.ending}."] if s.run.ending else [])]
    if s.place is not None and s.place.limit:
        notes.append(s.place.limit)
    return [f"{s.run.name}: {note}" for note in notes] if several else notes


def _head(title: str, studies: Sequence[Any]) -> str:
    what = (
        f'<p class="what">{escaped(", ".join(s.run.name for s in studies))}</p>' if len(studies) > 1 else ""
    )
    spans = list(dict.fromkeys(_span(s) for s in studies))
    lines = "".join(f'<p class="span">{escaped(span)}</p>' for span in spans[:3])
    return f"<h1>{escaped(title)}</h1>{what}{lines}"


def _summary(studies: Sequence[Any]) -> str:
    heads = ["figure", *(s.run.name for s in studies)]
    rows = [
        [label, *(Html(whole_dates(escaped(cell))) for cell in cells)] for label, cells in orbit_rows(studies)
    ]
    return Table(heads, rows).html()


def _pass_tables(studies: Sequence[Any]) -> str:
    parts = []
    for s in studies:
        begin, end = s.run.start.tdb_s, s.run.stop.tdb_s
        ends: list[tuple[str, FloatArray]] = []
        if s.place is not None:
            ends.append((f"{s.place.name} (site)", s.passes))
        ends += [(station.name, s.contacts[station.id]) for station in s.stations]
        if len(s.contacts) > 1:
            ends.append(("any ground station", s.in_contact))
        rows = []
        for name, windows in ends:
            gaps = complement(windows, begin, end)
            rows.append(
                [
                    name,
                    share(total(windows) / s.length),
                    str(len(windows)),
                    duration(total(windows) / len(windows), 3) if len(windows) else "–",
                    duration(longest(windows), 3) if len(windows) else "–",
                    duration(longest(gaps), 3) if len(gaps) else "none",
                ]
            )
        if rows:
            heads = ("with", "share of time", "windows", "mean", "longest", "longest gap")
            title = f"<h3>{escaped(s.run.name)}</h3>" if len(studies) > 1 else ""
            parts.append(title + Table(heads, rows, numeric=(1, 2, 3, 4, 5)).html())
    return "".join(parts)


DEFINITIONS = (
    (
        "Altitude",
        "Above the 1737.4 km sphere, not above the terrain. The ground is hit where it reaches zero.",
    ),
    (
        "Elements",
        "Osculating, about the Moon. ME: the Moon’s mean-Earth axes as they stand at the first epoch, held still: "
        "inclination is to the Moon’s equator, the node counts from the direction of the Earth then. Over the span "
        "they are told once a round.",
    ),
    ("Period", "Mean time between passages of the periapsis."),
    (
        "Shadow",
        "Full: the disc of the Moon or of the Earth hides all of the Sun as seen from the orbiter; penumbra: some of "
        "it or all. Discs are round and bare, light time is counted.",
    ),
    ("Earth behind the Moon", "All of the Earth’s disc is hidden."),
    (
        "Pass",
        "The orbiter stands above the terrain horizon of the place and above the least elevation. Contacts with ground "
        "stations: above the station’s mask and not behind the Moon.",
    ),
)


def _definitions() -> str:
    items = "".join(f"<dt>{escaped(term)}</dt><dd>{escaped(words)}</dd>" for term, words in DEFINITIONS)
    return f"<dl>{items}</dl>"


def _sources(studies: Sequence[Any]) -> str:
    found = {
        (source.name, source.sha256, source.resolution): source for s in studies for source in s.run.sources
    }
    for s in studies:
        if s.place is not None:
            found |= {(x.name, x.sha256, x.resolution): x for x in s.place.ground.horizon.sources}
    return sections.source_table(list(found.values()))


def _software(versions: dict[str, str]) -> str:
    return Table(("software", "version"), [[name, version] for name, version in versions.items()]).html()


def events_words(table: pd.DataFrame) -> list[list[str]]:
    """Rows of an events table for the terminal: event, begin, end, length, value, place, altitude."""
    rows = []
    for row in table.to_dict("records"):
        instant = row["duration_s"] == 0.0
        unit = "" if row["unit"] == "1" else f" {row['unit']}"
        rows.append(
            [
                row["asked"],
                row["start_utc"].replace("T", " ").rstrip("Z"),
                "" if instant else row["end_utc"].replace("T", " ").rstrip("Z"),
                "" if instant else duration(row["duration_s"], 4) + ("*" if row["clipped"] else ""),
                f"{row['value']:.3f}{unit}",
                f"{row['lat_deg']:z.2f}, {row['lon_deg']:z.2f}",
                f"{row['altitude_km']:z.1f}",
            ]
        )
    return rows
