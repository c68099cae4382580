"""Links among orbiters, among sites and from the Earth, against looking once a second and against geometry."""

import math

import brute_contacts as brute
import numpy as np
import pytest
from kepler_orbit import low_orbit, relay_orbit

from moonstation.constants import MOON_RADIUS
from moonstation.errors import CoverageError, RequestError
from moonstation.links.contacts import KINDS, find_contacts
from moonstation.links.pairs import SurfaceAntenna
from moonstation.links.surface import line_of_sight
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import Horizon

DAY = 86_400.0
START = Epoch.parse("2028-03-24").tdb_s
STOP = START + 2.0 * DAY
SITE = Site("ridge", -88.8, 123.4, 1500.0)
STATION = GroundStation("malargue", "Malargüe", -35.776, -69.398, 1550.0, 10.0)
HORIZON = Horizon(
    site=SITE,
    heights=np.array([3.0]),
    azimuth=np.arange(360) * (2.0 * np.pi / 360),
    elevation=np.radians(1.0 + 0.5 * np.sin(np.arange(360) / 7.0))[np.newaxis],
    distance=np.full((1, 360), np.nan),
    terrain="made up for tests",
    resolution_m=math.nan,
    indicative=False,
    sources=(),
)
ORBITS = {"low": low_orbit(START - 10.0, STOP + 10.0), "relay": relay_orbit(START - 10.0, STOP + 10.0)}
FIELDS = {"antennas": {"ridge": SurfaceAntenna(SITE, HORIZON, 3.0)}, "trajectories": ORBITS,
          "stations": {"malargue": STATION}}  # fmt: skip


def windows(kind, from_id, to_id):
    found = find_contacts(*FIELDS.values(), start=START, stop=STOP, kinds=[kind])
    return np.array([(c.start, c.stop) for c in found if (c.from_id, c.to_id) == (from_id, to_id)])


def agree(found, looked):
    """Edges within half a second of the middle between the looks that bracket them."""
    inner = (looked[:, 0] > START + 3.0) & (looked[:, 1] < STOP - 3.0)
    match = [np.argmin(np.abs(found[:, 0] - begin)) for begin in looked[inner, 0]]
    assert len(set(match)) == np.count_nonzero(inner) >= 2
    assert abs(len(found) - len(looked)) <= 0
    near = found[match]
    assert (
        np.max(np.abs(near[:, 0] - (looked[inner, 0] - 0.5))) < 0.55
    )  # 0.5 s of the looks, 0.05 s of the root
    assert np.max(np.abs(near[:, 1] - (looked[inner, 1] + 0.5))) < 0.55


def seconds():
    return np.arange(START, STOP, 1.0)


@pytest.mark.parametrize(("a", "b"), [("low", "relay"), ("relay", "low")])
def test_orbiters_clear_of_the_moon(a, b):
    agree(windows("orbiter-orbiter", a, b), brute.orbiter_orbiter(ORBITS[a], ORBITS[b], seconds()))


@pytest.mark.parametrize("orbiter", ORBITS)
def test_from_the_ground_to_an_orbiter(orbiter):
    agree(
        windows("ground-orbiter", "malargue", orbiter),
        brute.ground_orbiter(ORBITS[orbiter], STATION, seconds()),
    )


def test_from_the_ground_to_a_site():
    looked = brute.ground_site(SITE, HORIZON, 3.0, STATION, seconds())
    agree(windows("ground-site", "malargue", "ridge"), looked)


def test_both_ways_differ_by_light_time():
    down, up = windows("site-ground", "ridge", "malargue"), windows("ground-site", "malargue", "ridge")
    assert down.shape == up.shape
    # an edge made by the station's mask: up is received a light time later, down at once
    late = (up - down)[(down > START + 3.0) & (down < STOP - 3.0)]
    assert np.all((np.abs(late - 1.3) < 0.25) | (np.abs(late + 1.3) < 0.25))


def test_light_times_are_told_and_kinds_are_known():
    found = find_contacts(*FIELDS.values(), start=START, stop=STOP, kinds=KINDS)
    for c in found:
        low, high = (1.2, 1.4) if "ground" in c.kind else (0.0, 0.15)
        assert low < c.light_time < high
        assert math.isnan(c.max_elevation) == (c.kind == "orbiter-orbiter")
    with pytest.raises(RequestError, match="no kind of contact"):
        find_contacts({}, {}, {}, start=START, stop=STOP, kinds=["ground-ground"])


def test_masts_on_a_smooth_sphere_see_each_other_as_far_as_their_horizons_reach():
    # the tangent to the sphere: sqrt(2 R h + h^2) from each mast
    for height in (2.0, 20.0, 200.0):
        reach = 2.0 * math.acos(MOON_RADIUS / (MOON_RADIUS + height))
        for share, clear in ((0.99, True), (1.01, False)):
            other = Site("b", math.degrees(reach * share), 0.0)
            sight = line_of_sight(Site("a", 0.0, 0.0), other, heights=(height, height))
            assert sight.clear is clear


def test_a_line_of_sight_over_terrain_is_that_of_plain_samples():
    model = ElevationModel.packaged()
    rng = np.random.default_rng(2)
    seen = 0
    for _ in range(12):
        lat, lon = float(rng.uniform(-88.0, -80.0)), float(rng.uniform(-180.0, 180.0))
        a = Site("a", lat, lon, float(model.elevation(lat, lon)))
        b_lat = lat + float(rng.uniform(0.3, 1.2))
        b = Site("b", b_lat, lon, float(model.elevation(b_lat, lon)))
        sight = line_of_sight(a, b, heights=(50.0, 50.0), model=model)
        ends = a.r_me(50.0), b.r_me(50.0)
        far = float(np.linalg.norm(ends[1] - ends[0]))
        skip = 0.5 * float(min(model.resolution([a.lat_deg, b.lat_deg], [a.lon_deg, b.lon_deg])))
        lowest = math.inf
        for t in np.linspace(skip / far, 1.0 - skip / far, 3000):
            x, y, z = ends[0] + t * (ends[1] - ends[0])
            radius = math.sqrt(x * x + y * y + z * z)
            ground = float(
                model.elevation(math.degrees(math.asin(z / radius)), math.degrees(math.atan2(y, x)))
            )
            lowest = min(lowest, radius - MOON_RADIUS - ground)
        assert sight.clearance == pytest.approx(lowest, abs=2.0)
        seen += sight.clear
    assert 0 < seen < 12


def test_a_site_without_ground_is_refused():
    with pytest.raises(CoverageError, match="site a: its ground is not known"):
        line_of_sight(Site("a", 0.0, 0.0, math.nan), Site("b", 1.0, 0.0), heights=(2.0, 2.0))
