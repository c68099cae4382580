"""Whether power is enough when a partner's parts are gone: each bus with the light of a span, before and after."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.partners.capability import functions_up
from moonstation.partners.changes import Change, stages
from moonstation.simulation.power import NOMINAL, UNSERVED, PowerRun, run_power
from moonstation.station.model import Station
from moonstation.study.ground import site_grounds
from moonstation.study.light import array_light
from moonstation.study.run import Progress, StudySpan
from moonstation.sunlight.light import site_light


@dataclass(frozen=True)
class BusAfter:
    """A power bus with and without some parts.

    Attributes
    ----------
    bus : str
        Its id.
    nominal_before, nominal_after : float
        Share of the span in nominal mode.
    short_before, short_after : float
        Longest time with a load not wholly served [s].
    may_freeze : tuple of str
        Elements left on it that endure less than that after the change, and did not before.
    """

    bus: str
    nominal_before: float
    nominal_after: float
    short_before: float
    short_after: float
    may_freeze: tuple[str, ...]

    @property
    def worse(self) -> bool:
        """Whether the change costs it anything."""
        return self.nominal_after < self.nominal_before or self.short_after > self.short_before

    @property
    def better(self) -> bool:
        """Whether the change gives it anything, and costs nothing."""
        return not self.worse and (
            self.nominal_after > self.nominal_before or self.short_after < self.short_before
        )


@dataclass(frozen=True)
class StagePower:
    """Power in a time after a change.

    Attributes
    ----------
    begin, end : float
        From when to when [s, TDB past J2000]; infinity for an end that does not come.
    partner : str
        Whose functions alone it is about, with what it may use; "" for all.
    buses : tuple of BusAfter
        Those that are worse or better off than without the change.
    """

    begin: float
    end: float
    partner: str
    buses: tuple[BusAfter, ...]


@dataclass(frozen=True, eq=False)
class PowerScene:
    """A station with the light on its arrays, to be run without parts of it.

    Attributes
    ----------
    station : Station
        As loaded.
    times_s : (n,) array
        Instants [s, TDB past J2000].
    light : dict of str to (n,) array
        Irradiance on each element's array as share of 1361 W/m2.
    before : dict of str to PowerRun
        All buses with all elements.
    known : dict of frozenset of str to dict of str to PowerRun
        Buses without some elements, as far as they were run.
    """

    station: Station
    times_s: FloatArray
    light: dict[str, FloatArray]
    before: dict[str, PowerRun]
    known: dict[frozenset[str], dict[str, PowerRun]] = field(default_factory=dict)

    def without(self, gone: Collection[str]) -> list[BusAfter]:
        """Run every bus that is left without some elements, by their ids; failures are not counted."""
        return self.between((), gone)

    def between(self, before: Collection[str], after: Collection[str]) -> list[BusAfter]:
        """Run every bus without some elements and without others, by their ids; buses that both have."""
        left = [element for element in self.station.elements if element.id not in after]
        runs = self._run(before)
        found = []
        for bus, run in self._run(after).items():
            if bus not in runs:
                continue
            whole = runs[bus]
            short = _longest_short(run), _longest_short(whole)
            frozen = tuple(
                element.id
                for element in left
                if element.bus == bus
                and element.endures is not None
                and short[1] <= element.endures < short[0]
            )
            found.append(BusAfter(bus, _nominal(whole), _nominal(run), short[1], short[0], frozen))
        return found

    def _run(self, gone: Collection[str]) -> dict[str, PowerRun]:
        away = frozenset(gone).intersection(element.id for element in self.station.elements)
        if not away:
            return self.before
        if away not in self.known:
            left = [element for element in self.station.elements if element.id not in away]
            self.known[away] = run_power(left, times_s=self.times_s, array_light=self.light)
        return self.known[away]

    def keeps_warm(self, gone: Collection[str]) -> bool:
        """Whether nothing that is left may be lost to the cold that was safe with all elements."""
        return not any(bus.may_freeze for bus in self.without(gone))


def power_scene(station: Station, span: StudySpan, *, progress: Progress) -> PowerScene:
    """The light of a station over a span, and its buses with all elements.

    Parameters
    ----------
    station : Station
        As loaded.
    span : StudySpan
        Instants.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.
    """
    grounds = site_grounds(station, progress=lambda share: progress("terrain and horizons", 0.4 * share))
    progress("sunlight", 0.4)
    lights = {name: site_light(ground.site, span.et) for name, ground in grounds.items()}
    light = array_light(station, grounds, lights)
    progress("power", 0.9)
    return PowerScene(
        station, span.et, light, run_power(station.elements, times_s=span.et, array_light=light)
    )


def power_stages(scene: PowerScene, change: Change) -> list[StagePower]:
    """Power after a change, from each arrival to the next, against what it would be then without the change.

    Each time is run with the light of the whole span of the scene: what comes for a month only must live through a
    winter. What is the same from one arrival to the next is one time.

    Parameters
    ----------
    scene : PowerScene
        The station with its light.
    change : Change
        What happens.
    """
    found: list[StagePower] = []
    owner = {element.id: element.partner for element in scene.station.elements}
    for stage in stages(scene.station, change):
        buses = [bus for bus in scene.between(stage.before, stage.after) if bus.worse or bus.better]
        if stage.partner:
            # to the others nothing is closed
            own = [tuple(n for n in bus.may_freeze if owner[n] == stage.partner) for bus in buses]
            fed = {e.bus for e in scene.station.elements if e.partner == stage.partner}
            buses = [
                replace(bus, may_freeze=names)
                for bus, names in zip(buses, own, strict=True)
                if bus.bus in fed
            ]
        last = found[-1] if found else None
        if last and last.end == stage.begin and (last.partner, last.buses) == (stage.partner, tuple(buses)):
            found[-1] = replace(last, end=stage.end)
        else:
            found.append(StagePower(stage.begin, stage.end, stage.partner, tuple(buses)))
    return [stage for stage in found if stage.buses]


def functions_at_risk(scene: PowerScene, change: Change) -> list[str]:
    """Functions that are there by their parts after a change, and need what the cold may then have destroyed."""
    station = scene.station
    answers = {function.id: function.partner for function in station.functions}
    found: dict[str, None] = {}
    frozen: dict[str, set[str]] = {}
    for stage in stages(station, change):
        lost = frozen.setdefault(stage.partner, set())
        for bus in scene.between(stage.before, stage.after):
            lost.update(bus.may_freeze)
        left = functions_up(station, lost.union(stage.after))
        for name in functions_up(station, stage.after):
            if name not in left and stage.partner in ("", answers[name]):
                found[name] = None
    return [function.id for function in station.functions if function.id in found]


def _nominal(run: PowerRun) -> float:
    return float(np.mean(run.mode == NOMINAL))


def _longest_short(run: PowerRun) -> float:
    """Longest unbroken time with a load not wholly served [s]."""
    short: FloatArray = np.concatenate([[False], run.mode == UNSERVED, [False]]).astype(np.float64)
    edges = np.flatnonzero(np.diff(short))
    return float(np.max(edges[1::2] - edges[::2], initial=0.0)) * run.step
