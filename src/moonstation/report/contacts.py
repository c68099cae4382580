"""Contacts with the Earth and with relays: day by day through the span, and window by window in its first week."""

from typing import Any

import numpy as np
import pandas as pd

from moonstation.arrays import AnyArray, FloatArray, TimeArray
from moonstation.report import palette
from moonstation.report.figure import (
    Days,
    Figure,
    Spec,
    axis,
    colour_bar,
    label,
    layout,
    legend_above,
    lines_between,
    numbers,
    stamps,
    time_axis,
)
from moonstation.report.inputs import Result, contact_windows, metric, name_of, parts, series, stamp, times_of
from moonstation.report.sky import terrain_limits
from moonstation.report.wording import count, duration, listing, share, shortened

FIRST_DAYS = 7
MOST_ROWS = 60
"""More pairs than this are not drawn; all are in contacts.csv."""

KIND_COLOURS = {"site-ground": palette.EARTH, "site-orbiter": palette.RELAY, "orbiter-ground": palette.GREEN}
KIND_WORDS = {
    "site-ground": "site – ground station",
    "site-orbiter": "site – orbiter",
    "orbiter-ground": "orbiter – ground station",
}


def contact_figures(result: Result) -> list[Figure]:
    """Links of each site by day, all pairs by day, and the windows of the first week."""
    windows = contact_windows(result)
    figures = [_links(result)]
    if len(windows):
        figures += [_pairs(result, windows), _week(result, windows)]
    return [figure for figure in figures if figure is not None]


def link_words(result: Result, site: Any) -> str:
    """How well a site is linked, in words."""
    name = name_of(site)
    links = (("earth_link", "a ground station"), *((("relay_link", "a relay"),) if _relays(result) else ()))
    held, never = [], []
    for link, words in links:
        kept = metric(result, f"site.{site.id}.{link}.share")
        gap = metric(result, f"site.{site.id}.{link}.longest_gap")
        if kept is None:
            continue
        if kept <= 0.0:
            never.append(words)
        elif kept >= 1.0 or gap == 0.0:
            held.append(f"{words} without a gap")
        else:
            longest = f" (longest gap {duration(gap)})" if gap is not None else ""
            held.append(f"{words} {share(kept)} of the time{longest}")
    if held:
        return f"{name} sees {', '.join(held)}" + "".join(f", never {words}" for words in never)
    return f"{name} never sees {' or '.join(never)}" if never else f"{name}: links were not studied"


def _relays(result: Result) -> bool:
    """Whether the station has a relay at all."""
    return any(getattr(orbiter, "relay", False) for orbiter in parts(result.station, "orbiters"))


def _limits(result: Result) -> str:
    return terrain_limits(result, [site.id for site in parts(result.station, "sites")])


def _links(result: Result) -> Figure | None:
    rows: list[str] = []
    values: list[AnyArray] = []
    days = Days.of(times_of(result))
    sites = parts(result.station, "sites")
    for site in sites:
        name = label(shortened(name_of(site), 24))
        direct = series(result, "earth_contact", "site", site.id)
        relayed = series(result, "relay_contact", "site", site.id) if _relays(result) else None
        for words, contact in (("direct", direct), ("relay", relayed)):
            if contact is not None:
                rows.append(f"{words}: {name}")
                values.append(days.mean(np.minimum(contact, 1.0)))
        reached = series(result, "link_contact", "site", site.id) if relayed is not None else None
        if reached is not None:
            rows.append(f"Earth: {name}")
            values.append(days.mean(reached))
    if not rows:
        return None
    finding = _links_finding(result, sites)
    spec = _heat_rows(days.day, rows, values)
    note = "Share of each UTC day in contact: with any ground station"
    if _relays(result):
        note += (
            " (direct), with any relay, and reaching the Earth at that moment, directly or through a relay "
        )
        note += "that sees it; relays also keep data for later."
    else:
        note += "; the station has no relay."
    return Figure("fig-links", finding, spec, 130 + 24 * len(rows), note, _limits(result))


