"""Contacts of a station's ends over a span, with rates: what plans of contacts and of antennas are made from."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from moonstation.errors import RequestError
from moonstation.formats.products import resolve_terrain
from moonstation.links.contacts import AMONG, HOMEWARD, KINDS, Contact, contacts_frame, find_contacts
from moonstation.links.pairs import SurfaceAntenna
from moonstation.links.plan import ContactPlan, PlannedContact
from moonstation.links.rates import planned_contacts, radios_by_end, rate_origin
from moonstation.links.surface import LineOfSight, line_of_sight
from moonstation.links.tracks import Tracks
from moonstation.orbits.propagation import Trajectory
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Station
from moonstation.study.flights import Flights
from moonstation.study.ground import Ground, site_grounds, terrain_notes
from moonstation.terrain.elevation import ElevationModel

Progress = Callable[[str, float], None]

USUAL_RATES = "rss"
"""What rates rest on unless the user says otherwise."""

CASE_WORDS = {
    "nominal": "nominal values",
    "rss": "less the root of the sum of squares of all tolerances",
    "worst": "less the sum of all tolerances",
}

COARSE = 1000.0
"""Pixels above which a line between masts is indicative only [m]: hills hide between them."""


@dataclass(frozen=True, eq=False)
class LinkContacts:
    """Windows of a station's links over a span.

    Attributes
    ----------
    station : Station
        The station.
    start, stop : Epoch
        The span.
    contacts : list of Contact
        Windows of all pairs of the kinds asked for.
    sights : dict of (str, str) to LineOfSight
        Lines between sites, where these were asked for.
    notes : list of str
        What has to be said beside the figures.
    antennas : dict of str to SurfaceAntenna
        Antennas of the sites, where contacts of sites were asked for.
    trajectories : dict of str to Trajectory
        Motion of the orbiters, where theirs were.
    """

    station: Station
    start: Epoch
    stop: Epoch
    contacts: list[Contact]
    sights: dict[tuple[str, str], LineOfSight]
    notes: list[str]
    antennas: dict[str, SurfaceAntenna]
    trajectories: dict[str, Trajectory]

    def planned(
        self,
        rates: str = USUAL_RATES,
        *,
        contacts: Iterable[Contact] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> list[PlannedContact]:
        """All that can be sent, piece by piece in times of sending; nothing where no link closes.

        Parameters
        ----------
        rates : str
            One of `moonstation.links.rates.RATES`: by budgets in a case, where radios meet, or fixed ones alone.
        contacts : iterable of Contact, optional
            Only these; all if not given.
        progress : callable, optional
            Called with the share of the pairs done, 0 to 1.
        """
        return planned_contacts(
            self.station,
            self.contacts if contacts is None else contacts,
            antennas=self.antennas,
            trajectories=self.trajectories,
            stations={spec.id: spec.station() for spec in self.station.ground_stations},
            tracks=Tracks(self.start.tdb_s, self.stop.tdb_s),
            case=rates,
            progress=progress,
        )

    def plan(self, rates: str = USUAL_RATES) -> ContactPlan:
        """The contact plan, in TDB seconds past J2000."""
        station = self.station
        nodes = [part.id for part in (*station.sites, *station.orbiters, *station.ground_stations)]
        return ContactPlan.of(self.planned(rates), nodes=nodes)


def link_span(station: Station, start: str | None, days: float | None) -> tuple[Epoch, Epoch]:
    """First and last instant asked for, the station's where none is given.

    Raises
    ------
    RequestError, TimeError, CoverageError
        If they make no sense or the kernels do not reach over them.
    """
    first = station.start if start is None else Epoch.parse(start)
    length = station.span if days is None else days * 86_400.0
    if not (np.isfinite(length) and 60.0 <= length <= 5e9):
        raise RequestError(f"--days {length / 86_400.0:g}: give between a minute and what the kernels cover")
    default_ephemeris().require(first.tdb_s, first.tdb_s + length)
    return first, first + length


def station_contacts(
    station: Station,
    first: Epoch,
    last: Epoch,
    *,
    kinds: Collection[str] = HOMEWARD,
    progress: Progress | None = None,
) -> LinkContacts:
    """Find the contacts of a station.

    Parameters
    ----------
    station : Station
        As loaded.
    first, last : Epoch
        Span.
    kinds : collection of str
        Which of `moonstation.links.contacts.KINDS`.
    progress : callable, optional
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    MoonstationError
        If something of the station cannot be used; says what and the cure.
    """

    def tell(stage: str, share: float) -> None:
        if progress is not None:
            progress(stage, share)

    from_site = any("site" in kind for kind in kinds)
    flying = station.orbiters if any("orbiter" in kind for kind in kinds) else []
    with Flights(flying, start=first, stop=last) as flights:
        grounds: dict[str, Ground] = {}
        if from_site:
            grounds = site_grounds(station, progress=lambda share: tell("terrain and horizons", 0.3 * share))
        flown = flights.flown(lambda share: tell("orbits", 0.3 + 0.4 * share)) if flying else {}
    sights = _sights(station, grounds) if "site-site" in kinds else {}
    antennas = {
        spec.id: SurfaceAntenna(grounds[spec.id].site, grounds[spec.id].horizon, spec.height)
        for spec in station.sites
        if from_site
    }
    trajectories = {name: flight.trajectory for name, flight in flown.items()}
    found = find_contacts(
        antennas,
        trajectories,
        {spec.id: spec.station() for spec in station.ground_stations},
        start=first.tdb_s,
        stop=last.tdb_s,
        kinds=kinds,
        sights=sights,
        progress=lambda share: tell("contacts", 0.7 + 0.3 * share),
    )
    notes = terrain_notes(grounds)
    return LinkContacts(station, first, last, found, sights, notes, antennas, trajectories)


def _sights(station: Station, grounds: dict[str, Ground]) -> dict[tuple[str, str], LineOfSight]:
    """Lines between all sites over the terrain that they name, the packaged grid beneath it."""
    sights = {}
    for a, b in permutations(station.sites, 2):
        files = list(dict.fromkeys(resolve_terrain([*a.terrain, *b.terrain])))
        model = (
            ElevationModel.from_files(files, around=[(a.lat_deg, a.lon_deg), (b.lat_deg, b.lon_deg)])
            if files
            else ElevationModel.packaged()
        )
        ends = grounds[a.id].site, grounds[b.id].site
        sights[a.id, b.id] = line_of_sight(*ends, heights=(a.height, b.height), model=model)
    return sights


def chosen(
    contacts: Iterable[Contact], *, from_id: str | None = None, to_id: str | None = None
) -> list[Contact]:
    """Contacts from one end, to one end, or both."""
    return [c for c in contacts if from_id in (None, c.from_id) and to_id in (None, c.to_id)]


def kinds_of(names: Iterable[str], *, both_ways: bool) -> list[str]:
    """Kinds asked for; those towards the Earth and among equals if none is named, with the way back if wanted.

    Raises
    ------
    RequestError
        If a kind is unknown.
    """
    wanted = list(names)
    for name in wanted:
        if name not in KINDS:
            raise RequestError(f"--kind {name}: is unknown; give one of {', '.join(KINDS)}")
    if not wanted:
        wanted = [*HOMEWARD, *AMONG]
    if both_ways:
        wanted += ["-".join(reversed(kind.split("-"))) for kind in wanted]
    return list(dict.fromkeys(wanted))


def windows_table(contacts: list[Contact], planned: list[PlannedContact]) -> pd.DataFrame:
    """Windows with what can be sent in each: the columns of `contacts_frame`, rate, volume and light time.

    Returns
    -------
    pandas.DataFrame
        With ``rate_mean_bps`` (over the window), ``volume_bit`` and ``light_time_s``, in the order of `contacts_frame`.
    """
    pieces: dict[tuple[str, str], list[PlannedContact]] = {}
    for piece in planned:
        pieces.setdefault((piece.from_id, piece.to_id), []).append(piece)
    starts = {pair: np.array([p.start + p.owlt for p in sorted(some)]) for pair, some in pieces.items()}
    sums = {
        pair: np.r_[0.0, np.cumsum([p.rate * (p.stop - p.start) for p in sorted(some)])]
        for pair, some in pieces.items()
    }
    rows = sorted(contacts, key=lambda c: (c.start, c.kind, c.from_id, c.to_id))
    volume = np.zeros(len(rows))
    for i, c in enumerate(rows):
        if (c.from_id, c.to_id) in pieces:
            # a piece belongs to the window in which it begins; a second of slack for its light time
            a, b = np.searchsorted(starts[c.from_id, c.to_id], [c.start - 1.0, c.stop - 1e-3])
            volume[i] = sums[c.from_id, c.to_id][b] - sums[c.from_id, c.to_id][a]
    frame = contacts_frame(rows)
    long = np.maximum(frame["duration_s"].to_numpy(), 1e-3)
    return frame.assign(
        rate_mean_bps=np.round(volume / long, 1),
        volume_bit=np.round(volume),
        light_time_s=np.round([c.light_time for c in rows], 4),
    )


def totals_table(windows: pd.DataFrame, run: LinkContacts, rates: str = USUAL_RATES) -> pd.DataFrame:
    """Totals by pair, in the order of kinds and of the station file.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``from``, ``to``, ``windows``, ``total_s``, ``longest_s``, ``volume_bit``, ``share`` (of the span),
        ``rate_from`` (where the rate comes from, in words).
    """
    groups = windows.groupby(["kind", "from", "to"], sort=False)
    table = groups.agg(
        windows=("duration_s", "size"),
        total_s=("duration_s", "sum"),
        longest_s=("duration_s", "max"),
        volume_bit=("volume_bit", "sum"),
    ).reset_index()
    table["share"] = table["total_s"] / (run.stop - run.start)
    station = run.station
    radios = radios_by_end(station)
    table["rate_from"] = [
        rate_origin(station, a, b, radios=radios, case=rates).words
        for a, b in zip(table["from"], table["to"], strict=True)
    ]
    ends = [part.id for part in (*station.sites, *station.orbiters, *station.ground_stations)]
    place = {name: number for number, name in enumerate([*KINDS, *ends])}
    order = table[["kind", "from", "to"]].map(place.__getitem__)
    return table.loc[order.sort_values(["kind", "from", "to"]).index].reset_index(drop=True)


def rate_words(run: LinkContacts, rates: str) -> list[str]:
    """What the rates of a station's links rest on; `totals_table` tells it pair by pair."""
    radios = radios_by_end(run.station)
    pairs: dict[str, list[str]] = {}
    for a, b in dict.fromkeys((contact.from_id, contact.to_id) for contact in run.contacts):
        words = rate_origin(run.station, a, b, radios=radios, case=rates).words
        pairs.setdefault(words.partition(",")[0], []).append(f"{a} to {b}")
    lines = []
    for words, named in pairs.items():
        some = f"{', '.join(named[:3])} and {len(named) - 3} more" if len(named) > 4 else ", ".join(named)
        if words == "budget":
            lines.append(f"rates by link budgets, {CASE_WORDS[rates]}, for {len(named)} pairs")
        elif words in ("earth_rate", "relay_rate"):
            lines.append(f"rates fixed by {words} of the station file: {some}")
        else:
            lines.append(f"{words}: {some}")
    return lines


def sight_words(run: LinkContacts) -> list[str]:
    """How sites see each other, a line a pair."""
    words = []
    for (a, b), sight in run.sights.items():
        if (b, a) in run.sights and a > b:
            continue
        coarse = ", so indicative only" if sight.resolution > COARSE else ""
        where = f"{sight.where / 1e3:.1f} km from {a}"
        words.append(
            f"{a} and {b}, {sight.distance / 1e3:.1f} km apart: the line between their masts "
            + (
                f"clears the ground by {sight.clearance:.0f} m at least, {where}"
                if sight.clear
                else f"is blocked, the ground stands {-sight.clearance:.0f} m above it {where}"
            )
            + f" (terrain of {sight.resolution:.0f} m pixels{coarse})"
        )
    return words
