"""Whether power is enough when a partner's parts are gone: each bus with the light of a span, before and after."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.partners.capability import functions_up
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
    """

    station: Station
    times_s: FloatArray
    light: dict[str, FloatArray]
    before: dict[str, PowerRun]

    def without(self, gone: Collection[str]) -> list[BusAfter]:
        """Run every bus that is left without some elements, by their ids; failures are not counted."""
        left = [element for element in self.station.elements if element.id not in gone]
        found = []
        for bus, run in run_power(left, times_s=self.times_s, array_light=self.light).items():
            whole = self.before[bus]
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


def functions_at_risk(station: Station, gone: Collection[str], scene: PowerScene) -> list[str]:
    """Functions that are there by their parts when some are gone, and need what may then be lost to the cold."""
    frozen = {name for bus in scene.without(gone) for name in bus.may_freeze}
    left = functions_up(station, frozen.union(gone))
    return [name for name in functions_up(station, gone) if name not in left]


def _nominal(run: PowerRun) -> float:
    return float(np.mean(run.mode == NOMINAL))


def _longest_short(run: PowerRun) -> float:
    """Longest unbroken time with a load not wholly served [s]."""
    short: FloatArray = np.concatenate([[False], run.mode == UNSERVED, [False]]).astype(np.float64)
    edges = np.flatnonzero(np.diff(short))
    return float(np.max(edges[1::2] - edges[::2], initial=0.0)) * run.step
