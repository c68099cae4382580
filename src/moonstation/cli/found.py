"""What `moonstation site find` says: tables of places and pairs, and why there are none."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from rich.markup import escape
from rich.table import Table

from moonstation.cli.console import out
from moonstation.study.candidates import Region, Shortfall
from moonstation.study.find import FindResult, FoundPlace
from moonstation.study.pairs import MOST_CANDIDATES, PAIR_MEASURES, PairsResult
from moonstation.study.terms import MEASURES, Measure, Term
from moonstation.sunlight.maps import COARSE_BIAS

WIDTH = 160
"""Room that the tables take if they need it, however narrow the terminal."""

DIGITS = {"km": 3, "km2": 4}
"""Digits of measures; the others have two."""


ON_REQUEST = ("longest_light", "mean_slope", "area")
"""Measures that are shown if a term or the ranking asks for them; files have all."""

WITH_MAP = ("average_sun", "any_light", "longest_dark")
"""Measures shown with the map's figure; files have those of all."""


def print_places(result: FindResult) -> None:
    """Print the places found, or why there is none."""
    _print_head(result.region, result.terms, result.met, result.known)
    if result.shortfall is not None:
        _print_shortfall(result.region, result.shortfall)
        return
    if not result.places:
        _line(
            f"no place found: the {result.failed} best on the map fail under the exact model of a single place; "
            "relax the terms a little, or see the map's own with --no-refine",
            style="yellow",
        )
        if result.nearest is not None:
            _line(f"nearest: {_told(result.nearest, [term.measure for term in result.terms])}")
        return
    refined = result.places[0].spot is not None
    count = f"{len(result.places)} place" + ("s" if len(result.places) > 1 else "")
    _line(
        f"{count} by {result.rank.title}, at least {result.apart / 1e3:g} km apart"
        + (
            "; exact figures, those of the map in brackets"
            if refined
            else "; figures of the map, not refined"
        )
    )
    shown = [m for m in result.measures if m.name not in ON_REQUEST or m in result.asked]
    table = _table(["", "latitude\n[deg]", "longitude\n[deg]", *(_head(m, result) for m in shown), "terrain"])
    for number, place in enumerate(result.places, start=1):
        cells = [_cell(place, measure) for measure in shown]
        star = "*" if place.undominated else ""
        table.add_row(
            f"{number}{star}", f"{place.lat_deg:.4f}", f"{place.lon_deg:.4f}", *cells, _terrain(place)
        )
    out.print_wide(table, WIDTH)
    asked = ", ".join(measure.title for measure in result.asked)
    _line(f"* no other of these places is as good in all of, and better in one of: {asked}")
    if result.failed:
        _line(f"{result.failed} more that meet the terms on the map fail under the exact model")
    _print_notes(result.region, result.places, shadow=True)


def print_pairs(result: PairsResult) -> None:
    """Print the pairs found, or why there is none."""
    _print_head(result.region, result.terms, result.met, result.known)
    if result.shortfall is not None:
        _print_shortfall(result.region, result.shortfall)
        return
    low, high = (f"{length / 1e3:g} km" for length in result.distance)
    cut = (
        f" (the best by any light; none has less than {100.0 * result.least_light:.1f} %)"
        if result.compared == MOST_CANDIDATES
        else ""
    )
    _line(f"{result.compared:,} places compared{cut}: {result.tried:,} pairs {low} to {high} apart")
    if not result.pairs:
        why = (
            f"the {result.failed} best fail under the exact model; relax the terms a little"
            if result.failed
            else "no two of these places are that far apart; take another --distance or relax the terms"
        )
        _line(f"no pair found: {why}", style="yellow")
        return
    refined = result.pairs[0].first.spot is not None
    _line(
        "sorted by the time in which one or both see any of the Sun"
        + ("; exact figures, that of the map in brackets" if refined else "; figure of the map, not refined")
    )
    measures = [MEASURES[name] for name in PAIR_MEASURES if name in result.pairs[0].figures]
    heads = [
        "", "place A\n[deg]", "place B\n[deg]", "apart\n[km]", *(f"{m.title}\n[{m.unit}]" for m in measures),
        "A alone\n[%]", "B alone\n[%]", *(["sight"] if refined else []), "terrain",
    ]  # fmt: skip
    table = _table(heads, left=(1, 2))
    for number, pair in enumerate(result.pairs, start=1):
        cells = [_number(m, pair.figures[m.name]) for m in measures]
        if refined:
            cells[0] += f" ({_number(measures[0], pair.map_any_light)})"
        alone = [_number(MEASURES["any_light"], p.figures["any_light"]) for p in (pair.first, pair.second)]
        sight = [] if pair.clearance is None else ["yes" if pair.clearance >= 0.0 else "no"]
        coarser = max((pair.first, pair.second), key=lambda place: place.resolution_m)
        where = [f"{place.lat_deg:.4f}, {place.lon_deg:.4f}" for place in (pair.first, pair.second)]
        table.add_row(
            str(number), *where, f"{pair.distance / 1e3:.2f}", *cells, *alone, *sight, _terrain(coarser)
        )
    out.print_wide(table, WIDTH)
    _line(
        "any light: one or both see any of the Sun; average Sun: what the better one sees; longest dark: both dark"
        + (
            f"; sight: the line between masts of {result.region.height:g} m is clear of the ground"
            if refined
            else ""
        )
    )
    if result.failed:
        _line(f"{result.failed} more of which a place fails the terms under the exact model")
    _print_notes(
        result.region,
        [place for pair in result.pairs for place in (pair.first, pair.second)],
        shadow=any(term.measure.name == "shadow_distance" for term in result.terms),
    )


