"""Launch: sites and launchers of the catalogues, orbits that a site reaches, and when a plane passes over it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import EARTH_RADIUS, GM_EARTH
from moonstation.errors import RequestError
from moonstation.spacetime.earth import EarthRotation
from moonstation.station.catalogues import DATA, nearest, packaged_catalogue
from moonstation.station.reading import read_toml
from moonstation.station.units import parse_quantity

ASCENT_TIME = 600.0
"""From lift-off to the parking orbit [s]: an assumption, about what published ascents of heavy launchers take."""

ASCENT_ANGLE = np.radians(20.0)
"""Way flown meanwhile about the Earth's centre: an assumption, as above."""

EARTH_TURN = 7.292115e-5
"""Turn of the Earth [rad/s] (WGS 84)."""

STANDARD_GRAVITY = 9.80665


@dataclass(frozen=True)
class LaunchSite:
    """A launch site.

    Attributes
    ----------
    id, name : str
        Short name, and name for people.
    lat, lon : float
        [rad]
    azimuths : tuple of float
        Least and greatest launch azimuth [rad], clockwise from north, inertial.
    note : str
        Source and confidence.
    """

    id: str
    name: str
    lat: float
    lon: float
    azimuths: tuple[float, float]
    note: str

    def inclinations(self) -> tuple[float, float]:
        """Least and greatest inclination to the Earth's equator that the azimuths reach [rad]."""
        azimuth = np.linspace(*self.azimuths, 721)
        reached = np.arccos(np.cos(self.lat) * np.sin(azimuth))
        return float(reached.min()), float(reached.max())

    def passes(self, inclination: float) -> list[tuple[float, float]]:
        """Ways to launch into an inclination: longitude of the node less the site's, and way from node to site [rad].

        Northbound first; those whose azimuth the range excludes are left out.
        """
        ratio = np.cos(inclination) / np.cos(self.lat)
        if abs(ratio) > 1.0 + 1e-12:
            return []
        azimuth = float(np.arcsin(np.clip(ratio, -1.0, 1.0)))
        ways = []
        for way in (azimuth % (2.0 * np.pi), (np.pi - azimuth) % (2.0 * np.pi)):
            if self.azimuths[0] - 1e-9 <= way <= self.azimuths[1] + 1e-9:
                # spherical triangle of node, site and meridian
                from_node = float(np.arctan2(np.sin(self.lat), np.cos(self.lat) * np.cos(way)))
                gone = float(np.arctan2(np.sin(self.lat) * np.sin(way), np.cos(way)))
                ways.append((-gone, from_node))
        return ways[:1] if len(ways) == 2 and abs(ways[0][1] - ways[1][1]) < 1e-6 else ways


def launch_sites() -> dict[str, LaunchSite]:
    """Launch sites of the packaged catalogue, by id."""
    return dict(_launch_sites())


@lru_cache(maxsize=1)
def _launch_sites() -> dict[str, LaunchSite]:
    rows = read_toml(DATA / "catalogues" / "launch_sites.toml", "launch_sites.toml").tables["launch_site"]
    return {row["id"]: _site(row) for row in rows}


def _site(row: dict[str, object]) -> LaunchSite:
    def angle(key: str) -> float:
        return parse_quantity(str(row[key]), "angle")

    return LaunchSite(
        str(row["id"]),
        str(row["name"]),
        angle("lat"),
        angle("lon"),
        (angle("azimuth_least"), angle("azimuth_greatest")),
        str(row["note"]),
    )


def find_launch_site(name: str, *, azimuths: tuple[float, float] | None = None) -> LaunchSite:
    """A launch site by its id, with other azimuths [rad] if given.

    Raises
    ------
    RequestError
        If there is none of that name, or the azimuths make no range.
    """
    sites = _launch_sites()
    if name not in sites:
        raise RequestError(
            f"launch site '{name}': the catalogue has {', '.join(sites)}{nearest(name, sites)}"
        )
    site = sites[name]
    if azimuths is None:
        return site
    if not 0.0 <= azimuths[0] <= azimuths[1] <= 2.0 * np.pi:
        raise RequestError(
            f"launch azimuths {np.degrees(azimuths[0]):g} to {np.degrees(azimuths[1]):g} deg: give 0 to 360 "
            f"deg in order"
        )
    return LaunchSite(site.id, site.name, site.lat, site.lon, azimuths, "azimuths as given")