def _links_finding(result: Result, sites: list[Any]) -> str:
    if len(sites) <= 2:
        return "; ".join(link_words(result, site) for site in sites)
    kept = [(metric(result, f"site.{site.id}.link.share"), name_of(site)) for site in sites]
    known = sorted((value, name) for value, name in kept if value is not None)
    if not known:
        return "Links of each site by day"
    (least, worst), (most, best) = known[0], known[-1]
    if least >= 1.0:
        return f"All {len(known)} sites reach the Earth at all times"
    if most <= 0.0:
        return f"None of the {len(known)} sites ever reaches the Earth"
    if share(least) == share(most):
        return f"All {len(known)} sites reach the Earth {share(least)} of the time"
    return f"The Earth is in reach of {best} {share(most)} of the time, of {worst} {share(least)}"


def covered(starts: TimeArray, stops: TimeArray, edges: TimeArray) -> FloatArray:
    """Share of each interval between ascending edges (m + 1,) that windows cover, shape (m,).

    Windows of one pair do not overlap; overlapping ones count twice.
    """
    zero = edges[0]
    begin, end = (np.sort((t - zero) / np.timedelta64(1, "s")) for t in (starts, stops))
    at = (edges - zero) / np.timedelta64(1, "s")

    def before(t: FloatArray, ordered: FloatArray) -> FloatArray:
        # sum of (t - x) over all x < t
        n = np.searchsorted(ordered, t)
        return np.asarray(n * t - np.concatenate(([0.0], np.cumsum(ordered)))[n], dtype=np.float64)

    time_in = before(at, begin) - before(at, end)
    return np.asarray(np.diff(time_in) / np.diff(at), dtype=np.float64)


def _ordered_pairs(windows: pd.DataFrame) -> list[tuple[str, str, str]]:
    order = {"site-ground": 0, "site-orbiter": 1, "orbiter-ground": 2}
    pairs = windows[["kind", "from", "to"]].drop_duplicates()
    found = [(str(k), str(f), str(t)) for k, f, t in pairs.itertuples(index=False)]
    return sorted(found, key=lambda pair: (order.get(pair[0], 9), pair))


def _pair_name(start: str, end: str) -> str:
    return f"{label(shortened(start, 16))} – {label(shortened(end, 16))}"


def _pairs(result: Result, windows: pd.DataFrame) -> Figure:
    pairs = _ordered_pairs(windows)
    start, stop = stamp(result.start.utc), stamp(result.stop.utc)
    inside = np.arange(start.astype("datetime64[D]") + 1, stop.astype("datetime64[D]") + 1)
    inner = inside[inside.astype("datetime64[ns]") < stop].astype("datetime64[ns]")
    edges = np.concatenate(([start], inner, [stop]))
    groups = dict(list(windows.groupby(["kind", "from", "to"], sort=False)))
    names, values, totals = [], [], []
    for pair in pairs[:MOST_ROWS]:
        group = groups[pair]
        by_day = covered(group["start"].to_numpy(), group["stop"].to_numpy(), edges)
        names.append(_pair_name(pair[1], pair[2]))
        values.append(by_day)
        totals.append(float(np.sum(by_day * (np.diff(edges) / (stop - start)))))
    best = int(np.argmax(totals))
    most = f"{pairs[best][1]} – {pairs[best][2]}"
    kept = share(min(totals[best], 1.0))
    all_windows = count(len(windows), "window")
    finding = f"{count(len(pairs), 'pair')} with contact, {all_windows} in all; most time: {most}, {kept}"
    if len(pairs) == 1:
        finding = f"One pair with contact, {most}: {all_windows}, {kept} of the time"
    spec = _heat_rows(edges[:-1].astype("datetime64[D]"), names, values)
    note = "Share of each UTC day in contact, by pair of ends."
    if len(pairs) > MOST_ROWS:
        note += f" The first {MOST_ROWS} of {len(pairs)} pairs are drawn; contacts.csv has all."
    return Figure("fig-pairs", finding, spec, 130 + _row_px(names) * len(names), note, _limits(result))


