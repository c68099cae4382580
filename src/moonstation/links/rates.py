"""Rates through contacts: from budgets, or as a station file fixes them, to contacts of a plan, each with one rate.

The rate of a contact follows its budget in the steps that the radio can send. Between two samples the lower rate of
both holds, so that no moment is promised more than it has (as long as the rate turns only once in between).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import SPEED_OF_LIGHT
from moonstation.errors import RequestError
from moonstation.links.budget import CASES
from moonstation.links.contacts import Contact, SurfaceAntenna
from moonstation.links.geometry import End, link_geometry, make_ends
from moonstation.links.plan import PlannedContact
from moonstation.links.radio_links import LinkTerms, link_budget
from moonstation.links.terminals import Terminal, hindrance, terminals
from moonstation.links.tracks import Tracks
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation
from moonstation.station.model import Station

SAMPLE_STEP = 60.0
"""Longest time between samples of a rate [s]."""

RATES = (*CASES, "fixed")
"""What rates rest on: a case of the budgets, or the fixed rates of the station file alone."""

MOST_SAMPLES = 2_000_000
"""Samples of one pair that are computed at a time."""


def rate_profile(
    sender: Terminal | Sequence[Terminal],
    receiver: Terminal | Sequence[Terminal],
    windows: FloatArray,
    *,
    ends: Mapping[str, End],
    tracks: Tracks,
    case: str = "rss",
    step: float = SAMPLE_STEP,
) -> list[PlannedContact]:
    """Pieces of contacts with one rate each, ready for `moonstation.links.plan.ContactPlan.of`.

    Parameters
    ----------
    sender, receiver : Terminal or sequence of Terminal
        The radios at either end. Of several pairs that meet, the fastest is used at each moment.
    windows : (n, 2) array
        Contacts between the ends: begins and ends of reception, TDB seconds past J2000, apart from each other.
    ends : mapping of str to End
        As of `moonstation.links.geometry.make_ends`.
    tracks : Tracks
        Motions over a span that holds the windows.
    case : str
        "nominal", "rss" or "worst": of which case the rate must keep its margin.
    step : float
        Longest time between samples [s].

    Returns
    -------
    list of PlannedContact
        In the order of time; times are those of sending. Where no rate is kept there is none.

    Raises
    ------
    RequestError
        If no two of the radios meet; says why.
    """
    senders = [sender] if isinstance(sender, Terminal) else list(sender)
    receivers = [receiver] if isinstance(receiver, Terminal) else list(receiver)
    pairs = [(a, b) for a in senders for b in receivers if not hindrance(a, b)]
    if not pairs:
        reasons = dict.fromkeys(hindrance(a, b) for a in senders for b in receivers)
        raise RequestError(f"no two radios meet: {' / '.join(reasons) or 'there is none'}")
    if not step > 0.0:
        raise RequestError(f"step {step:g} s between samples of a rate: give more than 0 s")
    from_end, to_end = ends[pairs[0][0].end], ends[pairs[0][1].end]
    found: list[PlannedContact] = []
    for part in _parts(np.asarray(windows, dtype=np.float64).reshape(-1, 2), step):
        et, owner = _samples(part, step)
        geometry = link_geometry(tracks, from_end, to_end, et)
        terms = LinkTerms(from_end, to_end, geometry)
        rate = np.max([link_budget(a, b, terms).best(case)[0] for a, b in pairs], axis=0)
        found += _pieces(et, owner, rate, geometry.distance, from_end.id, to_end.id)
    return found


def planned_contacts(
    station: Station,
    contacts: Iterable[Contact],
    *,
    antennas: Mapping[str, SurfaceAntenna],
    trajectories: Mapping[str, Trajectory],
    stations: Mapping[str, GroundStation],
    tracks: Tracks,
    case: str = "rss",
    step: float = SAMPLE_STEP,
    both_ways: bool = False,
    progress: Callable[[float], None] | None = None,
) -> list[PlannedContact]:
    """Contacts of a station with rates: by the budgets of its radios, else by its fixed rates.

    Where both ends have radios that meet, the budget gives the rate. Where an end has no radio of its own, the fixed
    rates hold: `earth_rate` of the best element or of the orbiter to ground, and `relay_rate` of the best element, no
    more than that of the orbiter, to a relay. Pairs with neither carry nothing and are left out.

    Parameters
    ----------
    station : Station
        Radios and fixed rates.
    contacts : iterable of Contact
        As of `moonstation.links.contacts.find_contacts`.
    antennas, trajectories, stations : mapping
        As given to it.
    tracks : Tracks
        Over the same span.
    case : str
        One of `RATES`: the case of the budgets, or "fixed" to use fixed rates alone.
    step : float
        Longest time between samples of a rate [s].
    both_ways : bool
        Whether the way back from the second end of a contact to the first is planned as well, by budgets only. Its
        window is that of the way out.
    progress : callable, optional
        Called with the share of the pairs done, 0 to 1.

    Returns
    -------
    list of PlannedContact
        Of all pairs; times are those of sending.
    """
    ends = make_ends(tracks, antennas=antennas, trajectories=trajectories, stations=stations)
    radios = radios_by_end(station)
    pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for contact in contacts:
        pairs.setdefault((contact.from_id, contact.to_id), []).append((contact.start, contact.stop))
    found: list[PlannedContact] = []
    for done, ((a, b), spans) in enumerate(pairs.items()):
        windows = np.array(sorted(spans), dtype=np.float64)
        ways = [(a, b), (b, a)] if both_ways else [(a, b)]
        for first, second in ways:
            origin = rate_origin(station, first, second, radios=radios, case=case)
            if origin.by_budget:
                some, others = radios[first], radios[second]
                found += rate_profile(some, others, windows, ends=ends, tracks=tracks, case=case, step=step)
            elif origin.rate > 0.0 and (first, second) == (a, b):
                found += fixed_rate_contacts(origin.rate, ends[a], ends[b], windows, tracks=tracks)
        if progress is not None:
            progress((done + 1) / len(pairs))
    return found


@dataclass(frozen=True)
class RateOrigin:
    """Where the rate of a pair comes from.

    Attributes
    ----------
    by_budget : bool
        Whether link budgets give it.
    rate : float
        The fixed rate where they do not [bit/s]; 0 where nothing can be sent.
    words : str
        The same in words: "budget, X" with the bands, the key of the fixed rate, or why there is none.
    unmet : bool
        Whether both ends have radios, but none that meet.
    """

    by_budget: bool
    rate: float
    words: str
    unmet: bool = False


def rate_origin(
    station: Station,
    sender: str,
    receiver: str,
    *,
    radios: Mapping[str, Sequence[Terminal]],
    case: str = "rss",
) -> RateOrigin:
    """Where the rate from one end of a station to another comes from.

    Budgets hold where two radios of the ends meet. Where an end (but a ground station) has no radio, `earth_rate` and
    `relay_rate` of the station file hold; two ends with radios that do not meet have no rate.

    Parameters
    ----------
    station : Station
        The station.
    sender, receiver : str
        The ends, by id.
    radios : mapping of str to sequence of Terminal
        Radios by end, see `radios_by_end`.
    case : str
        One of `RATES`.
    """
    if case != "fixed":
        pairs = [(a, b) for a in radios.get(sender, ()) for b in radios.get(receiver, ())]
        bands = dict.fromkeys(a.radio.band for a, b in pairs if not hindrance(a, b))
        if bands:
            return RateOrigin(True, 0.0, f"budget, {'/'.join(bands)}")
        grounds = {spec.id for spec in station.ground_stations}
        if all(end in grounds or end in radios for end in (sender, receiver)):
            return RateOrigin(False, 0.0, "radios do not meet", unmet=True)
    rate, key = _fixed_rate(station, sender, receiver)
    return RateOrigin(False, rate, key if rate > 0.0 else "no rate given")


def radios_by_end(station: Station) -> dict[str, list[Terminal]]:
    """Radios of a station by the end that they stand at."""
    radios: dict[str, list[Terminal]] = {}
    for terminal in terminals(station):
        radios.setdefault(terminal.end, []).append(terminal)
    return radios


def fixed_rate_contacts(
    rate: float, sender: End, receiver: End, windows: FloatArray, *, tracks: Tracks
) -> list[PlannedContact]:
    """Contacts at one rate [bit/s], with the light time of each."""
    edges = np.asarray(windows, dtype=np.float64)
    distance = link_geometry(tracks, sender, receiver, edges.ravel()).distance.reshape(-1, 2)
    light = distance / SPEED_OF_LIGHT
    sent = edges - light
    return [
        PlannedContact(sender.id, receiver.id, start, stop, rate, owlt)
        for (start, stop), owlt in zip(sent.tolist(), light.mean(axis=1).tolist(), strict=True)
        if stop > start
    ]


def _fixed_rate(station: Station, sender: str, receiver: str) -> tuple[float, str]:
    """Rate of a pair by the keys of a station file [bit/s], and the key; 0 where they give none.

    A site sends at the best `earth_rate` or `relay_rate` of its elements, to an orbiter at no more than the orbiter's
    `relay_rate`; an orbiter sends at its `earth_rate`. From the Earth, among orbiters and among sites there is none.
    """
    orbiters = {orbiter.id: orbiter for orbiter in station.orbiters}
    to_ground = any(spec.id == receiver for spec in station.ground_stations)
    elements = [element for element in station.elements if element.site == sender]
    if to_ground and sender in orbiters:
        return orbiters[sender].earth_rate, "earth_rate"
    if to_ground:
        return max((element.earth_rate for element in elements), default=0.0), "earth_rate"
    if receiver in orbiters and orbiters[receiver].relay:
        best = max((element.relay_rate for element in elements), default=0.0)
        return min(best, orbiters[receiver].relay_rate), "relay_rate"
    return 0.0, ""


def _parts(windows: FloatArray, step: float) -> Iterable[FloatArray]:
    """Windows in groups that hold no more than `MOST_SAMPLES` samples."""
    count = np.cumsum(np.ceil((windows[:, 1] - windows[:, 0]) / step) + 1.0)
    group = (count // MOST_SAMPLES).astype(np.int64)
    return [windows[group == k] for k in np.unique(group)]


def _samples(windows: FloatArray, step: float) -> tuple[FloatArray, FloatArray]:
    """Samples of all windows one after the other, their edges included, and the window of each."""
    rows = np.maximum(2, np.ceil((windows[:, 1] - windows[:, 0]) / step).astype(np.int64) + 1)
    owner = np.repeat(np.arange(rows.size), rows)
    place = np.arange(owner.size) - np.repeat(np.cumsum(rows) - rows, rows)
    share = place / (rows[owner] - 1)
    return windows[owner, 0] * (1.0 - share) + windows[owner, 1] * share, owner.astype(np.float64)


def _pieces(
    et: FloatArray, owner: FloatArray, rate: FloatArray, distance: FloatArray, from_id: str, to_id: str
) -> list[PlannedContact]:
    """Runs of equal rate between samples, as contacts of a plan."""
    light = distance / SPEED_OF_LIGHT
    within = owner[1:] == owner[:-1]
    held = np.where(within, np.minimum(rate[1:], rate[:-1]), 0.0)
    new = np.r_[True, (held[1:] != held[:-1]) | (owner[1:-1] != owner[:-2]) | ~within[1:]]
    first = np.flatnonzero(new)
    last = np.r_[first[1:], held.size]
    keep = held[first] > 0.0
    first, last = first[keep], last[keep]
    sent = et - light
    return [
        PlannedContact(from_id, to_id, start, stop, bits, owlt)
        for start, stop, bits, owlt in zip(
            sent[first].tolist(),
            sent[last].tolist(),
            held[first].tolist(),
            # the longest on the way, so that nothing is promised before it arrives
            [float(light[a : b + 1].max()) for a, b in zip(first.tolist(), last.tolist(), strict=True)],
            strict=True,
        )
        if stop > start
    ]
