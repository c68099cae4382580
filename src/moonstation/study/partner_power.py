"""Whether power is enough when a partner's parts are gone: each bus with the light of a span, before and after."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
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


def buses_without(
    station: Station, gone: Collection[str], span: StudySpan, *, progress: Progress
) -> list[BusAfter]:
    """Run every bus that is left without some elements, and with them.

    Failures are not counted, see `simulate`; nor are elements on buses that are gone as a whole.

    Parameters
    ----------
    station : Station
        As loaded.
    gone : collection of str
        Ids of the elements that are not there.
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
    left = [element for element in station.elements if element.id not in gone]
    before = run_power(station.elements, times_s=span.et, array_light=light)
    after = run_power(left, times_s=span.et, array_light=light)
    found = []
    for bus, run in after.items():
        short = _longest_short(run), _longest_short(before[bus])
        frozen = tuple(
            element.id
            for element in left
            if element.bus == bus and element.endures is not None and short[1] <= element.endures < short[0]
        )
        found.append(BusAfter(bus, _nominal(before[bus]), _nominal(run), short[1], short[0], frozen))
    return found


def _nominal(run: PowerRun) -> float:
    return float(np.mean(run.mode == NOMINAL))


def _longest_short(run: PowerRun) -> float:
    """Longest unbroken time with a load not wholly served [s]."""
    short: FloatArray = np.concatenate([[False], run.mode == UNSERVED, [False]]).astype(np.float64)
    edges = np.flatnonzero(np.diff(short))
    return float(np.max(edges[1::2] - edges[::2], initial=0.0)) * run.step
