"""Contacts of all pairs over a year: 4 sites, 6 orbiters and 15 ground stations, against a scan of fixed steps.

Usage::

    python benchmarks/contacts.py            # costs by span and by pairs, then the whole year
    python benchmarks/contacts.py --quick    # the year alone

The scan looks at all pairs of orbiters and ground stations every 10 s with the same compiled look angles, without
closing in on edges, over a tenth of the year: a tenth of what a look a second costs, with edges a hundred times
coarser than ours. Orbits are flown beforehand and are not counted; their time is printed.
"""

import sys
import time

import numpy as np

from moonstation.links.contacts import KINDS, find_contacts
from moonstation.links.pairs import SurfaceAntenna
from moonstation.links.tracks import Tracks
from moonstation.links.views import StationView
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.terrain.horizons import Horizon

DAY = 86_400.0
START = Epoch.parse("2035-01-01")
SITES = {"a": (-88.8, 123.4), "b": (-89.44, -137.2), "c": (-85.3, 31.2), "d": (-84.9, -160.0)}
ORBITS = {
    # periapsis and apoapsis altitude [km], inclination, argument of periapsis, true anomaly [deg]
    "relay-1": (200.0, 16_000.0, 62.0, 90.0, 0.0),
    "relay-2": (200.0, 16_000.0, 62.0, 90.0, 180.0),
    "frozen-1": (720.0, 8_090.0, 57.0, 90.0, 0.0),
    "frozen-2": (720.0, 8_090.0, 57.0, 90.0, 180.0),
    "mapper": (500.0, 700.0, 90.0, 0.0, 0.0),
    "low": (100.0, 140.0, 88.0, 90.0, 0.0),
}


def antenna(name: str, lat: float, lon: float, seed: int) -> SurfaceAntenna:
    """An antenna with a made-up horizon of 720 azimuths between -1 and 6 deg."""
    site = Site(name, lat, lon, 0.0)
    azimuth = np.arange(720) * (2.0 * np.pi / 720)
    rng = np.random.default_rng(seed)
    edge = sum(
        rng.normal(0.0, 1.2 / waves**0.6) * np.cos(waves * azimuth + rng.uniform(0.0, 6.0))
        for waves in (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)
    )
    return SurfaceAntenna(
        site,
        Horizon(
            site=site,
            heights=np.array([2.0, 10.0]),
            azimuth=azimuth,
            elevation=np.radians(np.maximum(np.vstack([1.0 + edge, 0.9 + edge]), -1.0)),
            distance=np.full((2, 720), np.nan),
            terrain="made up",
            resolution_m=float("nan"),
            indicative=False,
            sources=(),
        ),
        5.0,
    )


def orbits(days: float) -> dict[str, Trajectory]:
    """Orbits flown with a field of degree 10: a year of a low one in seconds."""
    flown = {}
    for name, (low, high, inclination, argument, anomaly) in ORBITS.items():
        elements = Elements.from_altitudes(
            low * 1e3,
            high * 1e3,
            inclination=np.radians(inclination),
            arg_periapsis=np.radians(argument),
            true_anomaly=np.radians(anomaly),
        )
        state = elements_to_state(elements, axes="ME", epoch=START)
        flown[name] = propagate(state, epoch=START, duration=days * DAY, degree=10, name=name, ground=False)
    return flown


STATIONS = {
    "jiamusi": (46.49, 130.77),
    "kashi": (38.42, 76.71),
    "zapala": (-38.19, -70.15),
    "sheshan": (31.10, 121.20),
    "bear_lakes": (55.87, 37.95),
    "ussuriysk": (44.02, 131.76),
    "yevpatoria": (45.19, 33.19),
    "kalyazin": (57.22, 37.90),
    "goldstone": (35.43, -116.89),
    "canberra_dss43": (-35.40, 148.98),
    "madrid": (40.43, -4.25),
    "canberra_dss34": (-35.40, 148.98),
    "new_norcia": (-31.05, 116.19),
    "cebreros": (40.45, -4.37),
    "malargue": (-35.78, -69.40),
}


def scan(
    flown: dict[str, Trajectory], stations: dict[str, GroundStation], start: float, days: float
) -> float:
    """Processor time of looking at all pairs of orbiters and ground stations every 10 s [s]."""
    stop = start + days * DAY
    tracks = Tracks(start, stop)
    begin = time.process_time()
    et = np.arange(start, stop, 10.0)
    for trajectory in flown.values():
        for station in stations.values():
            view = StationView(tracks.station(station), tracks.orbiter(trajectory))
            seen = (view.sine(et) > np.sin(np.radians(station.mask_deg))) & (view.clearance(et) > 0.0)
            np.flatnonzero(np.diff(seen))
    return time.process_time() - begin


def main() -> None:
    """Print the costs."""
    begin = time.perf_counter()
    flown = orbits(366.0)
    print(f"orbits flown in {time.perf_counter() - begin:.1f} s")
    antennas = {name: antenna(name, lat, lon, i) for i, (name, (lat, lon)) in enumerate(SITES.items())}
    stations = {
        name: GroundStation(name, name, lat, lon, 300.0, 10.0) for name, (lat, lon) in STATIONS.items()
    }
    start = START.tdb_s

    def measure(days: float, kinds: tuple[str, ...], most: int = 15, craft: int = 6) -> float:
        some = dict(list(stations.items())[:most])
        few = dict(list(flown.items())[:craft])
        wall, processor = time.perf_counter(), time.process_time()
        found = find_contacts(antennas, few, some, start=start, stop=start + days * DAY, kinds=kinds)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        pairs = len({(c.from_id, c.to_id) for c in found})
        print(
            f"{days:7.2f} d {pairs:4d} pairs {len(found):7d} windows: {wall:6.2f} s, {processor:6.2f} s of processor"
        )
        return processor

    measure(2.0, KINDS)
    homeward = ("site-ground", "site-orbiter", "orbiter-ground")
    if "--quick" not in sys.argv:
        for days in (30.0, 91.3, 182.6):
            measure(days, homeward)
        for most, craft in ((5, 2), (10, 4)):
            measure(365.25, homeward, most, craft)
    measure(365.25, homeward)
    measure(365.25, (*homeward, "orbiter-orbiter"))
    measure(365.25, KINDS)
    ours = measure(36.525, ("orbiter-ground",))
    theirs = scan(flown, stations, start, 36.525)
    print(
        f"scan of orbiters and ground stations every 10 s: {theirs:.2f} s; a look a second would take "
        f"{10.0 * theirs / ours:.0f} times ours"
    )


if __name__ == "__main__":
    main()
