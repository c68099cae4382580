"""Light at lunar places against figures that others have published (see shared/truth/sunlight)."""

import math

import numpy as np
import pytest

from moonstation.arrays import FloatArray
from moonstation.constants import AU, MOON_RADIUS, SUN_RADIUS
from moonstation.spacetime.epochs import utc_to_tdb
from moonstation.spacetime.sites import Site
from moonstation.sunlight.disc import visible_share
from moonstation.sunlight.light import site_light, sun_fraction
from moonstation.sunlight.statistics import LightStatistics, light_statistics
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import Horizon, horizon, locate

DAY = 86_400.0


def hourly(first: str, last: str) -> FloatArray:
    utc = np.arange(np.datetime64(first, "ns"), np.datetime64(last, "ns"), np.timedelta64(1, "h"))
    return utc_to_tdb(utc)


def table(site: Site, azimuth_deg: FloatArray, elevation_deg: FloatArray, height: float) -> Horizon:
    return Horizon(
        site=site,
        heights=np.array([height]),
        azimuth=np.radians(azimuth_deg),
        elevation=np.radians(elevation_deg)[np.newaxis],
        distance=np.full((1, azimuth_deg.size), np.nan),
        terrain="made for a test",
        resolution_m=math.nan,
        indicative=False,
        sources=(),
    )


def test_connecting_ridge_horizon_gives_its_published_light(truth):
    # RootVandal/lunar-ops, web/data/sites.json: 82.22 % and 6.54 d at 1 m, hourly, with Earth eclipses; an
    # independent SPICE evaluation with DE440 and lunar ME axes gave 82.221 % and 6.542 d. Tolerances are one unit
    # of the last published digit of share (twice), and the hour that a spell is known to.
    file = truth / "sunlight" / "roi4_1m_horizon.csv"
    azimuth_deg, elevation_deg = np.loadtxt(file, delimiter=",", skiprows=1, unpack=True)
    site = Site("roi-4", -89.45267485051342, -137.14865265000893, 1956.4)
    et = hourly("2024-01-01", "2026-01-01")
    light = sun_fraction(site, table(site, azimuth_deg, elevation_deg, 1.0), et, height=1.0)
    found = light_statistics(et, light)
    print(f"average {100 * found.average:.4f} %, longest dark {found.longest_dark / DAY:.4f} d")
    assert 100.0 * found.average == pytest.approx(82.22, abs=0.02)
    assert found.longest_dark / DAY == pytest.approx(6.54, abs=0.05)


@pytest.fixture(scope="session")
def terrain(truth) -> ElevationModel:
    """The ten 40 m windows, the packaged grid beyond them."""
    return ElevationModel.from_files(sorted((truth / "terrain").glob("*_40m.tif")), packaged=True)


# Gläser et al. 2014, Icarus 243, 78-90: LOLA 20 m, 720 azimuths, disc Sun, hourly, no Earth eclipses.
# latitude, longitude, height, average %, any light %, dark d, light d
GLAESER = {
    "spot 1": (-89.4395, 222.8066, 2.0, 88.12, 92.00, 4.58, 233.87),
    "spot 2": (-89.4399, 222.8524, 2.0, 87.93, 92.27, 4.62, 233.87),
    "spot 3": (-89.4516, 222.7581, 10.0, 92.55, 95.61, 3.08, 262.42),
}


def light_of_spot(model: ElevationModel, name: str) -> LightStatistics:
    lat_deg, lon_deg, height = GLAESER[name][:3]
    site = locate(model, name, lat_deg, (lon_deg + 180.0) % 360.0 - 180.0)
    et = hourly("2015-12-24", "2034-12-24")
    around = horizon(site, model, heights=(height,))
    found = light_statistics(et, sun_fraction(site, around, et, height=height, eclipses=False))
    print(
        f"{name}: average {100 * found.average:.2f} %, any light {100 * found.any_light:.2f} %, "
        f"dark {found.longest_dark / DAY:.2f} d, light {found.longest_light / DAY:.2f} d"
    )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", GLAESER)
def test_light_from_terrain_as_published(terrain, name):
    # Their terrain is 20 m and ours 40 m near by and 3.8 km far away: a plain ray march over ours gave averages
    # 1.2 points below to 0.9 above theirs. The dark spell at spot 1 hangs on a rock edge that 40 m does not have
    # (8.3 d in that march) and is not held.
    average, any_light, dark, light = GLAESER[name][3:]
    found = light_of_spot(terrain, name)
    assert 100.0 * found.average == pytest.approx(average, abs=1.5)
    assert 100.0 * found.any_light == pytest.approx(any_light, abs=1.5)
    if name != "spot 1":
        assert found.longest_dark / DAY == pytest.approx(dark, abs=0.3)
        assert found.longest_light / DAY == pytest.approx(light, abs=0.3)


