"""What each partner brings: one row for each element, orbiter, ground station, mission and launcher of a station."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from moonstation.errors import RequestError
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.station.catalogues import nearest
from moonstation.station.elements import Element
from moonstation.station.model import GroundStationSpec, Orbiter, Station
from moonstation.station.prices import Price

KINDS = ("element", "orbiter", "ground station", "mission", "launcher")

NOBODY = ""
"""Partner of what no partner brings, such as antennas that a station hires."""

MONTH_HOURS = 656
"""Hours over which the Moon is watched from an antenna: 27.32 d, once around the Earth."""

WEEK = 7 * 86_400.0


@dataclass(frozen=True)
class Holding:
    """Something that a station has, and whose it is.

    Attributes
    ----------
    id, name : str
        Of the part.
    kind : str
        One of `KINDS`.
    partner : str
        Whose it is; `NOBODY` where no partner is named.
    level : str
        Level of cooperation, "A" to "E"; "" if not stated.
    confidence : str
        How well that level is known; "" if not said.
    mass : float
        Landed mass of an element [kg]; 0 for all else; nan if not known.
    cost : Price or None
        Of the part, or of one launch; None if not given.
    """

    id: str
    name: str
    kind: str
    partner: str
    level: str
    confidence: str
    mass: float
    cost: Price | None


def holdings(station: Station) -> list[Holding]:
    """Everything that a station has, kind by kind, in the order of its file.

    A launcher belongs to the partner that contributes it, a mission to the partner that flies it, or that contributes
    its launcher.
    """
    brought = {
        (name, row.partner): (row.level or "", _confidence(station, row.id))
        for row in station.contributions
        for name in row.of
    }

    def of(kind: str, part: object, partner: str, mass: float = 0.0, cost: Price | None = None) -> Holding:
        part_id, name = str(getattr(part, "id")), str(getattr(part, "name"))  # noqa: B009
        level, confidence = brought.get((part_id, partner), ("", ""))
        return Holding(part_id, name, kind, partner, level, confidence, mass, cost)

    rockets = launcher_owners(station)
    flyers = mission_owners(station)
    return [
        *(
            of("element", e, e.partner, e.mass if "mass" in e.model_fields_set else math.nan, e.cost)
            for e in station.elements
        ),
        *(of("orbiter", o, o.partner, cost=o.cost) for o in station.orbiters),
        *(of("ground station", g, g.partner) for g in station.ground_stations),
        *(of("mission", m, flyers[m.id]) for m in station.missions),
        *(of("launcher", r, rockets.get(r.id, NOBODY)) for r in station.launchers),
    ]


def _confidence(station: Station, contribution: str) -> str:
    known = station.provenance.get(f"contribution.{contribution}.level")
    return known.confidence if known is not None else ""


def bearers(station: Station) -> list[Element | Orbiter]:
    """What functions can need: elements and orbiters."""
    return [*station.elements, *station.orbiters]


def launcher_owners(station: Station) -> dict[str, str]:
    """Partner of each launcher that one contributes, by the launcher's id."""
    rockets = {rocket.id for rocket in station.launchers}
    return {name: row.partner for row in station.contributions for name in row.of if name in rockets}


def mission_owners(station: Station) -> dict[str, str]:
    """Partner of each mission: that which flies it, else that of its launcher, else `NOBODY`."""
    rockets = launcher_owners(station)
    return {m.id: m.partner or rockets.get(m.launched_by, NOBODY) for m in station.missions}


def require_partner(station: Station, partner: str, key: str) -> str:
    """Refuse a partner that the station does not have; gives its id back.

    Raises
    ------
    RequestError
        Naming the key and the partner that may have been meant.
    """
    known = [row.id for row in station.partners]
    if partner not in known:
        cure = nearest(partner, known) or f'; add [[partner]] with id = "{partner[:64]}" to the station file'
        raise RequestError(f"{key} {partner}: station {station.id} has no such partner{cure}")
    return partner


def bringing(station: Station) -> list[str]:
    """Partners that bring anything at all, in the order of the file."""
    busy = {holding.partner for holding in holdings(station)}
    busy |= {row.partner for row in station.contributions if row.cost is not None}
    return [partner.id for partner in station.partners if partner.id in busy]


def watch_share(antenna: GroundStationSpec, start: Epoch) -> float:
    """Share of a month in which the Moon's centre stands above the mask of an antenna, 0 to 1.

    Hour by hour; refraction is not counted.
    """
    et = start.tdb_s + 3600.0 * np.arange(MONTH_HOURS)
    place = antenna.station()
    turn = EarthRotation().rotation_itrs_to_gcrs(et)
    sight = default_ephemeris().position_icrf("moon", et, center="earth") - turn @ place.r_itrs
    sine = np.sum(sight * (turn @ place.zenith_itrs), axis=1) / np.linalg.norm(sight, axis=1)
    return float(np.mean(sine > math.sin(math.radians(place.mask_deg))))


def antenna_time(antennas: Iterable[GroundStationSpec], start: Epoch) -> float:
    """Time of antennas with the Moon above their mask, in a week [s]; each dish counts."""
    return sum(antenna.dishes * WEEK * watch_share(antenna, start) for antenna in antennas)
