"""What ground antennas can hear: windows of one spacecraft at one ground station, and what may be asked of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.links.plan import PlannedContact

JOINED = 0.5
"""Pieces of a window that are no further apart than this follow each other [s]: each has one light time."""


@dataclass(frozen=True)
class GroundAntennas:
    """The antennas of one ground station, all alike.

    Attributes
    ----------
    id, partner : str
        The ground station, and whose it is.
    dishes : int
        How many antennas.
    links : int
        How many spacecraft one antenna hears at once.
    set_up, tear_down : float
        For how long an antenna is taken before and after it hears a spacecraft [s].
    """

    id: str
    partner: str = ""
    dishes: int = 1
    links: int = 1
    set_up: float = 0.0
    tear_down: float = 0.0

    @property
    def channels(self) -> int:
        """How many spacecraft the station hears at once."""
        return self.dishes * self.links


@dataclass(frozen=True)
class Need:
    """What a spacecraft asks of the ground.

    Attributes
    ----------
    id, spacecraft, partner : str
        The demand, the site or orbiter that sends, and whose it is.
    amount : float
        Asked for each period [bit], or [s] where `in_time`.
    in_time : bool
        Whether time is asked for, not data.
    period : float
        [s]
    priority : float
        Value of a day on which all that is asked for is served.
    least_pass : float
        Shorter passes are of no use [s].
    """

    id: str
    spacecraft: str
    amount: float
    in_time: bool = False
    period: float = 86_400.0
    priority: float = 1.0
    least_pass: float = 0.0
    partner: str = ""


@dataclass(frozen=True)
class Agreement:
    """Antenna time that one partner gives another.

    Attributes
    ----------
    id, giver, getter : str
        The agreement, whose antennas, whose spacecraft.
    at_least, at_most : float
        Time on the air for each period [s].
    period : float
        [s]
    """

    id: str
    giver: str
    getter: str
    at_least: float = 0.0
    at_most: float = np.inf
    period: float = 7.0 * 86_400.0

    def covers(self, antennas: GroundAntennas, need: Need) -> bool:
        """Whether antenna time of a station for a spacecraft falls under it."""
        return antennas.partner == self.giver and need.partner == self.getter


@dataclass(frozen=True, eq=False)
class Pair:
    """Windows of one spacecraft at one ground station, long enough to be of use.

    Attributes
    ----------
    spacecraft, station : str
        The ends.
    windows : (n, 2) array
        Begins and ends [s], in order.
    knots, bits : (m,) arrays
        Epochs [s], and what can have been sent until then [bit], linear between.
    seconds : (m,) array
        Time on the air until then [s].
    """

    spacecraft: str
    station: str
    windows: FloatArray
    knots: FloatArray
    bits: FloatArray
    seconds: FloatArray

    def data(self, start: FloatArray, stop: FloatArray) -> FloatArray:
        """What windows within spans can carry [bit]."""
        return np.interp(stop, self.knots, self.bits) - np.interp(start, self.knots, self.bits)

    def time(self, start: FloatArray, stop: FloatArray) -> FloatArray:
        """Time on the air within spans [s]."""
        return np.interp(stop, self.knots, self.seconds) - np.interp(start, self.knots, self.seconds)


@dataclass(frozen=True, eq=False)
class Task:
    """All that an assignment of antennas starts from.

    Attributes
    ----------
    start, stop : float
        Span [s].
    antennas : tuple of GroundAntennas
        The ground stations.
    needs : tuple of Need
        What is asked for; one need a spacecraft.
    agreements : tuple of Agreement
        Antenna time agreed among partners.
    pairs : tuple of Pair
        What can be heard where.
    """

    start: float
    stop: float
    antennas: tuple[GroundAntennas, ...]
    needs: tuple[Need, ...]
    agreements: tuple[Agreement, ...] = ()
    pairs: tuple[Pair, ...] = field(default=())

    @classmethod
    def of(
        cls,
        contacts: Iterable[PlannedContact],
        *,
        start: float,
        stop: float,
        antennas: Sequence[GroundAntennas],
        needs: Sequence[Need],
        agreements: Sequence[Agreement] = (),
    ) -> "Task":
        """Make a task of planned contacts, in times of reception.

        Contacts of one pair that follow each other without a gap are one window whose rate changes.

        Raises
        ------
        RequestError
            If the span is empty, or a need or agreement makes no sense.
        """
        if not stop > start:
            raise RequestError("antennas cannot be assigned over an empty span; give a later end")
        _check(antennas, needs)
        known = {station.id for station in antennas}
        wanted = {need.spacecraft: need for need in needs}
        rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
        for c in contacts:
            begin, end = max(c.start + c.owlt, start), min(c.stop + c.owlt, stop)
            if c.from_id in wanted and c.to_id in known and end > begin:
                rows.setdefault((c.from_id, c.to_id), []).append((begin, end, c.rate))
        pairs = []
        for (spacecraft, station), pieces in rows.items():
            pair = _pair(spacecraft, station, sorted(pieces), wanted[spacecraft].least_pass)
            if len(pair.windows):
                pairs.append(pair)
        return cls(start, stop, tuple(antennas), tuple(needs), tuple(agreements), tuple(pairs))

    def antenna(self, station: str) -> GroundAntennas:
        """The antennas of a ground station, by id."""
        return self._by_id[station]

    @property
    def _by_id(self) -> Mapping[str, GroundAntennas]:
        return {antennas.id: antennas for antennas in self.antennas}

    def periods(self, length: float) -> list[tuple[float, float]]:
        """Spans of a period that cover the task, the last one cut short."""
        count = max(1, int(np.ceil((self.stop - self.start) / length - 1e-9)))
        return [
            (self.start + k * length, min(self.start + (k + 1) * length, self.stop)) for k in range(count)
        ]


def asked(need: Need, begin: float, end: float) -> float:
    """What is asked for in a period, in part where the period is cut short [bit or s]."""
    return need.amount * (end - begin) / need.period


def worth(need: Need, begin: float, end: float) -> float:
    """Value of serving all that is asked for in a period: its priority by day."""
    return need.priority * (end - begin) / 86_400.0


def _check(antennas: Sequence[GroundAntennas], needs: Sequence[Need]) -> None:
    if not antennas:
        raise RequestError("there is no ground station to assign; add one to the station file")
    seen: set[str] = set()
    for need in needs:
        if need.spacecraft in seen:
            raise RequestError(f"demand {need.id}: {need.spacecraft} has a demand already; put both into one")
        seen.add(need.spacecraft)
        if not (np.isfinite(need.amount) and need.amount > 0.0 and need.period > 0.0 and need.priority > 0.0):
            raise RequestError(f"demand {need.id}: amount, period and priority must be above zero")


def _pair(spacecraft: str, station: str, pieces: list[tuple[float, float, float]], least_pass: float) -> Pair:
    begins, ends, rates = np.array(pieces, dtype=np.float64).T
    opens = np.r_[True, begins[1:] > ends[:-1] + JOINED]
    # pieces that follow each other meet
    begins[1:] = np.where(opens[1:], begins[1:], np.minimum(ends[:-1], ends[1:]))
    window = np.cumsum(opens) - 1
    firsts = np.flatnonzero(opens)
    lasts = np.r_[firsts[1:] - 1, len(begins) - 1]
    windows = np.column_stack([begins[firsts], ends[lasts]])
    useful = windows[:, 1] - windows[:, 0] >= max(least_pass, 1e-3)
    keep = useful[window]
    begins, ends, rates = begins[keep], ends[keep], rates[keep]
    # seconds count where a window is open, bits at its rate
    knots = np.column_stack([begins, ends]).ravel()
    long = ends - begins
    seconds = np.cumsum(np.column_stack([np.zeros_like(long), long]).ravel())
    bits = np.cumsum(np.column_stack([np.zeros_like(long), long * rates]).ravel())
    return Pair(spacecraft, station, windows[useful], knots, bits, seconds)