@pytest.mark.slow
def test_best_place_found_with_kaguya(terrain):
    # Bussey et al. 2010, Icarus 208, 558-564: 86 % of 2020 at 88.74 S, 124.5 E, on Kaguya terrain of 474 m. On LOLA
    # terrain that place lies 2.1 km from the peak that they must mean and 190 m down its slope (60 % there), so the
    # summit, the highest ground within 3 km, is taken. Neither the height nor whether part of the disc counts in part
    # is known: both readings are held. 2.5 points: the light on this peak falls by 10 points within 500 m.
    polar = 2.0 * MOON_RADIUS * math.tan(0.5 * math.radians(90.0 - 88.74))
    offset = np.arange(-3000.0, 3001.0, 40.0)
    x, y = np.meshgrid(offset, offset)
    near = np.hypot(x, y) < 3000.0
    x, y = x + polar * math.sin(math.radians(124.5)), y + polar * math.cos(math.radians(124.5))
    lat_deg = 2.0 * np.degrees(np.arctan(np.hypot(x, y) / (2.0 * MOON_RADIUS))) - 90.0
    lon_deg = np.degrees(np.arctan2(x, y))
    top = np.unravel_index(np.argmax(np.where(near, terrain.elevation(lat_deg, lon_deg), -np.inf)), x.shape)
    site = locate(terrain, "peak", float(lat_deg[top]), float(lon_deg[top]))
    et = hourly("2020-01-01", "2021-01-01")
    light = sun_fraction(site, horizon(site, terrain, heights=(2.0,)), et, height=2.0)
    found = light_statistics(et, light)
    print(
        f"peak near Shackleton: average {100 * found.average:.2f} %, any light {100 * found.any_light:.2f} %"
    )
    assert 100.0 * found.average == pytest.approx(86.0, abs=2.5)
    assert 100.0 * found.any_light == pytest.approx(86.0, abs=2.5)


# Closed forms of shared/truth/sunlight section 3: light for ever over a smooth sphere's pole from 430.8 m up for any
# limb, from 629.7 m for the centre, from 866.3 m for the whole disc. They stand for one lowest elevation of the Sun's
# centre, -e, and one radius, s: acos(R / (R + h)) = e - s, e, e + s.
FOR_EVER = {430.8: 0.0, 629.7: 0.5, 866.3: 1.0}


def dip(height: float) -> float:
    return math.acos(MOON_RADIUS / (MOON_RADIUS + height))


def test_tilt_and_disc_behind_light_for_ever():
    # What e and s those heights mean, against the Sun of a nodal period (18.6 years): e is the mean tilt of the Moon's
    # axis, and the Sun's elevation at the pole swings as a sine of that amplitude, but for the wobble of the axis
    # (0.045 deg, which lets the Sun sink to -1.587 deg at worst) and the Earth's uneven year: 0.005 deg on the mean.
    heights = list(FOR_EVER)
    tilt, radius = dip(heights[1]), 0.5 * (dip(heights[2]) - dip(heights[0]))
    light = site_light(Site("pole", -90.0, 0.0), hourly("2020-01-01", "2038-08-10")[::6])
    amplitude = math.sqrt(2.0 * float(np.mean(light.elevation**2)))
    assert math.degrees(amplitude) == pytest.approx(math.degrees(tilt), abs=0.005)
    assert float(np.degrees(light.radius).mean()) == pytest.approx(math.degrees(radius), abs=0.0005)
    assert math.degrees(float(light.elevation.min())) == pytest.approx(-math.degrees(tilt), abs=0.05)


@pytest.mark.parametrize(("height", "level"), FOR_EVER.items())
def test_heights_of_light_for_ever(height, level):
    # At the mean tilt of the axis (1.5424 deg) and the Sun's radius at 1 au; the heights are given to 0.1 m, which
    # is 0.0001 deg of dip or, at the limbs, 1e-4 of the share, and the radius behind them to 0.0002 deg.
    pole = Site("pole", -90.0, 0.0)
    around = table(pole, np.arange(0.0, 360.0, 0.5), np.full(720, -math.degrees(dip(height))), height)
    radius = math.asin(SUN_RADIUS / AU)
    share = visible_share(math.radians(-1.5424), around.at(np.array([1.0]), height=height), radius)
    assert float(share[0]) == pytest.approx(level, abs=1e-3)
