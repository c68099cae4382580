"""Orbits that a relay may fly, by family, with what each costs to reach and to keep."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from moonstation.constants import MOON_RADIUS
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.batches import Survey, survey_orbits
from moonstation.orbits.elements import Elements, elements_to_state, state_to_elements
from moonstation.orbits.multiple_shooting import fly_periodic, turning_axes
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.orbits.three_body import (
    PeriodicOrbit,
    distant_retrograde_orbit,
    halo_orbit,
    near_rectilinear_orbit,
)
from moonstation.spacetime.epochs import Epoch
from moonstation.station.catalogues import DATA
from moonstation.station.reading import read_toml
from moonstation.station.units import parse_quantity
from moonstation.transfers.insertion import LunarOrbit, insertion

KINDS = ("elliptical", "low", "nrho", "halo", "dro")
"""Families, in the order of tables."""

TOLERANCE = 1e-3
"""Of the integration [m]."""

DEGREE = {"elliptical": 20, "low": 30}
"""Of the gravity field for orbits flown from elements."""

LASTING_DEGREE = 8
"""For how long an orbit lasts: the Earth decides that, not the small waves of the Moon's field."""

PERIODIC_DEGREE = 8

HALO_AMPLITUDE = 13_000e3
"""Height out of the plane of the halo orbit [m], as Queqiao-1's (Zhang 2021)."""

RESONANCE = (9, 2)
DRO_RADIUS = 70_000e3

APPROACH_SPEED = 900.0
"""Excess speed of the arrival at the Moon [m/s], an assumption: flights of about five days have 0.8 to 1.0 km/s."""


@dataclass(frozen=True)
class Family:
    """What is assumed or published of a family of orbits.

    Attributes
    ----------
    id, name : str
        Short name, and name for people.
    insertion : float or None
        Delta-v of insertion [m/s]; None where it is computed.
    keeping : float
        Delta-v a year [m/s].
    told : tuple of str
        Each value with its confidence, source and note, a line each.
    """

    id: str
    name: str
    insertion: float | None
    keeping: float
    told: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RelayOrbit:
    """One orbit of one relay; small, and travels to other processes and machines.

    Attributes
    ----------
    id, kind, name : str
        Short name, family, and what singles the orbit out.
    group : str
        Orbits that cost the same and have the same shape have the same.
    epoch : Epoch
        When the elements hold, or when the periodic orbit is at its first state.
    insertion, keeping : float
        Delta-v [m/s], and [m/s] a year; the insertion without margin.
    computed : bool
        Whether the insertion is computed (and gets the margin), not published or assumed.
    apoapsis : float
        Greatest distance from the Moon's centre [m].
    elements : Elements or None
        Osculating, mean-Earth axes of the epoch.
    periodic : PeriodicOrbit or None
        First guess of a periodic orbit.
    words : dict of str to str
        Keys that describe a periodic orbit in a station file.
    """

    id: str
    kind: str
    name: str
    group: str
    epoch: Epoch
    insertion: float
    keeping: float
    computed: bool
    apoapsis: float
    elements: Elements | None = None
    periodic: PeriodicOrbit | None = None
    words: dict[str, str] = field(default_factory=dict)

    def fly(self, start: Epoch, duration: float) -> Trajectory:
        """Motion from a start over a duration [s], and a little more at the ends.

        Raises
        ------
        OrbitError
            If it meets the ground, leaves the Moon, or does not close.
        """
        if self.elements is not None:
            return propagate(
                elements_to_state(self.elements, axes="ME", epoch=self.epoch),
                epoch=self.epoch,
                duration=start - self.epoch + duration,
                degree=DEGREE[self.kind],
                name=self.id,
                tolerance=TOLERANCE,
            )
        if self.periodic is None:
            raise RequestError(f"relay orbit {self.id}: has neither elements nor a periodic orbit")
        return fly_periodic(
            self.periodic,
            epoch=self.epoch,
            revolutions=math.ceil((start - self.epoch + duration) / self.periodic.period_s),
            degree=PERIODIC_DEGREE,
            name=self.id,
        )

    def require_lasting(self, duration: float) -> None:
        """Require that an elliptical orbit stays above the ground over a duration [s] without burns.

        Low orbits are kept, and periodic ones held, by burns; they are not asked.

        Raises
        ------
        OrbitError
            If it does not; says when it ends.
        """
        if self.kind != "elliptical" or self.elements is None or not duration:
            return
        state = elements_to_state(self.elements, axes="ME", epoch=self.epoch)
        survey = Survey(self.epoch, duration, degree=LASTING_DEGREE, tolerance=TOLERANCE)
        fate = survey_orbits(state[None], survey, threads=1)
        if str(fate["end"].values[0]) != "flying":
            raise OrbitError(
                f"hits the ground or leaves after {float(fate['lifetime'].values[0]) / 86_400.0:.1f} d without burns"
            )


