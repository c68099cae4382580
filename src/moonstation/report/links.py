"""Links of a study: rates through the span, where they come from, and the budget at the worst contact of each kind."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from moonstation.report import palette
from moonstation.report.figure import (
    Days,
    Figure,
    Spec,
    axis,
    label,
    layout,
    legend_above,
    numbers,
    stamps,
    time_axis,
)
from moonstation.report.inputs import Result, name_of, parts, times_of
from moonstation.report.tables import Html, Table, escaped, folded
from moonstation.report.wording import duration, number, rate, shortened, volume

KIND_WORDS = {
    "site-ground": "from a site to the ground",
    "site-orbiter": "from a site to a relay",
    "orbiter-ground": "from an orbiter to the ground",
}
PART_WORDS = {"sender": "Sender", "path": "Path", "receiver": "Receiver", "demodulator": "Demodulator"}
CASES = (("nominal", "nominal"), ("rss", "root sum square"), ("worst", "all tolerances"))


def link_figures(result: Result) -> list[Figure]:
    """What the links of each sender could carry, by day; none where no budget is known."""
    lines = _lines(result)
    if not lines:
        return []
    days = Days.of(times_of(result))
    x = stamps(days.day, "D")
    senders = list(dict.fromkeys(who for who, _, _ in lines))
    data: list[Spec] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": label(f"{shortened(who, 22)} to {shortened(what, 22)}"),
            "x": x,
            "y": numbers(days.mean(values) / result.step_s / 1e6, 3),
            "line": {
                "color": palette.SITES[senders.index(who) % len(palette.SITES)],
                "dash": "solid" if what == "the ground" else "dot",
                "width": 1.4,
            },
            "hovertemplate": "%{y} Mbit/s",
        }
        for who, what, values in lines
    ]
    spec: Spec = {
        "data": data,
        "layout": layout(
            xaxis=time_axis(),
            yaxis=axis("mean rate of the day [Mbit/s]", rangemode="tozero"),
            hovermode="x unified",
            showlegend=True,
            legend=legend_above(),
        ),
    }
    who, what, least = min(lines, key=lambda line: float(line[2].mean()))
    finding = f"{who} to {what} carries least: {rate(float(least.mean()) / result.step_s)} over the span"
    note = (
        "What link budgets let each sender send, over its fastest link at each moment and with its times without "
        "contact; less the root of the sum of squares of all tolerances. Power and data decide how much of it is used."
    )
    return [Figure("fig-link-rates", finding, spec, 460, note)]


def _lines(result: Result) -> list[tuple[str, str, Any]]:
    """Sender, receiver and what can be sent in each step [bit]."""
    rates = result.rates
    if rates is None:
        return []
    names = {part.id: name_of(part) for kind in ("sites", "orbiters") for part in parts(result.station, kind)}
    site = {element.id: element.site for element in parts(result.station, "elements")}
    found: dict[tuple[str, str], Any] = {}
    for who, values in rates.ground.items():
        key = site.get(who, who), ""
        found[key] = np.maximum(found.get(key, 0.0), values)
    for (who, relay), values in rates.relay.items():
        key = site.get(who, who), relay
        found[key] = np.maximum(found.get(key, 0.0), values)
    return [
        (names.get(who, who), names.get(relay, relay) if relay else "the ground", values)
        for (who, relay), values in sorted(found.items(), key=lambda row: list(names).index(row[0][0]))
    ]


def link_tables(result: Result) -> str:
    """Budgets at the worst contacts, and all pairs with their rates; "" where no budget is known."""
    rates = result.rates
    if rates is None or not rates.origins:
        return ""
    return "".join(_budget(worst) for worst in rates.worst) + _pairs(result)


def _budget(worst: Any) -> str:
    budget, geometry, contact = worst.budget, worst.geometry, worst.contact
    heading = f"The worst contact {KIND_WORDS[worst.kind]}: {contact.from_id} to {contact.to_id}"
    elevation = [
        f"{number(float(np.degrees(sight.elevation[0])), 3)}° up at {end}"
        for end, sight in ((contact.from_id, geometry.sender), (contact.to_id, geometry.receiver))
        if np.isfinite(sight.elevation[0])
    ]
    words = (
        f"{worst.sender.radio.band} band, {number(budget.frequency / 1e9, 4)} GHz; of a contact of "
        f"{duration(contact.duration)} from {_minute(contact.start)} the moment of its weakest signal, "
        f"{_minute(float(geometry.et[0]))} UTC, {number(float(geometry.distance[0]) / 1e3, 4)} km apart"
        f"{''.join(f', {one}' for one in elevation)}. Over the contact {rate(worst.mean_rate)}."
    )
    code = budget.code_for(worst.rate)
    rows: list[Sequence[object]] = []
    for part, title in PART_WORDS.items():
        lines = [line for line in budget.lines if line.part == part]
        if lines:
            rows.append([Html(f"<b>{title}</b>"), "", "", "", "", ""])
        rows += [_line(line) for line in lines]
        if part == "sender":
            rows.append(_sum("EIRP", float(budget.eirp[0]), "dBW"))
    for case, name in CASES:
        rows.append(_sum(f"C/N0, {name}", float(budget.density_in(case)[0]), "dBHz"))
    if worst.rate > 0.0:
        rows.append(
            _sum(
                f"Required Eb/N0, {code.name}" if code is not None else "Required",
                budget.required(code),
                "dB",
            )
        )
        for case, name in CASES:
            margin = float(budget.link_margin(worst.rate, case, code=code)[0])
            rows.append(_sum(f"Margin at {rate(worst.rate)}, {name}", margin, "dB"))
    else:
        rows.append([Html("<b>No rate keeps its margin</b>"), "", "", "", "", ""])
    table = Table(["Term", "Value", "Unit", "Tolerance", "Confidence", "Source"], rows, numeric=(1, 3)).html()
    return f"<h3>{escaped(heading)}</h3><p>{escaped(words)}</p>{folded('Every term of it', table)}"


def _line(line: Any) -> list[object]:
    better, worse = float(np.max(line.favourable)), float(np.max(line.adverse))
    tolerance = f"+{better:.2f} / −{worse:.2f} dB" if better or worse else ""
    said = "; ".join(word for word in (line.note, line.source) if word)
    return [line.term, f"{float(line.value[0]):.2f}", line.unit, tolerance, line.confidence, said]


def _sum(name: str, value: float, unit: str) -> list[object]:
    return [Html(f"<b>{escaped(name)}</b>"), Html(f"<b>{value:.2f}</b>"), unit, "", "", ""]


def _minute(et: float) -> str:
    # imported here: the page of a study without budgets needs no epochs
    from moonstation.spacetime.epochs import Epoch

    return Epoch.from_tdb_s(et).utc[:16].replace("T", " ")


def _pairs(result: Result) -> str:
    contacts = result.contacts
    rows = []
    if len(contacts) and "volume_bit" in contacts:
        groups = contacts.groupby(["from", "to"], sort=False)[["volume_bit", "duration_s"]].sum()
        for (a, b), origin in result.rates.origins.items():
            bits, seconds = groups.loc[(a, b)] if (a, b) in groups.index else (0.0, 0.0)
            carried = bits > 0.0
            rows.append(
                [
                    f"{a} to {b}",
                    origin.words,
                    duration(float(seconds)),
                    rate(float(bits / seconds)) if carried else "–",
                    volume(float(bits)) if carried else "–",
                ]
            )
    heads = ["Pair", "Rate from", "In contact", "Mean rate", "Could carry"]
    table = Table(heads, rows, numeric=(2, 3, 4)).html()
    return folded(f"All {len(rows)} pairs and where their rates come from", table)
