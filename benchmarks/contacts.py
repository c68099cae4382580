"""Contacts of all pairs over a year: 4 sites, 6 orbiters and 15 ground stations, against a scan of fixed steps.

Usage::

    python benchmarks/contacts.py            # costs by span and by pairs, then the whole year
    python benchmarks/contacts.py --quick    # the year alone

The scan looks at every pair every 10 s with the same compiled look angles, without closing in on edges: a tenth of
what a look a second costs, and edges a hundred times coarser than asked for. It runs over a tenth of the year and is
scaled. Orbits are flown beforehand and are not counted; their time is printed.
"""

import numpy as np

from moonstation.links.contacts import SurfaceAntenna
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.propagation import Trajectory, propagate
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
