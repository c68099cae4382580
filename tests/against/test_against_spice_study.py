"""A whole study against SPICE and plain loops: what its written files say, computed once more from its station file.

Nothing of the package computes here: kernels, horizon table and rules are read as any user could, directions come
from SPICE, power from a loop written after the docstrings of `moonstation.simulation`. The span holds the total
eclipse of 2029-06-26, as the Moon sees it.
"""

import csv
import json
import math
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
import spiceypy
import xarray as xr

from moonstation.api import study
from spice_oracle import ME, azimuth_elevation, spice_kernels

STATION = """
[station]
name = "Test"
start = 2029-06-18
span = "14 d"

[[site]]
id = "ridge"
lat = "-88.8 deg"
lon = "123.4 deg"
height = "4 m"
horizon = "change7-reference"

[[element]]
id = "lander"
site = "ridge"
kind = "lander"
load_nominal = "900 W"
load_survival = "200 W"
array_power = "1.2 kW"
array_height = "2 m"
array_degradation = "0.02 1/yr"
battery_capacity = "9 kWh"
battery_efficiency = 0.81
battery_reserve = 0.25
battery_charge = "400 W"
battery_start = 0.9

[[orbiter]]
id = "relay"
periapsis_altitude = "300 km"
apoapsis_altitude = "8600 km"
inclination = "55 deg"
arg_periapsis = "90 deg"
true_anomaly = "30 deg"
relay = true

[[requirement]]
id = "served"
metric = "bus.ridge.unserved"
at_most = "0 kWh"
"""
LAT, LON, GROUND, HEIGHT = -88.8, 123.4, 1632.369, 4.0
MOON, SUN, EARTH, AU = 1737.4, 695_700.0, 6371.0084, 149_597_870.7
STEP = 600.0
LIGHT = 299_792.458


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    spice_kernels()
    place = tmp_path_factory.mktemp("spice")
    (place / "test.toml").write_text(STATION, encoding="utf-8")
    study(place / "test.toml", out=place / "out")
    return place / "out"


@pytest.fixture(scope="module")
def series(folder):
    with xr.open_dataset(folder / "timeseries.nc") as found:
        return found.load()


@pytest.fixture(scope="module")
def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def et_of(times):
    return np.array([spiceypy.str2et(str(t).rstrip("Z")) for t in times])


def site_me(height):
    """The antenna at a height, ME [km]."""
    up = np.array(spiceypy.latrec(1.0, math.radians(LON), math.radians(LAT)))
    return (MOON + (GROUND + height) / 1e3) * up