@dataclass(frozen=True)
class Launcher:
    """A launcher's published mass to the Moon.

    Attributes
    ----------
    id, name : str
        Short name, and name for people.
    tli : float
        Mass that it sends on its way to the Moon [kg]; 0 where none is published.
    confidence : str
        published, estimated or assumption.
    note : str
        Remark of the catalogue.
    """

    id: str
    name: str
    tli: float
    confidence: str
    note: str


@lru_cache(maxsize=1)
def launchers() -> tuple[Launcher, ...]:
    """Launchers of the packaged catalogue with a mass to the Moon, lightest first."""
    found = []
    for key, entry in packaged_catalogue().entries["launcher"].items():
        tli = entry.values.get("tli")
        if isinstance(tli, dict):
            mass = parse_quantity(str(tli["value"]), "mass")
            name = entry.values["name"]
            found.append(
                Launcher(
                    key,
                    str(name["value"] if isinstance(name, dict) else name),
                    mass,
                    str(tli.get("confidence", "")),
                    str(tli.get("note", "")),
                )
            )
    return tuple(sorted(found, key=lambda launcher: launcher.tli))


def mass_after(mass: float, delta_v: float, *, isp: float) -> float:
    """Mass [kg] left of a mass after a delta-v [m/s] with a specific impulse [s] (Tsiolkovsky)."""
    return float(mass * np.exp(-delta_v / (STANDARD_GRAVITY * isp)))


def launch_time(
    site: LaunchSite,
    inclination: float,
    raan: float,
    arg_latitude: float,
    *,
    tli: float,
    radius: float,
    turns: int = 0,
) -> list[tuple[float, float, float]]:
    """When to lift off for a plane and a departure: pairs by way of launching.

    Parameters
    ----------
    site : LaunchSite
        From where.
    inclination, raan, arg_latitude : float
        Parking orbit, Earth's equator of date and ICRF's x axis, and where on it the departure is [rad].
    tli : float
        Departure [TDB s past J2000].
    radius : float
        Of the parking orbit [m].
    turns : int
        Whole turns in the parking orbit besides.

    Returns
    -------
    list of (lift-off, coast, late)
        Lift-off [TDB s past J2000] so that the coast in the parking orbit [s] ends at the departure, and by how much
        the
        plane passes over the site after that lift-off [s]: to be added to lift-off and departure.
    """
    rate = np.sqrt(GM_EARTH / radius**3)
    result = []
    for node, from_node in site.passes(inclination):
        way = (arg_latitude - from_node - ASCENT_ANGLE) % (2.0 * np.pi) + 2.0 * np.pi * turns
        coast = float(way / rate)
        lift_off = tli - coast - ASCENT_TIME
        turn: FloatArray = EarthRotation().rotation_itrs_to_gcrs(np.array([lift_off]))[0]
        away = turn @ np.array([np.cos(site.lon), np.sin(site.lon), 0.0])
        x_node = _node_zero(turn[:, 2])
        longitude = np.arctan2(away @ np.cross(turn[:, 2], x_node), away @ x_node)
        late = (raan - node - longitude + np.pi) % (2.0 * np.pi) - np.pi
        result.append((lift_off, coast, float(late / EARTH_TURN)))
    return result


def _node_zero(pole: FloatArray) -> FloatArray:
    """Direction on the equator from which nodes count: ICRF's x axis brought down to it."""
    x = np.array([1.0, 0.0, 0.0]) - pole[0] * pole
    result: FloatArray = x / np.linalg.norm(x)
    return result


def parking_state(
    pole: FloatArray, inclination: float, raan: float, arg_latitude: float, *, radius: float, speed: float
) -> FloatArray:
    """State (6,) [m, m/s, ICRF] on a circular orbit to the Earth's equator of a pole, with any speed along it."""
    node = _node_zero(pole)
    east = np.cross(pole, node)
    line = np.cos(raan) * node + np.sin(raan) * east
    side = np.cross(pole, line)
    up = np.cos(inclination) * side + np.sin(inclination) * pole
    out = np.cos(arg_latitude) * line + np.sin(arg_latitude) * up
    along = -np.sin(arg_latitude) * line + np.cos(arg_latitude) * up
    result: FloatArray = np.concatenate([radius * out, speed * along])
    return result


def parking_radius(altitude: float) -> float:
    """Radius of a parking orbit [m] by its height over the equatorial radius.

    Raises
    ------
    RequestError
        If it lies in the air or too far out.
    """
    if not 120e3 <= altitude <= 36_000e3:
        raise RequestError(f"parking orbit {altitude / 1e3:g} km up: give 120 to 36000 km")
    return EARTH_RADIUS + altitude
