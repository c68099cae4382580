"""Arrivals: how the missions get to the Moon, what they can bring, and the light where they land."""

from typing import Any

import numpy as np

from moonstation.report import palette
from moonstation.report.figure import Figure, Spec, axis, colour_bar, label, layout, legend_above, numbers
from moonstation.report.inputs import Result, name_of, parts, stamp
from moonstation.report.sky import terrain_limit
from moonstation.report.tables import Html, Table, escaped
from moonstation.report.wording import count, day, degrees, listing, number, share, shortened

DAY = 86_400.0


def arrival_tables(result: Result) -> str:
    """Flights, masses and light as tables, with what they rest on; "" where no mission is flown."""
    flown = list(result.arrivals)
    if not flown:
        return ""
    intro = (
        "The flight of each mission that names a day: exact in the full model, impulses without margin. Masses start "
        "from the launcher’s published mass to the Moon and take off the insertion and, for a landing, the published "
        "descent, which holds its own reserve."
    )
    return (
        f"<p>{escaped(intro)}</p><h3>Flights</h3>{_flights(flown)}<h3>Masses</h3>{_masses(flown)}"
        f"{_titled('Light at the landing site', _light(result, flown))}"
        f"<h3>What these figures rest on</h3>{_assumed(flown)}"
    )


def _titled(title: str, table: str) -> str:
    return f"<h3>{escaped(title)}</h3>{table}" if table else ""


def _flights(flown: list[Any]) -> str:
    rows = [
        [
            name_of(f.mission),
            name_of(f.launcher),
            _asked(f),
            _when(f.flight.lift_off.utc),
            _when(f.flight.arrival.utc),
            f"{number(f.flight.flight_time / DAY)} d",
            f"{f.flight.injection:.0f} m/s",
            f"{f.flight.insertion.delta_v:.0f} m/s"
            + (" in three impulses" if f.flight.insertion.impulses == 3 else ""),
        ]
        for f in flown
    ]
    heads = (
        "mission",
        "launcher",
        "day named",
        "lift-off [UTC]",
        "at the Moon [UTC]",
        "flight",
        "injection",
        "insertion",
    )
    return Table(heads, rows, numeric=(5, 6, 7), stacks=True).html()


def _asked(flown: Any) -> Html:
    text = f'<span class="whole">{escaped(flown.mission.departs)}</span>'
    if flown.days_off:
        way = "later" if flown.days_off > 0 else "earlier"
        text += f"; the nearest with a flight is {count(abs(flown.days_off), 'day')} {way}"
    return Html(text)


def _when(utc: str) -> Html:
    return Html(f'<span class="whole">{escaped(utc[:16].replace("T", " "))}</span>')


def _masses(flown: list[Any]) -> str:
    rows: list[list[object]] = []
    for f in flown:
        short = f.mass_margin is not None and f.mass_margin < 0.0
        margin: object = _kg(f.mass_margin)
        if f.mass_margin is not None and not short:
            margin = f"+{margin}" if f.mission.craft_mass is not None else f"{margin} for the craft"
        rows.append(
            [
                name_of(f.mission),
                _kg(f.launcher.tli),
                _kg(f.in_orbit),
                _kg(f.landed),
                _kg(f.mission.craft_mass) if f.mission.craft_mass is not None else "not given",
                f"{_kg(f.manifest)} in {count(f.elements, 'element')}" if f.elements else "no element",
                Html(f'<span class="unmet">{escaped(margin)}</span>') if short else margin,
            ]
        )
    heads = (
        "mission",
        "to the Moon",
        "in orbit",
        "landed",
        "empty craft",
        "elements to bring",
        "left over",
    )
    return Table(heads, rows, numeric=(1, 2, 3, 4, 5, 6), stacks=True).html()


def _kg(mass: float | None) -> str:
    if mass is None:
        return "–"
    text = f"{abs(mass):,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{'−' if mass < 0.0 else ''}{text}\N{NO-BREAK SPACE}kg"


def _light(result: Result, flown: list[Any]) -> str:
    names = {site.id: name_of(site) for site in parts(result.station, "sites")}
    rows: list[list[object]] = []
    for f in flown:
        a = f.arrival
        if a is None:
            continue
        landing: object = f"none within 30 d: {a.limit}"
        there, earth = "–", "–"
        if a.landing is not None:
            landing = _when(a.landing.utc)
            there = degrees(np.degrees(a.landing_sun_elevation))
            earth = _seen(a.landing_earth_elevation, a.landing_earth_fraction)
        rows.append(
            [
                name_of(f.mission),
                names.get(f.mission.site, f.mission.site),
                _seen(a.sun_elevation, a.sun_fraction),
                _seen(a.earth_elevation, a.earth_fraction),
                landing,
                there,
                earth,
            ]
        )
    heads = (
        "mission",
        "lands at",
        "Sun on arrival",
        "Earth on arrival",
        "first lit landing [UTC]",
        "Sun then",
        "Earth then",
    )
    note = (
        "Elevation of the centre, and the part of the disc seen over the terrain: near a pole the Sun can be seen from "
        "high ground while below the horizontal. A landing waits for a day at least after the arrival, for the site "
        "within 2° of the orbit’s plane, and for some of the Sun."
    )
    return Table(heads, rows, stacks=True).html() + f"<p>{escaped(note)}</p>" if rows else ""