@lru_cache(maxsize=1)
def families() -> dict[str, Family]:
    """What is assumed or published of each family, by id."""
    rows = read_toml(DATA / "catalogues" / "relay_families.toml", "relay_families.toml").tables["family"]
    return {row["id"]: _family(row) for row in rows}


def _family(row: dict[str, Any]) -> Family:
    told, values = [], {}
    for key in ("insertion", "keeping"):
        if key not in row:
            continue
        entry = row[key]
        values[key] = parse_quantity(entry["value"], "speed")
        unit = " a year" if key == "keeping" else ""
        note = entry["note"].removeprefix("a year").lstrip(";, ")
        told.append(
            f"{row['name']}, {key} {entry['value']}{unit}: {entry['confidence']} ({entry['source']})"
            + (f"; {note}" if note else "")
        )
    return Family(row["id"], row["name"], values.get("insertion"), values["keeping"], tuple(told))


def frozen_inclination(eccentricity: float) -> float:
    """Inclination to the Moon's orbit plane at which the Earth leaves a high elliptical orbit's shape alone [rad].

    With the argument of periapsis at a right angle, e^2 = 1 - 5/3 cos^2 i (Lidov 1962; Kozai 1962; Ely 2005, J.
    Astronaut. Sci. 53, 301-316, doi 10.1007/BF03546355), averaged over both orbits and for the Earth's pull alone.
    """
    return math.acos(math.sqrt(0.6 * (1.0 - eccentricity**2)))


def elliptical_orbits(
    periapsis_altitude: float,
    apoapsis_altitude: float,
    *,
    epoch: Epoch,
    nodes: int,
    phases: int,
    north: bool = False,
    inclination: float | None = None,
) -> list[RelayOrbit]:
    """Frozen elliptical orbits of one size with the apoapsis over a pole.

    Node, inclination and argument are set in the plane of the Moon's orbit at the epoch, x from the Earth to the Moon,
    and given in mean-Earth axes.

    Parameters
    ----------
    periapsis_altitude, apoapsis_altitude : float
        [m]
    epoch : Epoch
        When the elements hold.
    nodes, phases : int
        How many nodes, and mean anomalies of each, evenly spaced.
    north : bool
        Apoapsis over the north instead of the south.
    inclination : float, optional
        To the plane of the Moon's orbit [rad]; `frozen_inclination` if not given.

    Raises
    ------
    OrbitError, RequestError
        If the heights make no orbit.
    """
    shape = Elements.from_altitudes(periapsis_altitude, apoapsis_altitude, inclination=0.0)
    tilt = frozen_inclination(shape.eccentricity) if inclination is None else inclination
    argument = 1.5 * np.pi if north else 0.5 * np.pi
    axes = turning_axes(np.array([epoch.tdb_s]))[0]
    size = f"{periapsis_altitude / 1e3:g} x {apoapsis_altitude / 1e3:g} km"
    known = families()["elliptical"]
    cost = insertion(LunarOrbit(periapsis_altitude, apoapsis_altitude), APPROACH_SPEED, 0.0).delta_v
    found = []
    for node in range(nodes):
        for phase in range(phases):
            mean = 2.0 * np.pi * phase / phases
            elements = Elements(
                shape.semi_major_axis,
                shape.eccentricity,
                tilt,
                2.0 * np.pi * node / nodes,
                argument,
                true_anomaly(mean, shape.eccentricity),
            )
            # these axes held still stand in for ICRF, so that the angles count from them
            state = elements_to_state(elements)
            state_icrf = np.concatenate([axes.T @ state[:3], axes.T @ state[3:]])
            found.append(
                RelayOrbit(
                    id=f"elliptical-{periapsis_altitude / 1e3:.0f}x{apoapsis_altitude / 1e3:.0f}-n"
                    f"{360 * node // nodes}-m{360 * phase // phases}",
                    kind="elliptical",
                    name=f"{size}, {math.degrees(tilt):.1f} deg",
                    group=f"elliptical {size}",
                    epoch=epoch,
                    insertion=cost,
                    keeping=known.keeping,
                    computed=True,
                    apoapsis=shape.semi_major_axis * (1.0 + shape.eccentricity),
                    elements=state_to_elements(state_icrf, axes="ME", epoch=epoch),
                )
            )
    return found


def low_orbits(altitude: float, *, epoch: Epoch, nodes: int, phases: int) -> list[RelayOrbit]:
    """Circular polar orbits of one height: evenly spaced nodes over half a turn, and places in each.

    Raises
    ------
    OrbitError, RequestError
        If the height makes no orbit.
    """
    cost = insertion(LunarOrbit(altitude, altitude), APPROACH_SPEED, 0.0).delta_v
    return [
        RelayOrbit(
            id=f"low-{altitude / 1e3:.0f}-n{180 * node // nodes}-m{360 * phase // phases}",
            kind="low",
            name=f"{altitude / 1e3:g} km, polar",
            group=f"low {altitude / 1e3:g} km",
            epoch=epoch,
            insertion=cost,
            keeping=families()["low"].keeping,
            computed=True,
            apoapsis=MOON_RADIUS + altitude,
            elements=Elements.from_altitudes(
                altitude,
                altitude,
                inclination=0.5 * np.pi,
                raan=np.pi * node / nodes,
                true_anomaly=2.0 * np.pi * phase / phases,
            ),
        )
        for node in range(nodes)
        for phase in range(phases)
    ]


