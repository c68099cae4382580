"""What the links of a study carry: rates by budgets where radios meet, by step, and the budget of the worst contact."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.links.budget import Budget
from moonstation.links.contacts import Contact, SurfaceAntenna
from moonstation.links.geometry import End, Geometry, link_geometry, make_ends
from moonstation.links.plan import PlannedContact
from moonstation.links.radio_links import LinkTerms, link_budget
from moonstation.links.rates import RateOrigin, fixed_rate_contacts, radios_by_end, rate_origin, rate_profile
from moonstation.links.terminals import Terminal, hindrance
from moonstation.links.tracks import Tracks
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.events import union
from moonstation.station.model import Station

CASE = "rss"
"""Case of the budgets that a study goes by: less the root of the sum of squares of all tolerances."""

LONGEST_SAMPLE = 600.0
"""Longest time between two samples of a rate [s]: between them the lower of both holds."""

SNAP = 1.0
"""Rates begin and end with their contact where they do within this [s]: light times are kept by the piece."""

SAMPLES = 200
"""Moments of a contact of which the worst is looked for."""

KINDS = ("site-ground", "site-orbiter", "orbiter-ground")


@dataclass(frozen=True, eq=False)
class WorstContact:
    """The budget of the contact that carries least in its time, of all contacts of a kind.

    Attributes
    ----------
    kind : str
        "site-ground", "site-orbiter" or "orbiter-ground".
    contact : Contact
        The contact.
    sender, receiver : Terminal
        The pair of radios that is fastest at its worst moment.
    geometry : Geometry
        At that moment.
    budget : Budget
        At that moment.
    rate : float
        Best rate at that moment [bit/s]; 0 where none keeps its margin.
    mean_rate : float
        Over the contact [bit/s].
    """

    kind: str
    contact: Contact
    sender: Terminal
    receiver: Terminal
    geometry: Geometry
    budget: Budget
    rate: float
    mean_rate: float


@dataclass(frozen=True, eq=False)
class LinkRates:
    """What the links of a study carry.

    Attributes
    ----------
    planned : list of PlannedContact
        All that can be sent, piece by piece in times of sending.
    origins : dict of (str, str) to RateOrigin
        Where the rate of each pair comes from.
    closing : dict of (str, str) to (n, 2) array
        Of pairs whose rates come from budgets, or whose radios do not meet: when something can be sent.
    ground : dict of str to (n,) array
        What an element with radios, or an orbiter, could send to the ground in each step, over the best link at each
        moment [bit].
    relay : dict of (str, str) to (n,) array
        The same of an element to a relay.
    worst : list of WorstContact
        By kind, where budgets are known.
    """

    planned: list[PlannedContact]
    origins: dict[tuple[str, str], RateOrigin]
    closing: dict[tuple[str, str], FloatArray]
    ground: dict[str, FloatArray]
    relay: dict[tuple[str, str], FloatArray]
    worst: list[WorstContact]


def link_rates(
    station: Station,
    contacts: Sequence[Contact],
    *,
    et: FloatArray,
    step: float,
    antennas: Mapping[str, SurfaceAntenna],
    trajectories: Mapping[str, Trajectory],
    stations: Mapping[str, GroundStation],
    progress: Callable[[float], None] | None = None,
) -> LinkRates:
    """Rates of all contacts of a study.

    Parameters
    ----------
    station : Station
        Radios and fixed rates.
    contacts : sequence of Contact
        Over the whole span.
    et : (n,) array
        Begins of the steps, TDB seconds past J2000.
    step : float
        Their length [s].
    antennas, trajectories, stations : mapping
        As given to `moonstation.links.contacts.find_contacts`.
    progress : callable, optional
        Called with the share of the pairs done, 0 to 1.
    """
    edges = np.append(et, et[-1] + step)
    tracks = Tracks(float(edges[0]), float(edges[-1]))
    ends = make_ends(tracks, antennas=antennas, trajectories=trajectories, stations=stations)
    radios = radios_by_end(station)
    elements = {element.id for element in station.elements}
    carrier = {radio.id: radio.on for radio in station.radios if radio.on in elements}
    grounds = {spec.id for spec in station.ground_stations}
    pairs: dict[tuple[str, str], list[Contact]] = {}
    for contact in contacts:
        pairs.setdefault((contact.from_id, contact.to_id), []).append(contact)
    found = LinkRates([], {}, {}, {}, {}, [])
    to_ground: dict[str, list[PlannedContact]] = {}
    slowest: dict[str, tuple[float, Contact]] = {}
    sample = min(step, LONGEST_SAMPLE)
    for done, ((a, b), held) in enumerate(pairs.items()):
        origin = found.origins[a, b] = rate_origin(station, a, b, radios=radios, case=CASE)
        windows = np.array([(c.start, c.stop) for c in held], dtype=np.float64)
        if origin.by_budget:
            whole: list[PlannedContact] = []
            for who, some in _by_carrier(radios[a], carrier, a).items():
                if not _meet(some, radios[b]):
                    continue
                pieces = rate_profile(
                    some, radios[b], windows, ends=ends, tracks=tracks, case=CASE, step=sample
                )
                whole += pieces
                if b in grounds:
                    to_ground.setdefault(who, []).extend(pieces)
                else:
                    found.relay[who, b] = _volumes(pieces, edges)
            if len(_by_carrier(radios[a], carrier, a)) > 1:
                whole = rate_profile(
                    radios[a], radios[b], windows, ends=ends, tracks=tracks, case=CASE, step=sample
                )
            found.planned.extend(whole)
            found.closing[a, b] = _closing(held, whole)
            _note_slowest(slowest, held, whole)
        elif origin.rate > 0.0:
            found.planned.extend(fixed_rate_contacts(origin.rate, ends[a], ends[b], windows, tracks=tracks))
        elif origin.unmet:
            found.closing[a, b] = np.empty((0, 2))
        if progress is not None:
            progress((done + 1) / len(pairs))
    found.ground.update({who: _volumes(pieces, edges) for who, pieces in to_ground.items()})
    found.worst.extend(
        _worst(kind, *slowest[kind], radios=radios, ends=ends, tracks=tracks)
        for kind in KINDS
        if kind in slowest
    )
    return found


def _by_carrier(
    radios: Iterable[Terminal], carrier: Mapping[str, str], end: str
) -> dict[str, list[Terminal]]:
    """Radios of an end by the element that carries them; by the end itself where none does."""
    groups: dict[str, list[Terminal]] = {}
    for terminal in radios:
        groups.setdefault(carrier.get(terminal.radio.id, end), []).append(terminal)
    return groups


def _meet(some: Iterable[Terminal], others: Sequence[Terminal]) -> bool:
    return any(not hindrance(one, other) for one in some for other in others)


def _volumes(pieces: Sequence[PlannedContact], edges: FloatArray) -> FloatArray:
    """What one sender can send between edges [bit], over the fastest of its receivers at each moment."""
    by_receiver: dict[str, list[PlannedContact]] = {}
    for piece in pieces:
        by_receiver.setdefault(piece.to_id, []).append(piece)
    knots = np.unique(
        [moment for piece in pieces for moment in (piece.start + piece.owlt, piece.stop + piece.owlt)]
    )
    if knots.size < 2:
        return np.zeros(edges.size - 1)
    middle = 0.5 * (knots[1:] + knots[:-1])
    best = np.zeros(middle.size)
    for some in by_receiver.values():
        row = np.array(
            sorted((piece.start + piece.owlt, piece.stop + piece.owlt, piece.rate) for piece in some)
        )
        at = np.searchsorted(row[:, 0], middle, side="right") - 1
        inside = (at >= 0) & (middle < row[np.maximum(at, 0), 1])
        best = np.maximum(best, np.where(inside, row[np.maximum(at, 0), 2], 0.0))
    sent = np.concatenate([[0.0], np.cumsum(best * np.diff(knots))])
    return np.asarray(np.diff(np.interp(edges, knots, sent)))


def _closing(contacts: Sequence[Contact], pieces: Sequence[PlannedContact]) -> FloatArray:
    """When something can be sent within contacts, times of reception, shape (n, 2)."""
    spans = np.array(sorted((piece.start + piece.owlt, piece.stop + piece.owlt) for piece in pieces)).reshape(
        -1, 2
    )
    if not spans.size:
        return np.empty((0, 2))
    # pieces that follow each other are apart by what their light times differ
    spans[:, 1] += SNAP
    joined = union([spans])
    joined[:, 1] -= SNAP
    for column, known in enumerate(
        zip(*((contact.start, contact.stop) for contact in contacts), strict=True)
    ):
        near = _nearest(np.sort(known), joined[:, column])
        joined[:, column] = np.where(np.abs(near - joined[:, column]) <= SNAP, near, joined[:, column])
    return joined


def _nearest(known: FloatArray, moments: FloatArray) -> FloatArray:
    """The nearest of some sorted moments to each of others."""
    after = np.clip(np.searchsorted(known, moments), 0, known.size - 1)
    before = np.maximum(after - 1, 0)
    return np.where(
        np.abs(known[before] - moments) < np.abs(known[after] - moments), known[before], known[after]
    )


def _note_slowest(
    slowest: dict[str, tuple[float, Contact]], contacts: Sequence[Contact], pieces: Sequence[PlannedContact]
) -> None:
    """Keep the contact with the lowest mean rate of each kind; of equals the first."""
    rows = sorted((piece.start + piece.owlt, piece.rate * (piece.stop - piece.start)) for piece in pieces)
    begins = np.array([row[0] for row in rows])
    sums = np.concatenate([[0.0], np.cumsum([row[1] for row in rows])])
    for contact in contacts:
        first, last = np.searchsorted(begins, [contact.start - SNAP, contact.stop - 1e-3])
        mean = float(sums[last] - sums[first]) / max(contact.duration, 1e-3)
        if contact.kind not in slowest or mean < slowest[contact.kind][0] * (1.0 - 1e-9):
            slowest[contact.kind] = (mean, contact)


def _worst(
    kind: str,
    mean: float,
    contact: Contact,
    *,
    radios: Mapping[str, Sequence[Terminal]],
    ends: Mapping[str, End],
    tracks: Tracks,
) -> WorstContact:
    """The budget of a contact at the moment of its weakest signal."""
    a, b = ends[contact.from_id], ends[contact.to_id]
    moments = np.linspace(contact.start, contact.stop, SAMPLES)
    geometry = link_geometry(tracks, a, b, moments)
    terms = LinkTerms(a, b, geometry)
    found = []
    for one in radios[a.id]:
        for other in radios[b.id]:
            if not hindrance(one, other):
                budget = link_budget(one, other, terms)
                found.append((budget.best(CASE)[0], budget, one, other))
    fastest = np.max([rates for rates, *_ in found], axis=0)
    # of moments with the same lowest rate, the one with the weakest signal
    lowest = fastest <= fastest.min() * (1.0 + 1e-9)
    rates, budget, one, other = max(found, key=lambda row: float(row[0][lowest].mean()))
    at = int(np.flatnonzero(lowest)[np.argmin(budget.density_in(CASE)[lowest])])
    here = link_geometry(tracks, a, b, moments[at : at + 1])
    return WorstContact(
        kind,
        contact,
        one,
        other,
        here,
        link_budget(one, other, LinkTerms(a, b, here)),
        float(rates[at]),
        mean,
    )
