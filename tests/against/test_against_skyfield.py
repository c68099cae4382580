"""Ground stations on the turning Earth against skyfield (wgs84 stations, IAU 2000A nutation, its own time scales)."""

import numpy as np
import pytest
from skyfield.api import load, wgs84
from skyfield.timelib import Timescale

from moonstation.constants import SECONDS_PER_DAY
from moonstation.spacetime.earth import GroundStation, station_positions_gcrs
from moonstation.spacetime.epochs import utc_to_tdb

AU = 149_597_870_700.0
STATIONS = [
    GroundStation("kashgar", "Kashgar", 38.4553, 76.7279, 1300.0),
    GroundStation("malargue", "Malargue", -35.776, -69.398, 1550.0),
    GroundStation("equator", "Equator", 0.0, 0.0, 0.0),
    GroundStation("pole", "South Pole", -90.0, 0.0, 2800.0),
]


@pytest.fixture(scope="module")
def timescale() -> Timescale:
    """Skyfield's time with UT1 = UTC after 2017, as ours has it: delta T = 32.184 s + 37 s."""
    built_in = load.timescale(builtin=True)
    always = np.array([2.4e6, 2.5e6]), np.array([69.184, 69.184])
    return Timescale(always, built_in.leap_dates, built_in.leap_offsets)


@pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.id)
def test_station_positions(station: GroundStation, timescale: Timescale) -> None:
    et = np.random.default_rng(8).uniform(*utc_to_tdb(np.array(["2020-01-01", "2050-01-01"], "M8[D]")), 200)
    place = wgs84.latlon(station.lat_deg, station.lon_deg, elevation_m=station.alt_m)
    time = timescale.tdb_jd(2451545.0, et / SECONDS_PER_DAY)
    expected = place.at(time).position.au.T * AU
    error = np.linalg.norm(station_positions_gcrs(station, et) - expected, axis=1)
    # Skyfield turns by GMST and the equation of the equinoxes (IAU 2000, precession 2006), we by the Earth rotation
    # angle about the intermediate origin: 1 mas apart at most, 3 cm; UTC here is rounded to a microsecond, 0.5 mm.
    assert np.max(error) < 0.1


def test_true_rotation_lies_within_the_error_that_is_stated() -> None:
    station = STATIONS[2]
    # years in which skyfield's table of UT1 is measured, not predicted
    et = utc_to_tdb(np.arange("1985-01-01", "2022-01-01", 30, dtype="datetime64[D]"))
    time = load.timescale(builtin=True).tdb_jd(2451545.0, et / SECONDS_PER_DAY)
    expected = wgs84.latlon(0.0, 0.0).at(time).position.au.T * AU
    error = np.linalg.norm(station_positions_gcrs(station, et) - expected, axis=1)
    assert 50.0 < np.max(error) < 420.0