def periodic_orbits(kind: str, *, epoch: Epoch, phases: int, north: bool = False) -> list[RelayOrbit]:
    """Orbits of one of the families that the Earth holds: 9:2 NRHO, L2 halo or DRO, evenly spaced along the orbit.

    Parameters
    ----------
    kind : str
        "nrho", "halo" or "dro".
    epoch : Epoch
        All are found so that they cover what follows; each begins up to a period earlier.
    phases : int
        How many.
    north : bool
        Northern halo orbits instead of southern ones.
    """
    side = {"north": "true" if north else "false"}
    if kind == "nrho":
        orbit = near_rectilinear_orbit(resonance=RESONANCE, north=north)
        text, words = "NRHO 9:2", {"kind": '"nrho"', "point": '"L2"', "resonance": '"9:2"', **side}
    elif kind == "halo":
        orbit = halo_orbit(z_amplitude=HALO_AMPLITUDE, north=north)
        size = f"{HALO_AMPLITUDE / 1e3:.0f} km"
        text, words = "halo L2", {"kind": '"halo"', "point": '"L2"', "z_amplitude": f'"{size}"', **side}
    elif kind == "dro":
        orbit = distant_retrograde_orbit(radius=DRO_RADIUS)
        size = f"{DRO_RADIUS / 1e3:.0f} km"
        text, words = f"DRO {size}", {"kind": '"dro"', "radius": f'"{size}"'}
    else:
        raise RequestError(f"relay orbits of kind {kind}: give {', '.join(KINDS[2:])}")
    known = families()[kind]
    return [
        RelayOrbit(
            id=f"{kind}-m{360 * phase // phases}",
            kind=kind,
            name=f"{text}, {orbit.period_s / 86_400.0:.1f} d",
            group=text,
            epoch=epoch + -orbit.period_s * phase / phases,
            insertion=float(known.insertion or 0.0),
            keeping=known.keeping,
            computed=False,
            apoapsis=orbit.apolune,
            periodic=orbit,
            words=words,
        )
        for phase in range(phases)
    ]


def relay_orbits(
    kinds: Sequence[str],
    *,
    epoch: Epoch,
    elliptical: Sequence[tuple[float, float]],
    low: Sequence[float],
    nodes: int,
    phases: int,
    north: bool = False,
) -> list[RelayOrbit]:
    """Candidates of several families.

    Parameters
    ----------
    kinds : sequence of str
        Of `KINDS`.
    epoch : Epoch
        Begin of the span.
    elliptical : sequence of (float, float)
        Heights of periapsis and apoapsis [m].
    low : sequence of float
        Heights of circular orbits [m].
    nodes, phases : int
        Of elliptical orbits; low ones have half the nodes over half a turn, periodic ones the phases alone.
    north : bool
        Whether the north is to be served.

    Raises
    ------
    RequestError
        If a kind is unknown, or there are no nodes or phases.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise RequestError(f"orbits of kind {kind[:20]!r}: give some of {', '.join(KINDS)}")
    if not (1 <= nodes <= 36 and 1 <= phases <= 72):
        raise RequestError(f"{nodes} nodes and {phases} phases: give 1 to 36 nodes and 1 to 72 phases")
    found: list[RelayOrbit] = []
    for kind in KINDS:
        if kind not in kinds:
            continue
        if kind == "elliptical":
            for sizes in elliptical:
                found += elliptical_orbits(*sizes, epoch=epoch, nodes=nodes, phases=phases, north=north)
        elif kind == "low":
            for altitude in low:
                found += low_orbits(altitude, epoch=epoch, nodes=max(1, nodes // 2), phases=phases)
        else:
            found += periodic_orbits(kind, epoch=epoch, phases=phases, north=north)
    return found


def true_anomaly(mean_anomaly: float, eccentricity: float) -> float:
    """True anomaly [rad] of a mean anomaly [rad], by Newton's method on Kepler's equation."""
    mean = mean_anomaly % (2.0 * math.pi)
    eccentric = math.pi if eccentricity > 0.8 else mean
    for _ in range(50):
        change = (eccentric - eccentricity * math.sin(eccentric) - mean) / (
            1.0 - eccentricity * math.cos(eccentric)
        )
        eccentric -= change
        if abs(change) < 1e-14:
            break
    return (
        2.0
        * math.atan2(
            math.sqrt(1.0 + eccentricity) * math.sin(0.5 * eccentric),
            math.sqrt(1.0 - eccentricity) * math.cos(0.5 * eccentric),
        )
    ) % (2.0 * math.pi)
