"""Windows to Mars: grid against single arcs, minima that are minima, dates that do not work."""

import numpy as np
import pytest

from moonstation.constants import GM_SUN, SECONDS_PER_DAY
from moonstation.errors import CoverageError, RequestError
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch
from moonstation.transfers.lambert import solve_lambert
from moonstation.transfers.mars import (
    departure_curve,
    find_mars_windows,
    injection_from_c3,
    mars_porkchop,
    windows_table,
)


@pytest.fixture(scope="module")
def windows():
    return find_mars_windows(Epoch.parse("2030-06-01"), Epoch.parse("2036-01-01"))


def test_the_grid_is_made_of_single_arcs():
    sky = default_ephemeris()
    start = Epoch.parse("2033-04-01").tdb_s
    leave, reach = (
        start + np.arange(3) * 9 * SECONDS_PER_DAY,
        start + (200 + 40 * np.arange(4)) * SECONDS_PER_DAY,
    )
    chop = mars_porkchop(leave, reach)
    earth = sky.state_icrf("emb", leave, center="sun")
    mars = sky.state_icrf("mars", reach, center="sun")
    axis = np.cross(earth[0, :3], earth[0, 3:])
    for i in range(3):
        for j in range(4):
            arc = solve_lambert(earth[i, :3], mars[j, :3], tof=reach[j] - leave[i], gm=GM_SUN, axis=axis)
            out = arc.v1 - earth[i, 3:]
            assert chop.c3.values[i, j] == pytest.approx(out @ out, rel=1e-9)
            assert np.sin(chop.declination.values[i, j]) == pytest.approx(
                out[2] / np.linalg.norm(out), rel=1e-9
            )
            come = np.linalg.norm(arc.v2 - mars[j, 3:])
            assert chop.arrival_speed.values[i, j] == pytest.approx(come, rel=1e-9)
    assert np.isnan(mars_porkchop(reach[-1:], leave[:1]).c3.values).all()


def test_no_date_beside_the_best_is_better(windows):
    assert [window.name for window in windows] == ["2031", "2033", "2035"]
    for window in windows:
        assert [flight.type for flight in window.flights] == ["I", "II"]
        for flight in window.flights:
            days = np.arange(-6, 7) * 0.5 * SECONDS_PER_DAY
            chop = mars_porkchop(flight.departure.tdb_s + days, flight.arrival.tdb_s + days)
            assert float(chop.c3.min()) > flight.c3 - 1.0
            assert float(chop.c3.values[6, 6]) == pytest.approx(flight.c3, rel=1e-6)
            assert 90 < flight.flight_time / SECONDS_PER_DAY < 450


def test_other_aims_find_less_of_what_they_aim_at(windows):
    start, stop = Epoch.parse("2033-01-01"), Epoch.parse("2033-12-31")
    by_speed = find_mars_windows(start, stop, aim="arrival")[0].best("arrival")
    by_sum = find_mars_windows(start, stop, aim="sum")[0].best("sum")
    by_c3 = windows[1].best()
    assert by_speed.arrival_speed < by_sum.arrival_speed < by_c3.arrival_speed
    assert by_c3.c3 < by_sum.c3 < by_speed.c3


def test_the_curve_touches_the_minima(windows):
    best = windows[1].best()
    curve = departure_curve(
        best.departure.tdb_s - 40 * SECONDS_PER_DAY, best.departure.tdb_s + 40 * SECONDS_PER_DAY
    )
    assert np.nanmin(curve.c3.sel(type=best.type)) == pytest.approx(best.c3, rel=0.01)


def test_the_table_tells_types_and_units(windows):
    table = windows_table(windows)
    assert list(table["type"]) == ["I", "II"] * 3
    assert table["c3_km2_s2"].between(7, 20).all()
    assert table["declination_deg"].between(-90, 90).all()
    # sqrt(10 km2/s2 + 2 GM / r) - sqrt(GM / r) at 6578.1366 km
    assert float(injection_from_c3(np.array(10e6))) == pytest.approx(3669.6, abs=0.5)


def test_dates_that_do_not_work_are_told_with_the_nearest_that_do():
    with pytest.raises(RequestError, match=r"no window .* nearest are .*2028-12-0\d, 2031-02-2\d"):
        find_mars_windows(Epoch.parse("2029-06-01"), Epoch.parse("2029-12-31"))
    with pytest.raises(CoverageError, match="kernels cover"):
        find_mars_windows(Epoch.parse("2148-01-01"), Epoch.parse("2149-12-01"))
    with pytest.raises(RequestError, match="end after it begins"):
        find_mars_windows(Epoch.parse("2031-01-01"), Epoch.parse("2030-01-01"))
    with pytest.raises(RequestError, match="c3, arrival, sum"):
        find_mars_windows(Epoch.parse("2030-01-01"), Epoch.parse("2031-01-01"), aim="cheap")
    with pytest.raises(RequestError, match="more than 90 d"):
        find_mars_windows(Epoch.parse("2030-01-01"), Epoch.parse("2031-01-01"), longest_flight=1e6)