def _seen(elevation: float, fraction: float) -> str:
    seen = "hidden" if fraction <= 0.0 else f"{share(fraction)} seen"
    return f"{degrees(np.degrees(elevation))}, {seen}"


def _assumed(flown: list[Any]) -> str:
    shared = [text for text in flown[0].assumed if all(text in f.assumed for f in flown)]
    of_all = (
        f"{'This mission' if len(flown) == 1 else 'Every mission'}: {'; '.join(shared)}." if shared else ""
    )
    rows = [
        [name_of(f.mission), "; ".join(own)]
        for f in flown
        if (own := [text for text in f.assumed if text not in shared])
    ]
    table = Table(("mission", "its own"), rows).html()
    words = of_all or ("Not published:" if rows else "Published values alone.")
    return f"<p>{escaped(words)}</p>{table}"


def arrival_figures(result: Result) -> list[Figure]:
    """Light at the landing sites around the arrivals, a row a mission; none when no mission lands."""
    landing = [f for f in result.arrivals if f.light is not None]
    if not landing:
        return []
    rows = [label(shortened(name_of(f.mission), 20)) for f in landing]
    begin = min(float(f.light.et[0] - f.flight.arrival.tdb_s) for f in landing) / DAY
    data: list[Spec] = [
        {
            "type": "heatmap",
            "x": numbers((f.light.et - f.flight.arrival.tdb_s) / DAY, 3),
            "y": [row],
            "z": [numbers(100.0 * f.light.sun_fraction, 0)],
            "zmin": 0,
            "zmax": 100,
            "colorscale": [list(stop) for stop in palette.LIGHT_SCALE],
            "ygap": 3,
            "showscale": row == 0,
            "customdata": [numbers(np.degrees(f.light.sun_elevation), 1)],
            "hovertemplate": f"{rows[row]}, day %{{x:.1f}}: %{{z}} % of the Sun, at %{{customdata}}°<extra></extra>",
            "colorbar": colour_bar(
                "Sun seen [%]", len=max(110, 30 * len(landing)), lenmode="pixels", y=1, yanchor="top"
            ),
        }
        for row, f in enumerate(landing)
    ]
    data.append(_marks("at the Moon", "line-ns-open", [(0.0, row) for row in range(len(landing))]))
    found = [
        ((f.arrival.landing.tdb_s - f.flight.arrival.tdb_s) / DAY, row)
        for row, f in enumerate(landing)
        if f.arrival.landing is not None
    ]
    data.append(_marks("first lit landing", "triangle-down", found))
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=axis("days after the arrival at the Moon [d]", showgrid=False, range=[begin, None]),
            yaxis=axis(
                "mission",
                tickvals=list(range(len(rows))),
                ticktext=rows,
                range=[len(rows) - 0.5, -0.5],
                showgrid=False,
            ),
            showlegend=True,
            legend=legend_above(),
        ),
    }
    limits = sorted({limit for f in landing if (limit := terrain_limit(result, f.mission.site))})
    note = "Share of the solar disc over the terrain at each landing site, from a day before the arrival to 30 d after."
    return [
        Figure("fig-arrivals", _finding(landing), spec, 150 + 30 * len(rows), note, "; ".join(limits)),
    ]


def _marks(name: str, symbol: str, at: list[tuple[float, int]]) -> Spec:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [round(x, 3) for x, _ in at],
        "y": [row for _, row in at],
        "marker": {
            "symbol": symbol,
            "size": 13,
            "color": palette.VERMILLION,
            "line": {"width": 2, "color": palette.VERMILLION if symbol.endswith("open") else palette.PAPER},
        },
        "hoverinfo": "name+x",
    }


def _finding(landing: list[Any]) -> str:
    found = [f for f in landing if f.arrival.landing is not None]
    dark = [name_of(f.mission) for f in landing if f.arrival.landing is None]
    if not found:
        return f"No lit landing within 30 d of the arrival of {listing(dark)}"
    if len(landing) == 1:
        f = found[0]
        return f"{name_of(f.mission)} can land in light from {day(stamp(f.arrival.landing.utc))} on"
    waits = [(f.arrival.landing.tdb_s - f.flight.arrival.tdb_s) / DAY for f in found]
    least, most = number(min(waits), 2), number(max(waits), 2)
    words = f"{least} d" if least == most else f"{least} to {most} d"
    text = f"{len(found)} of {count(len(landing), 'mission')} can land in light {words} after the arrival"
    return f"{text}; none within 30 d: {listing(dark)}" if dark else text
