"""Relay orbits and constellations against what their designers published."""

import math

import numpy as np
import pytest

from moonstation.links.contacts import SurfaceAntenna
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.events import clip
from moonstation.spacetime.sites import Site
from moonstation.study.relay_cover import RelayScene, exact_windows, site_cover
from moonstation.study.relay_design import design_relays
from moonstation.study.relay_orbits import RelayOrbit, elliptical_orbits, frozen_inclination
from moonstation.study.relay_wish import RelayWish
from moonstation.terrain.horizons import Horizon

POLE = Site("south pole", -89.99, 0.0)
EPOCH = Epoch.parse("2030-01-01")
DAY = 86_400.0
RADIUS = 1737.4e3


def level_scene(mask_deg: float, days: float) -> RelayScene:
    """The pole of a smooth Moon."""
    azimuth = np.arange(720) * np.pi / 360.0
    horizon = Horizon(
        site=POLE,
        heights=np.array([2.0]),
        azimuth=azimuth,
        elevation=np.full((1, 720), np.radians(mask_deg)),
        distance=np.full((1, 720), np.nan),
        terrain="level",
        resolution_m=math.nan,
        indicative=False,
        sources=(),
    )
    stations = {
        f"g{lon}": GroundStation(f"g{lon}", f"g{lon}", 0.0, lon, 0.0, 0.0) for lon in (0.0, 120.0, 240.0)
    }
    return RelayScene(
        {"pole": SurfaceAntenna(POLE, horizon, 2.0)}, stations, EPOCH, days * DAY, 120.0, live=False
    )


@pytest.mark.parametrize(
    ("periapsis_km", "apoapsis_km", "published", "tolerance"),
    [
        # Zhang 2021, Space: Science & Technology, 3471608, table 1: 54.8 to 55 deg
        (300.0, 8600.0, 54.9, 0.15),
        # Queqiao-2 as designed (Wikipedia, 2024): 62.4 deg; heights are rounded to 100 km and more, which moves the
        # eccentricity by 0.001 and the inclination by 0.1 deg
        (200.0, 16_000.0, 62.4, 0.2),
    ],
)
def test_frozen_inclinations_of_queqiao_2(
    periapsis_km: float, apoapsis_km: float, published: float, tolerance: float
) -> None:
    low, high = RADIUS + periapsis_km * 1e3, RADIUS + apoapsis_km * 1e3
    found = math.degrees(frozen_inclination((high - low) / (high + low)))
    assert found == pytest.approx(published, abs=tolerance)


def test_queqiao_2_is_in_view_for_more_than_eight_hours_of_twelve() -> None:
    """Zhang 2021, Space: Science & Technology, 3471608, as told by Reuters, 20 March 2024 (bdnews24): 300 x 8,600 km, a
    revolution of about twelve hours, and a link "for more than eight hours" of each.

    Neither node nor mask is published: all nodes, and masks of 0 and of 10 deg. A lower limit is published; that it is
    one and not far off is taken as less than ten hours, as an orbit of another size would be seen for half as long or
    twice as long.
    """
    relays = elliptical_orbits(300e3, 8600e3, epoch=EPOCH, nodes=6, phases=1)
    assert relays[0].elements is not None
    assert relays[0].elements.period() / 3600.0 == pytest.approx(12.1, abs=0.1)
    for mask_deg in (0.0, 10.0):
        scene = level_scene(mask_deg, 28.0)
        flown = {relay.id: relay.fly(scene.start, scene.duration + 1.0) for relay in relays}
        serves, _ = exact_windows(scene, flown)
        for windows in serves.values():
            # those at the ends of the span are cut
            hours = np.diff(windows[1:-1], axis=1)[:, 0] / 3600.0
            assert len(hours) > 50
            assert hours.min() > 8.0
            assert hours.max() < 10.1


def ely(count: int) -> list[RelayOrbit]:
    """Three relays of Ely 2005, J. Astronaut. Sci. 53, 301-316: a = 6541.4 km, e = 0.6, one plane, 120 deg apart.

    Size and shape as also used by others (Stanford's LuPNT has them in its examples); the inclination of 56.2 deg to
    the Moon's orbit is recalled, as the paper is not at hand; that at which the Earth leaves e alone is 51.7 deg.
    """
    a, e = 6541.4e3, 0.6
    return elliptical_orbits(
        a * (1.0 - e) - RADIUS,
        a * (1.0 + e) - RADIUS,
        epoch=EPOCH,
        nodes=1,
        phases=count,
        inclination=math.radians(56.2),
    )


def test_three_frozen_relays_keep_two_in_view_of_the_pole() -> None:
    """Ely 2005, abstract (doi 10.1007/BF03546355): "three spacecraft where two spacecraft are always in view" from the
    polar regions. Always is taken at its word: 100 % of a month with edges to 0.1 s, no tolerance, at the pole and at
    masks up to 10 deg.
    """
    for mask_deg in (0.0, 10.0):
        found = design_relays(level_scene(mask_deg, 28.0), ely(3), RelayWish(most=3, fold=2))
        three = found.front[-1]
        assert len(three.relays) == 3
        assert three.twice == 1.0
        assert three.longest_gap == 0.0
        # and three are needed: the best two are both in view for half of the time
        assert [len(one.relays) for one in found.front] == [1, 2, 3]
        assert 0.4 < found.front[1].twice < 0.6
        # "two satellites can give single coverage" follows from the same passes of more than half a revolution
        assert found.front[1].sites["pole"].share == 1.0


@pytest.mark.slow
def test_three_frozen_relays_last_a_year_without_burns() -> None:
    """Ely & Noreen, NASA Tech Brief NPO-40992: the formation stays for ten years without burns against gravity alone.

    Here a year. One is always in view, and two for the first four months; then, as the phases that the paper tunes are
    evenly spaced here, revolutions differ by a minute and the three drift together: two are in view for 95 % of the
    year. That is what keeping the phase is for.
    """
    scene = level_scene(5.0, 365.25)
    flown = {relay.id: relay.fly(scene.start, scene.duration + 1.0) for relay in ely(3)}
    for trajectory in flown.values():
        assert trajectory.altitude_extremes.lowest > 300e3
    serves, _ = exact_windows(scene, flown)
    windows = [serves["pole", name] for name in flown]
    start = scene.start.tdb_s
    year = site_cover(windows, start, scene.stop)
    assert year.share == 1.0
    assert year.twice > 0.9
    later = start + 120.0 * DAY
    assert site_cover([clip(one, start, later) for one in windows], start, later).twice > 0.999
