"""The turning Earth and stations on it; positions are held to skyfield in tests/against."""

import warnings

import erfa
import numpy as np
import pytest

from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.earth import BLOCK_DAYS, EarthRotation, GroundStation, station_positions_gcrs
from moonstation.spacetime.epochs import utc_to_tdb

ET = np.sort(
    np.random.default_rng(4).uniform(*utc_to_tdb(np.array(["2020-01-01", "2060-01-01"], "M8[D]")), 300)
)


def reference_rotation(et: np.ndarray) -> np.ndarray:
    """Without nodes, by the library's own chain; 37 leap seconds and UT1 = UTC throughout."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        ut1_days = (et - 32.184 - 37.0) / 86_400.0
        celestial = erfa.c2t06a(2451545.0, et / 86_400.0, 2451545.0, ut1_days, 0.0, 0.0)
    return celestial.transpose(0, 2, 1)


def test_rotation_against_the_library_without_nodes() -> None:
    error = EarthRotation().rotation_itrs_to_gcrs(ET) - reference_rotation(ET)
    # TDB stands for TT: 1.7 ms of turn, 1.2e-7; the rest is the cubics through daily nodes, 1.4e-9
    assert np.max(np.abs(error)) < 1.3e-7
    pole = error[
        :, :, 2
    ]  # the pole does not turn: its error is that of the cubics, 0.3 mas, and of TDB for TT
    assert np.max(np.abs(pole)) < 2e-9


def test_edges_of_the_blocks_in_which_nodes_are_kept() -> None:
    edges = SECONDS_PER_DAY * BLOCK_DAYS * np.arange(-3.0, 400.0, 31.0)
    for et in np.concatenate([edges + part * SECONDS_PER_DAY for part in (-1.5, -0.5, 0.0, 0.5)]):
        if et > utc_to_tdb(np.array(["2017-01-02"], "M8[D]"))[0]:
            error = EarthRotation().rotation_itrs_to_gcrs(et) - reference_rotation(np.array([et]))
            assert np.max(np.abs(error)) < 1.3e-7


def test_rotations_are_rotations() -> None:
    turn = EarthRotation().rotation_itrs_to_gcrs(ET)
    np.testing.assert_allclose(
        turn @ turn.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turn.shape), atol=1e-14
    )
    np.testing.assert_allclose(np.linalg.det(turn), 1.0, atol=1e-14)


def test_earth_turns_eastward_once_a_sidereal_day() -> None:
    start = ET[0]
    place = GroundStation("a", "A", 0.0, 0.0, 0.0)
    r = station_positions_gcrs(place, [start, start + 600.0, start + 86_164.0905])
    assert np.cross(r[0], r[1])[2] > 0.0
    assert np.linalg.norm(r[2] - r[0]) < 20.0


def test_one_time_is_as_many() -> None:
    turn = EarthRotation()
    many = turn.rotation_itrs_to_gcrs(ET)
    np.testing.assert_array_equal(turn.rotation_itrs_to_gcrs(ET[7])[0], many[7])
    assert turn.rotation_itrs_to_gcrs([]).shape == (0, 3, 3)


def test_station_on_the_ellipsoid() -> None:
    # WGS 84: semi-axes 6378137 m and 6356752.3142 m
    assert GroundStation("e", "Equator", 0.0, 90.0, 100.0).r_itrs == pytest.approx(
        [0.0, 6_378_237.0, 0.0], abs=1e-6
    )
    assert GroundStation("p", "Pole", 90.0, 0.0, 0.0).r_itrs == pytest.approx(
        [0.0, 0.0, 6_356_752.3142], abs=1e-4
    )
    station = GroundStation("a", "A", 45.0, 30.0, 0.0)
    above = GroundStation("b", "B", 45.0, 30.0, 1000.0)
    np.testing.assert_allclose(above.r_itrs - station.r_itrs, 1000.0 * station.zenith_itrs, atol=1e-6)


def test_station_off_the_earth() -> None:
    with pytest.raises(RequestError, match="ground station a: 95"):
        GroundStation("a", "A", 95.0, 0.0, 0.0)