def _print_head(region: Region, terms: Sequence[Term], met: int, known: int) -> None:
    grid = region.grid
    days = region.count * region.step / 86_400.0
    _line(
        f"{grid.columns} x {grid.rows} pixels of {grid.pixel:g} m; {region.start.utc[:16]}Z + {days:g} d; "
        f"{region.height:g} m above ground"
    )
    _line(f"terrain: {region.file.tags['TERRAIN']}")
    if terms:
        share = 100.0 * met / known
        _line(f"{'; '.join(term.text for term in terms)}: met by {met:,} of {known:,} pixels ({share:.3g} %)")


def _print_shortfall(region: Region, shortfall: Shortfall) -> None:
    _line("no place meets all terms", style="yellow")
    table = _table(["term", "met by", "pixels without it", "a place would meet all terms at"], left=(0,))
    for report in shortfall.reports:
        share = 100.0 * report.alone / shortfall.known
        table.add_row(
            escape(report.term.text),
            f"{share:.3g} %",
            f"{report.without:,}",
            _reachable(report.term, report.relaxed) if math.isfinite(report.relaxed) else "-",
        )
    out.print_wide(table, WIDTH)
    strictest = shortfall.strictest
    if strictest.without and math.isfinite(strictest.relaxed):
        _line(
            f"{strictest.term.text} leaves most out: relaxed to {_reachable(strictest.term, strictest.relaxed)} a "
            f"place would meet all terms; without it {strictest.without:,} pixels would"
        )
    else:
        _line("more than one term stands in the way: none of them alone, relaxed, leaves a place")
    lat, lon = (float(value) for value in region.grid.lat_lon(*shortfall.nearest))
    _line(f"nearest: {lat:.4f}, {lon:.4f} deg with {_figures(shortfall.values)}")


def _print_notes(region: Region, places: Sequence[FoundPlace], *, shadow: bool) -> None:
    if any(place.indicative for place in places):
        _line(
            f"indicative: places on terrain coarser than 500 m. {COARSE_BIAS}; give --terrain",
            style="yellow",
        )
    if shadow and any(_shadow_may_be_nearer(region, place) for place in places):
        _line("permanent shadow outside the map is not known and may be nearer than told")


def _shadow_may_be_nearer(region: Region, place: FoundPlace) -> bool:
    distance = place.figures.get("shadow_distance", 0.0)
    grid = region.grid
    edge = min(
        place.x - grid.left,
        grid.left + grid.columns * grid.pixel - place.x,
        grid.top - place.y,
        place.y - grid.top + grid.rows * grid.pixel,
    )
    return not distance <= edge


def _told(place: FoundPlace, measures: Sequence[Measure]) -> str:
    figures = {measure.name: place.figures[measure.name] for measure in measures}
    return f"{place.lat_deg:.4f}, {place.lon_deg:.4f} deg with {_figures(figures)}"


def _figures(figures: Mapping[str, float]) -> str:
    parts = [
        f"{name} {MEASURES[name].write(value, DIGITS.get(MEASURES[name].unit, 2))}"
        for name, value in figures.items()
        if name != "area" or value > 0.0
    ]
    return ", ".join(parts)


def _reachable(term: Term, value: float) -> str:
    """A bound that a place with this value meets, as it is printed."""
    measure = term.measure
    scale = 10.0 ** DIGITS.get(measure.unit, 2)
    shown = value / measure.factor * scale
    # on the near side of the value, rounding of the last bits aside
    rounded = np.floor(shown + 1e-6 * scale) if term.least else np.ceil(shown - 1e-6 * scale)
    return f"{'>=' if term.least else '<='} {rounded / scale:.{DIGITS.get(measure.unit, 2)}f} {measure.unit}"


def _head(measure: Measure, result: FindResult) -> str:
    over = f" over {result.footprint:g} m" if "slope" in measure.name and result.footprint else ""
    return f"{measure.title}{over}\n[{measure.unit}]"


def _cell(place: FoundPlace, measure: Measure) -> str:
    text = _number(measure, place.figures.get(measure.name, math.nan))
    if place.spot is not None and measure.name in WITH_MAP and measure.name in place.map_figures:
        text += f" ({_number(measure, place.map_figures[measure.name])})"
    return text


def _number(measure: Measure, value: float) -> str:
    return f"{value / measure.factor:.{DIGITS.get(measure.unit, 2)}f}" if math.isfinite(value) else "none"


def _terrain(place: FoundPlace) -> str:
    size = (
        f"{place.resolution_m:.3g} m" if place.resolution_m < 1000.0 else f"{place.resolution_m / 1e3:.1f} km"
    )
    return f"{size} (indicative)" if place.indicative else size


def _table(heads: Sequence[str], left: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        justify = "left" if number in left or head == "terrain" else "right"
        table.add_column(escape(head), justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def _line(text: str, style: str | None = None) -> None:
    out.print(text, markup=False, soft_wrap=True, style=style)