def _heat_rows(day: TimeArray, rows: list[str], values: list[AnyArray]) -> Spec:
    return {
        "data": [
            {
                "type": "heatmap",
                "x": stamps(day, "D"),
                "y": list(range(len(rows))),
                "z": [numbers(100.0 * row, 0) for row in values],
                "zmin": 0,
                "zmax": 100,
                "colorscale": [list(stop) for stop in palette.CONTACT_SCALE],
                "ygap": 2,
                "hovertemplate": "%{x}: %{z} % of the day<extra></extra>",
                "colorbar": colour_bar(
                    "share of day [%]",
                    len=min(220, 24 * max(len(rows), 4)),
                    lenmode="pixels",
                    y=1,
                    yanchor="top",
                ),
            }
        ],
        "layout": layout(xaxis=time_axis(showgrid=False), yaxis=_row_axis(rows)),
    }


def _row_px(rows: list[str]) -> int:
    """Height of a row; many rows stand closer [px]."""
    return 18 if len(rows) <= 30 else 15


def _row_axis(rows: list[str]) -> Spec:
    return axis(
        "link", tickvals=list(range(len(rows))), ticktext=rows, range=[len(rows) - 0.5, -0.5], showgrid=False
    )


def _week(result: Result, windows: pd.DataFrame) -> Figure:
    start = stamp(result.start.utc)
    stop = min(stamp(result.stop.utc), start + np.timedelta64(FIRST_DAYS, "D"))
    shown = windows[(windows["start"] < stop) & (windows["stop"] > start)]
    pairs = _ordered_pairs(shown)[:MOST_ROWS]
    row_of = {pair: i for i, pair in enumerate(pairs)}
    data = []
    for kind in dict.fromkeys(pair[0] for pair in pairs):
        of_kind = shown[shown["kind"] == kind]
        begin = stamps(np.maximum(of_kind["start"].to_numpy(), start))
        end = stamps(np.minimum(of_kind["stop"].to_numpy(), stop))
        rows = [
            row_of.get((kind, str(f), str(t))) for f, t in zip(of_kind["from"], of_kind["to"], strict=True)
        ]
        drawn = [(b, e, r) for b, e, r in zip(begin, end, rows, strict=True) if r is not None]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": label(KIND_WORDS.get(kind, kind)),
                "x": lines_between([(b, e) for b, e, _ in drawn]),
                "y": lines_between([(r, r) for _, _, r in drawn]),
                "line": {"color": KIND_COLOURS.get(kind, palette.BLACK), "width": 9},
                "hovertemplate": "%{x|%d %b %H:%M} UTC<extra></extra>",
            }
        )
    names = [_pair_name(pair[1], pair[2]) for pair in pairs]
    days = float((stop - start) / np.timedelta64(1, "s")) / 86400.0
    span = f"the first {FIRST_DAYS} days" if days >= FIRST_DAYS else "the span"
    finding = f"In {span}: {_by_kind(shown)}"
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(range=stamps(np.array([start, stop]))),
            yaxis=_row_axis(names),
            showlegend=True,
            legend=legend_above(),
        ),
    }
    return Figure(
        "fig-week",
        finding,
        spec,
        150 + _row_px(names) * len(names),
        "Each stroke is one window, drawn to the minute; contacts.csv has them to the millisecond.",
        _limits(result),
    )


def _by_kind(windows: pd.DataFrame) -> str:
    if len(windows) == 0:
        return "no contact"
    pieces = []
    for kind, words in KIND_WORDS.items():
        n = int((windows["kind"] == kind).sum())
        if n:
            pieces.append(f"{count(n, 'window')} {words}")
    return listing(pieces) if pieces else count(len(windows), "window")
