"""What an ensemble of disturbed terrains says: rows, a table and the band of horizons."""

import math
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.report import palette
from moonstation.report.figure import Figure, Spec, axis, layout, legend_above, numbers
from moonstation.report.inputs import PlacesResult, name_of
from moonstation.report.sky import terrain_limit
from moonstation.report.tables import Table, escaped
from moonstation.report.wording import compass, degrees, duration, number, share, terrain_words

FIGURES = (
    ("average sunlight", "average", share),
    ("longest dark spell", "longest_dark", duration),
    ("average sunlight, 18.6 years", "cycle_average", share),
    ("longest dark spell, 18.6 years", "cycle_longest_dark", duration),
)
COLUMNS = ((0.01, "1st"), (0.05, "5th"), (0.5, "median"), (0.95, "95th"), (0.99, "99th"))


def confidence_rows(result: PlacesResult) -> list[tuple[str, list[str]]]:
    """Spread of each figure in words: a label, and one cell for each place; none without an ensemble."""
    if not result.confidence:
        return []
    found = [result.confidence[place.id] for place in result.station.sites]
    first = found[0]
    which = "1st to 99th percentile" if first.enough else f"lowest to highest of {first.members}"
    rows = [
        (
            "height error of the terrain",
            ["; ".join(_error_words(error) for _, error in one.errors) for one in found],
        ),
        ("disturbed terrains", [f"{one.members}, seed {one.seed}" for one in found]),
    ]
    for label, name, words in FIGURES:
        rows.append((f"{label}: {which}", [_range(getattr(one, name), one.enough, words) for one in found]))
    return rows


def confidence_section(result: PlacesResult) -> str:
    """Words and a table of percentiles for each place, with how well they are known."""
    blocks = []
    for place in result.station.sites:
        one = result.confidence[place.id]
        low, high = one.average.bounds(0.01)
        blocks.append(f"<h3>{escaped(name_of(place))}</h3>")
        fine = terrain_words(result.horizons[place.id])
        blocks.append(f"<p>{escaped(f'Terrain at the site: {fine}. {_bounds_words(one, low, high)}')}</p>")
        heads = ["figure", "undisturbed", *(label for _, label in _columns(one))]
        rows = [
            [label, words(getattr(one, name).undisturbed)]
            + [words(_value(getattr(one, name), at)) for at, _ in _columns(one)]
            for label, name, words in FIGURES
        ]
        blocks.append(Table(heads, rows, numeric=tuple(range(1, len(heads)))).html())
        blocks.append(
            Table(
                ["terrain", "height error", "confidence", "source"],
                [[name, error.words, error.confidence, error.source] for name, error in one.errors],
            ).html()
        )
    return (
        "<p>The light was computed again on terrains disturbed within their height error. A disturbed horizon is the "
        "highest of many disturbed points, so errors raise it more often than they lower it: the median tends to lie "
        "below the undisturbed sunlight. Only errors of height are in it: what the pixels are too coarse to show is in "
        "it as far as the height error holds it.</p>" + "\n".join(blocks)
    )


def confidence_figures(result: PlacesResult) -> list[Figure]:
    """The band in which the horizon of each place lies."""
    return [_band(result, place, i) for i, place in enumerate(result.station.sites)]


def _columns(one: Any) -> tuple[tuple[float, str], ...]:
    if one.enough:
        return COLUMNS
    return ((0.0, f"lowest of {one.members}"), *COLUMNS[1:4], (1.0, f"highest of {one.members}"))


def _value(spread: Any, at: float) -> float:
    return float(spread.percentile(at))


def _range(spread: Any, enough: bool, words: Any) -> str:
    low, high = (0.01, 0.99) if enough else (0.0, 1.0)
    return (
        f"{words(_value(spread, low))} to {words(_value(spread, high))} (median {words(_value(spread, 0.5))})"
    )


def _error_words(error: Any) -> str:
    return f"{error.words} ({error.confidence})"


def _bounds_words(one: Any, low: float, high: float) -> str:
    drawn = f"{one.members} disturbed terrains, seed {one.seed}."
    if not one.enough:
        return f"{drawn} They are too few to name a 1st and a 99th percentile; 100 are enough."
    above = share(high)
    held = f"below {above}" if math.isinf(low) else f"between {share(low)} and {above}"
    return (
        f"{drawn} With so many, the true 1st percentile of the average over the span lies {held} (90 % sure)."
    )


def _band(result: PlacesResult, place: Any, index: int) -> Figure:
    one = result.confidence[place.id]
    horizon = result.horizons[place.id]
    azimuth = np.degrees(one.horizons.azimuth)
    members = np.degrees(one.horizons.elevation)
    low, middle, high = np.quantile(members, (0.01, 0.5, 0.99) if one.enough else (0.0, 0.5, 1.0), axis=0)
    plain = np.degrees(horizon.profile(float(place.height)))
    x = numbers(np.append(azimuth, 360.0), 1)
    colour = palette.TERRAIN
    name = "1st to 99th percentile" if one.enough else f"lowest to highest of {one.members}"
    ticks = list(range(0, 361, 45))
    spec: Spec = {
        "data": [
            {**_line(x, low, colour, 0.0), "showlegend": False, "hoverinfo": "skip"},
            {
                **_line(x, high, colour, 0.0),
                "name": name,
                "fill": "tonexty",
                "fillcolor": palette.tint(colour, 0.45),
                "hoverinfo": "skip",
            },
            {**_line(x, middle, palette.BLUE, 1.2), "name": "median", **_hover("median")},
            {**_line(x, plain, palette.BLACK, 1.2), "name": "undisturbed", **_hover("undisturbed")},
        ],
        "layout": layout(
            xaxis=axis(
                "azimuth, clockwise from north [°]",
                range=[0, 360.01],
                tickvals=ticks,
                ticktext=[f"{compass(t)}<br>{t}°" for t in ticks],
            ),
            yaxis=axis("elevation [°]", ticksuffix="°"),
            showlegend=True,
            legend=legend_above(),
        ),
    }
    width = high - low
    widest = int(np.argmax(width))
    finding = (
        f"{name_of(place)}: at half of the azimuths the band of horizons is narrower than "
        f"{degrees(float(np.median(width)), 2)}; it is widest towards {compass(float(azimuth[widest]))} with "
        f"{degrees(float(width[widest]), 1)}"
    )
    note = (
        f"Horizons of {one.members} terrains disturbed within their height error, seed {one.seed}, seen from "
        f"{number(place.height)} m above ground. The band is drawn for each azimuth by itself."
    )
    return Figure(f"fig-confidence-{index + 1}", finding, spec, 320, note, terrain_limit(result, place.id))


def _line(x: list[Any], values: FloatArray, colour: str, width: float) -> Spec:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": numbers(np.append(values, values[0]), 2),
        "line": {"color": colour, "width": width},
    }


def _hover(name: str) -> Spec:
    return {"hovertemplate": f"azimuth %{{x}}°: {name} %{{y}}°<extra></extra>"}
