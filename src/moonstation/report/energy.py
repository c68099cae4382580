"""Power and battery: each bus through the span, and its worst spell enlarged."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray, TimeArray
from moonstation.report import palette
from moonstation.report.figure import (
    Days,
    Figure,
    Spec,
    axis,
    layout,
    legend_above,
    longest_run,
    numbers,
    stamps,
    time_axis,
)
from moonstation.report.inputs import Result, bus_name, elements_on, labels, metric, series, times_of
from moonstation.report.sky import terrain_limits
from moonstation.report.wording import count, day, duration, energy, listing, power, share

FULL = 0.995
"""A state of charge at which a battery counts as full."""

SURVIVAL = 1
"""Value of the variable `mode` for survival."""

LONGEST_CLOSE_UP_D = 40.0
MOST_POINTS = 2500


@dataclass(frozen=True)
class Bus:
    """One power bus as the figures need it; series have shape (n,)."""

    id: str
    name: str
    times: TimeArray
    generation: FloatArray
    load: FloatArray
    unserved: FloatArray
    charge: FloatArray | None
    reserve: float | None
    survival: float
    dark: float | None
    limit: str

    # `survival` is the time spent in survival mode [s]; `dark` is the longest unbroken time [s] in which no array of
    # the bus gives power, None without arrays

    @property
    def lives(self) -> bool:
        """Whether anything is asked for or given."""
        return bool(np.any(self.load > 0.0) or np.any(self.generation > 0.0))

    @property
    def step_s(self) -> float:
        """Step of the series [s]."""
        return float((self.times[1] - self.times[0]) / np.timedelta64(1, "s")) if len(self.times) > 1 else 0.0


def energy_figures(result: Result) -> list[Figure]:
    """Two figures for each bus: the whole span and the worst spell."""
    figures = []
    for index, bus_id in enumerate(labels(result, "bus")):
        bus = read_bus(result, bus_id)
        if bus is not None and bus.lives:
            figures += [_year(bus, index), *_worst(bus, index)]
    return figures


def idle_words(result: Result) -> str:
    """The buses that are not drawn because nothing happens on them, in words; "" when there are none."""
    buses = [
        bus
        for bus_id in labels(result, "bus")
        if (bus := read_bus(result, bus_id)) is not None and not bus.lives
    ]
    return (
        f"Without load and source, and so not drawn: {listing([bus.name for bus in buses], 8)}."
        if buses
        else ""
    )


def read_bus(result: Result, bus_id: str) -> Bus | None:
    """The series and figures of a bus; None when its power was not run."""
    generation, load = (series(result, name, "bus", bus_id) for name in ("generation_w", "load_w"))
    if generation is None or load is None:
        return None
    on_bus = elements_on(result.station, bus_id)
    stores = [e for e in on_bus if getattr(e, "battery_capacity", 0.0) > 0.0]
    capacity = sum(e.battery_capacity for e in stores)
    charge = series(result, "state_of_charge", "bus", bus_id)
    has_store = capacity > 0.0 and charge is not None and bool(np.any(np.isfinite(charge)))
    lit = sorted(
        {e.site for e in on_bus if getattr(e, "array_power", 0.0) > 0.0 or getattr(e, "array_area", None)}
    )
    unserved = series(result, "unserved_w", "bus", bus_id)
    mode = series(result, "mode", "bus", bus_id)
    return Bus(
        id=bus_id,
        name=bus_name(result.station, bus_id),
        times=times_of(result),
        generation=generation,
        load=load,
        unserved=np.zeros_like(load) if unserved is None else unserved,
        charge=charge if has_store else None,
        reserve=sum(e.battery_capacity * e.battery_reserve for e in stores) / capacity if has_store else None,
        survival=0.0 if mode is None else float(np.sum(mode == SURVIVAL)) * result.step_s,
        dark=_dark(
            result,
            [e for e in on_bus if getattr(e, "array_power", 0.0) > 0.0 or getattr(e, "array_area", None)],
        ),
        limit=terrain_limits(result, lit),
    )


def _dark(result: Result, arrays: list[Any]) -> float | None:
    powers = [p for e in arrays if (p := series(result, "array_power_w", "array", e.id)) is not None]
    if not powers:
        spells = [
            metric(result, f"site.{site}.sun.longest_dark") for site in sorted({e.site for e in arrays})
        ]
        return max((spell for spell in spells if spell is not None), default=None)
    given = np.sum(powers, axis=0) > 0.0
    # before the first array is there it is not dark, there is only no array
    arrivals = [getattr(e, "arrives", None) for e in arrays]
    if all(arrivals):
        there = times_of(result) >= np.datetime64(min(str(a)[:10] for a in arrivals))
        given = given[there]
    first, end = longest_run(~given)
    return (end - first) * result.step_s


def bus_words(bus: Bus) -> str:
    """Whether a bus lives through the span, in one sentence."""
    short = bus.unserved > 0.0
    if np.any(short):
        days = len(np.unique(bus.times[short].astype("datetime64[D]")))
        missed = float(bus.unserved.sum()) * bus.step_s
        asked = float(bus.load.sum()) * bus.step_s
        part = f", {share(missed / asked)} of the demand," if asked > 0 else ""
        since = day(bus.times[short][0])
        return f"{bus.name} goes without {energy(missed)}{part} on {count(days, 'day')}, first on {since}"
    if not np.any(bus.load > 0.0):
        return f"{bus.name} has no load to serve"
    if bus.charge is None:
        spare = float((bus.generation - bus.load).min())
        return f"{bus.name} has no battery and needs none: generation stays at least {power(spare)} above the load"
    low = float(bus.charge.min())
    if low >= FULL:
        return f"{bus.name}: the battery is never drawn on"
    spell = _dark_words(bus)
    left = f"{share(low)} charge left" + (f" (reserve {share(bus.reserve)})" if bus.reserve else "")
    spared = f" in survival mode ({duration(bus.survival)} in all)" if bus.survival > 0.0 else ""
    return f"{bus.name}: {spell}{spared} with {left}"


def _dark_words(bus: Bus) -> str:
    if bus.dark is None:
        return "the battery covers every shortfall"
    if bus.dark <= 0.0:
        return "never dark, the battery covers every shortfall"
    return f"longest dark spell {duration(bus.dark)}: the battery bridges it"


def _year(bus: Bus, index: int) -> Figure:
    days = Days.of(bus.times)
    x = stamps(days.day, "D")
    two = bus.charge is not None
    data = [
        *_band(x, days.lowest(bus.generation) / 1e3, days.highest(bus.generation) / 1e3, palette.GENERATION),
        _line(x, days.mean(bus.generation) / 1e3, "generation, daily mean", palette.GENERATION, "kW"),
        _line(x, days.mean(bus.load) / 1e3, "load, daily mean", palette.LOAD, "kW", dash="dash"),
    ]
    if np.any(bus.unserved > 0.0):
        data.append(_unserved(x, days.highest(bus.unserved) / 1e3))
    if bus.charge is not None:
        low, high = 100.0 * days.lowest(bus.charge), 100.0 * days.highest(bus.charge)
        data += _band(x, low, high, palette.CHARGE, yaxis="y2")
        data.append(_line(x, low, "state of charge, daily lowest", palette.CHARGE, "%", yaxis="y2"))
        data += _reserve(bus, [x[0], x[-1]])
    note = "Bands span the lowest and highest value of each UTC day."
    return Figure(
        f"fig-power-{index + 1}",
        bus_words(bus),
        {"data": data, "layout": _layout(two)},
        430 if two else 300,
        note,
        bus.limit,
    )


def _worst(bus: Bus, index: int) -> list[Figure]:
    found = worst_spell(bus)
    if found is None:
        return []
    first, end, title = found
    stride = max(1, -(-(end - first) // MOST_POINTS))
    cut = slice(first, end, stride)
    x = stamps(bus.times[cut])
    two = bus.charge is not None
    data = [
        _line(x, bus.generation[cut] / 1e3, "generation", palette.GENERATION, "kW"),
        _line(x, bus.load[cut] / 1e3, "load", palette.LOAD, "kW", dash="dash"),
    ]
    if np.any(bus.unserved[cut] > 0.0):
        data.append(_unserved(x, bus.unserved[cut] / 1e3))
    if bus.charge is not None:
        data.append(_line(x, 100.0 * bus.charge[cut], "state of charge", palette.CHARGE, "%", yaxis="y2"))
        data += _reserve(bus, [x[0], x[-1]])
    return [
        Figure(
            f"fig-worst-{index + 1}",
            title,
            {"data": data, "layout": _layout(two)},
            400 if two else 280,
            "The worst spell of the figure above, enlarged.",
            bus.limit,
        )
    ]


def worst_spell(bus: Bus) -> tuple[int, int, str] | None:
    """Where the bus was worst off: first index, end (exclusive), and the finding; None when it never was."""
    n = len(bus.times)
    pad = max(1, round(86400.0 / bus.step_s)) if bus.step_s else 1
    if np.any(bus.unserved > 0.0):
        first, end = longest_run(bus.unserved > 0.0)
        words = _unserved_words(bus, first, end)
        return max(0, first - 2 * pad), min(n, end + 2 * pad, first + round(LONGEST_CLOSE_UP_D * pad)), words
    if bus.charge is not None and float(bus.charge.min()) < FULL:
        lowest = int(np.argmin(bus.charge))
        full = np.flatnonzero(bus.charge >= FULL)
        before, after = full[full < lowest], full[full > lowest]
        first = int(before[-1]) if len(before) else 0
        end = int(after[0]) if len(after) else n
        most = round(LONGEST_CLOSE_UP_D / 2.0 * pad)
        first, end = max(0, first - pad, lowest - most), min(n, end + pad, lowest + most)
        return first, end, _worst_words(bus, lowest, before, after)
    return None


def _unserved_words(bus: Bus, first: int, end: int) -> str:
    length = duration((end - first) * bus.step_s)
    missed = energy(float(bus.unserved[first:end].sum()) * bus.step_s)
    return f"Longest time without full power: {length} from {day(bus.times[first])}, {missed} missing"


def _worst_words(bus: Bus, lowest: int, before: Any, after: Any) -> str:
    assert bus.charge is not None
    low = float(bus.charge[lowest])
    text = f"Lowest charge {share(low)} on {day(bus.times[lowest])}"
    if bus.reserve is not None:
        above = low - bus.reserve
        if above < -1e-6:
            text += f", {share(-above)} of the capacity under the reserve"
        elif above <= 1e-6:
            text += ", down to the reserve"
        else:
            text += f", {share(above)} of the capacity above the reserve"
    if len(before) and len(after):
        return f"{text}; full again {duration(float((after[0] - before[-1]) * bus.step_s))} after the drain began"
    return text + ("; not full again within the span" if not len(after) else "")


def _layout(two: bool) -> Spec:
    upper = axis("power [kW]", rangemode="tozero")
    if not two:
        return layout(
            xaxis=time_axis(), yaxis=upper, hovermode="x unified", showlegend=True, legend=legend_above()
        )
    return layout(
        xaxis=time_axis(anchor="y2"),
        yaxis={**upper, "domain": [0.52, 1.0]},
        yaxis2=axis("state of charge [%]", domain=[0.0, 0.46], range=[0, 104]),
        hovermode="x unified",
        showlegend=True,
        legend=legend_above(),
    )


def _line(x: list[str], y: FloatArray, name: str, colour: str, unit: str, **more: Any) -> Spec:
    dash = more.pop("dash", "solid")
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": numbers(y, 1 if unit == "%" else 3),
        "line": {"color": colour, "width": 1.6, "dash": dash},
        "hovertemplate": f"%{{y}} {unit}",
        **more,
    }


def _band(x: list[str], low: FloatArray, high: FloatArray, colour: str, **more: Any) -> list[Spec]:
    hidden = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        **more,
    }
    return [
        {**hidden, "y": numbers(low, 3)},
        {**hidden, "y": numbers(high, 3), "fill": "tonexty", "fillcolor": palette.tint(colour, 0.22)},
    ]


def _unserved(x: list[str], y: FloatArray) -> Spec:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "not served",
        "x": x,
        "y": numbers(y, 3),
        "line": {"color": palette.BLACK, "width": 1.2, "shape": "hv"},
        "fill": "tozeroy",
        "fillcolor": palette.tint(palette.BLACK, 0.35),
        "hovertemplate": "%{y} kW",
    }


def _reserve(bus: Bus, ends: list[str]) -> list[Spec]:
    if not bus.reserve:
        return []
    level = round(100.0 * bus.reserve, 1)
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"reserve {level:g} %",
            "x": ends,
            "y": [level, level],
            "yaxis": "y2",
            "line": {"color": palette.RESERVE, "width": 1.3, "dash": "dot"},
            "hoverinfo": "skip",
        }
    ]