@lru_cache
def edge(height):
    """Azimuths and elevations [deg] of the packaged table at a height between its 2 and 10 m."""
    table = files("moonstation") / "data/horizons/change7-reference.csv"
    lines = [line for line in table.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    az, low, high = (
        np.array([float(row[name]) for row in rows])
        for name in ("azimuth_deg", "elevation_deg_2m", "elevation_deg_10m")
    )
    profile = low + (high - low) * (height - 2.0) / 8.0
    return np.r_[az, 360.0], np.r_[profile, profile[0]]


def terrain(azimuth_deg, height):
    """Horizon of the site [deg]."""
    return np.interp(np.asarray(azimuth_deg) % 360.0, *edge(height))


@pytest.fixture(scope="module")
def sky(folder, series):
    """Apparent Sun and Earth in ME [km] at every step, SPICE."""
    place = site_me(0.0)
    return {
        body: np.array(
            [
                spiceypy.spkcpo(body, et, ME, "OBSERVER", "LT+S", place, "MOON", ME)[0][:3]
                for et in et_of(series.time.values)
            ]
        )
        for body in ("SUN", "EARTH")
    }


def up_share(sun, height):
    """Share of the Sun's disc above the terrain, level across the disc, by the circle's segment."""
    az, el = azimuth_elevation(sun, LAT, LON)
    radius = np.degrees(np.arcsin(SUN / np.linalg.norm(sun, axis=1)))
    half = np.arccos(np.clip((terrain(az, height) - el) / radius, -1.0, 1.0))
    return (half - np.sin(half) * np.cos(half)) / np.pi


def hidden_share(sun, earth):
    """Share of the Sun's disc behind the Earth, by a grid of points on the disc: good to about 1e-3."""
    grid = (np.arange(120) + 0.5) / 60.0 - 1.0
    x, y = (a[np.hypot(*np.meshgrid(grid, grid)) < 1.0] for a in np.meshgrid(grid, grid))
    hidden = np.zeros(len(sun))
    for k, (s, e) in enumerate(zip(sun, earth, strict=True)):
        radius, front = SUN / np.linalg.norm(s), math.asin(EARTH / np.linalg.norm(e))
        if spiceypy.vsep(s, e) < math.asin(radius) + front:
            side = np.cross(s, [0.0, 0.0, 1.0])
            side /= np.linalg.norm(side)
            over = np.cross(side, s / np.linalg.norm(s))
            points = s / np.linalg.norm(s) + radius * (x[:, None] * side + y[:, None] * over)
            cosine = points @ e / np.linalg.norm(points, axis=1) / np.linalg.norm(e)
            hidden[k] = np.mean(cosine > math.cos(front))
    return hidden


def test_light(series, summary, sky):
    az, el = azimuth_elevation(sky["SUN"], LAT, LON)
    at = series.sel(site="ridge")
    np.testing.assert_allclose(at.sun_azimuth_deg, az, atol=1e-6)
    np.testing.assert_allclose(at.sun_elevation_deg, el, atol=1e-6)
    az, el = azimuth_elevation(sky["EARTH"], LAT, LON)
    np.testing.assert_allclose(at.earth_azimuth_deg, az, atol=1e-6)
    np.testing.assert_allclose(at.earth_elevation_deg, el, atol=1e-6)
    hidden = hidden_share(sky["SUN"], sky["EARTH"])
    assert hidden.max() == 1.0, "the eclipse must be in the span"
    np.testing.assert_allclose(at.sun_eclipsed, hidden, atol=2e-3)  # the grid's own error
    up = up_share(sky["SUN"], HEIGHT)
    assert (up == 0.0).any(), "terrain must hide the Sun for a while"
    assert ((up > 0.0) & (up < 1.0)).any(), "and part of it"
    np.testing.assert_allclose(at.sun_fraction, up * (1.0 - at.sun_eclipsed), atol=1e-6)

    dark = (up <= 0.0) | (hidden >= 1.0)
    edges = np.flatnonzero(np.diff(np.r_[0, dark.astype(int), 0]))
    sun = summary["sites"][0]["sun"]
    assert sun["longest_dark_d"] == pytest.approx(np.max(edges[1::2] - edges[::2]) * STEP / 86_400.0)
    assert sun["any_light"] == pytest.approx(np.mean(~dark))
    assert sun["average"] == pytest.approx(np.mean(up * (1.0 - hidden)), abs=1e-5)


def orbit_of(folder):
    """Epochs [s] and states [km, km/s] of the ephemeris message."""
    text = (folder / "orbits/relay.oem").read_text(encoding="utf-8").split("META_STOP")[1]
    rows = [line.split() for line in text.splitlines() if line.strip()]
    et = np.array([spiceypy.str2et(row[0].replace("T", " ") + " TDB") for row in rows])
    return et, np.array([[float(v) for v in row[1:]] for row in rows])


def position(orbit, et):
    """Position [km] by SPICE's own Hermite interpolation over four rows, as the message advises."""
    epochs, states = orbit
    k = int(np.clip(np.searchsorted(epochs, et) - 2, 0, epochs.size - 4))
    x = epochs[k : k + 4] - epochs[k]
    return np.array(
        [spiceypy.hrmint(x, states[k : k + 4, [i, i + 3]].ravel(), et - epochs[k])[0] for i in range(3)]
    )


def above(orbit, et):
    """Elevation of the orbiter over the terrain, and over the horizontal [deg]; received aboard at `et`."""
    place = site_me(HEIGHT)
    r = position(orbit, et)
    sent = et - np.linalg.norm(spiceypy.pxform("J2000", ME, et) @ r - place) / LIGHT
    az, el = azimuth_elevation((spiceypy.pxform("J2000", ME, sent) @ r - place)[None, :], LAT, LON)
    return float(el[0] - terrain(az, HEIGHT)[0]), float(el[0])


def test_orbit_begins_at_its_elements(folder):
    epochs, states = orbit_of(folder)
    start = spiceypy.str2et("2029-06-18T00:00:00")
    assert epochs[0] == pytest.approx(start, abs=2e-6)
    low, high, mu = MOON + 300.0, MOON + 8600.0, 4902.8001224453001
    ecc, nu = (high - low) / (high + low), math.radians(30.0)
    # SPICE takes mean anomaly: by the eccentric one (Kepler).
    anomaly = 2.0 * math.atan(math.sqrt((1.0 - ecc) / (1.0 + ecc)) * math.tan(nu / 2.0))
    mean = anomaly - ecc * math.sin(anomaly)
    state = spiceypy.conics([low, ecc, math.radians(55.0), 0.0, math.radians(90.0), mean, start, mu], start)
    turn = spiceypy.pxform(ME, "J2000", start)
    np.testing.assert_allclose(states[0, :3], turn @ state[:3], atol=1e-8)  # 10 um
    np.testing.assert_allclose(states[0, 3:], turn @ state[3:], atol=1e-11)


def test_contacts_of_site_and_orbiter(folder, summary):
    orbit = orbit_of(folder)
    with (folder / "contacts.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["to"] == "relay"]
    windows = [tuple(et_of([row["start_utc"], row["end_utc"]])) for row in rows]
    begin, end = orbit[0][0], orbit[0][-1]
    assert len(windows) > 10
    for row, (rise, fall) in zip(rows, windows, strict=True):
        if rise > begin + 1.0:
            assert above(orbit, rise - 0.5)[0] < 0.0 < above(orbit, rise + 0.5)[0]
        if fall < end - 1.0:
            assert above(orbit, fall - 0.5)[0] > 0.0 > above(orbit, fall + 0.5)[0]
        if row["clipped"] == "False":
            peak = max(above(orbit, et)[1] for et in np.linspace(rise, fall, 150))
            assert float(row["max_elevation_deg"]) == pytest.approx(peak, abs=0.02)
    # no window and no gap of ten minutes is left out
    for et in np.arange(begin + 1.0, end - 1.0, STEP):
        inside = any(rise <= et <= fall for rise, fall in windows)
        assert inside == (above(orbit, et)[0] > 0.0), spiceypy.et2utc(et, "ISOC", 0)

    link = summary["sites"][0]["relay_link"]
    length = sum(fall - rise for rise, fall in windows)
    assert link["share"] == pytest.approx(length / (14 * 86_400.0), abs=1e-6)
    gap = max(later[0] - earlier[1] for earlier, later in pairwise(windows))
    assert link["longest_gap_h"] == pytest.approx(gap / 3600.0, abs=1e-5)


def test_power_of_the_bus(series, summary, sky):
    at = series.sel(bus="ridge", array="lander")
    distance = np.linalg.norm(sky["SUN"], axis=1)
    years = np.arange(series.time.size) * STEP / (365.25 * 86_400.0)
    hidden = series.sun_eclipsed.sel(site="ridge").values
    array = 1200.0 * up_share(sky["SUN"], 2.0) * (1.0 - hidden) * (AU / distance) ** 2 * 0.98**years
    np.testing.assert_allclose(at.array_power_w, array, atol=1e-3)
    np.testing.assert_array_equal(at.generation_w, at.array_power_w)

    full, reserve, one_way, limit = 9.0 * 3.6e6, 0.25 * 9.0 * 3.6e6, 0.9, 400.0
    held, charge, mode, unserved = 0.9 * full, [], [], []
    surviving = False
    for power in at.generation_w.values:
        charge.append(held)
        usable, gives = (held - reserve) / (full - reserve), (held - reserve) * one_way / STEP
        carries = power + gives >= 900.0
        falls = not carries or (usable < 0.3 and power < 900.0)
        surviving = not (carries and usable >= 0.5) if surviving else falls
        load = 200.0 if surviving else 900.0
        if power >= load:
            held = min(full, held + min(power - load, limit) * one_way * STEP)
            missing = 0.0
        else:
            given = min(load - power, gives)
            held = max(reserve, held - given / one_way * STEP)
            missing = load - power - given
        missing = missing if missing > 1e-9 else 0.0
        unserved.append(missing)
        mode.append(2 if missing else int(surviving))
    assert set(mode) >= {0, 1}, "both modes must happen"
    np.testing.assert_allclose(at.charge_j, charge, atol=1.0)
    np.testing.assert_array_equal(at["mode"], mode)
    np.testing.assert_allclose(at.unserved_w, unserved, atol=1e-6)

    energy = summary["energy"][0]
    assert energy["reserve_lowest"] == pytest.approx(min([*charge, held]) / full)
    assert energy["survival_h"] == pytest.approx(np.count_nonzero(mode) / 6.0)
    assert energy["generated_kwh"] == pytest.approx(np.sum(array) / 6.0 / 1e3, rel=1e-6)
    missing = sum(unserved) / 6.0 / 1e3
    assert energy["unserved_kwh"] == pytest.approx(missing, abs=1e-9)
    verdict = summary["requirements"][0]
    assert verdict["value"] == pytest.approx(missing, abs=1e-9)
    assert verdict["verdict"] == ("met" if missing == 0.0 else "not met")
