"""Orbit ephemeris messages against the `oem` package (Brad Sease): it reads ours, we read its, both agree."""

import numpy as np
import pytest

from moonstation.formats.oem import write_oem
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.messages import trajectory_from_oem
from moonstation.orbits.propagation import propagate
from moonstation.spacetime.epochs import Epoch

oem = pytest.importorskip("oem")

BETWEEN_M = 1e-5
"""Both evaluate the same polynomials; epochs of 1e9 s are told to 1e-7 s here and to 1e-9 s there, and rows are written
to a micrometre. At 1.6 km/s an epoch off by 1e-9 s is a micrometre; ours are compared at whole seconds."""


@pytest.fixture(scope="module")
def craft():
    epoch = Epoch.parse("2035-01-01T00:00:00 TDB")
    elements = Elements.from_altitudes(100e3, 800e3, inclination=np.radians(70.0))
    state = elements_to_state(elements, axes="ME", epoch=epoch)
    return propagate(state, epoch=epoch, duration=21_600.0, degree=10, name="craft")


@pytest.fixture
def ours(craft, tmp_path):
    et = np.arange(craft.et[0], craft.et[-1] + 1.0, 120.0)
    path = tmp_path / "ours.oem"
    write_oem(
        path, et, states_icrf=craft.state_icrf(et), object_name="CRAFT", object_id="2035-001A",
        creation_date="2035-01-01T00:00:00", interpolation_degree=7,
    )  # fmt: skip
    return path


def test_both_interpolate_alike(craft, ours):
    import astropy.time

    theirs = oem.OrbitEphemerisMessage.open(ours)
    read = trajectory_from_oem(ours)
    first = astropy.time.Time("2035-01-01T00:00:00", scale="tdb")
    (segment,) = theirs.segments
    seconds = np.arange(600.0, 21_000.0, 137.0)
    for after in seconds:
        state = segment(first + astropy.time.TimeDelta(after, format="sec"))
        mine = read.state_icrf(np.array([craft.et[0] + after]))[0]
        assert np.abs(mine[:3] - state.position * 1e3).max() < BETWEEN_M


def test_we_read_what_it_writes(ours, tmp_path):
    theirs = tmp_path / "theirs.oem"
    oem.OrbitEphemerisMessage.open(ours).save_as(theirs, file_format="kvn")
    mine, again = trajectory_from_oem(ours), trajectory_from_oem(theirs)
    np.testing.assert_allclose(again.et, mine.et, atol=1e-6)
    np.testing.assert_allclose(again.states_icrf, mine.states_icrf, rtol=0.0, atol=1e-3)
    assert again.name == mine.name


def test_its_xml_is_refused_in_one_line(ours, tmp_path):
    theirs = tmp_path / "theirs.xml"
    oem.OrbitEphemerisMessage.open(ours).save_as(theirs, file_format="xml")
    with pytest.raises(OSError, match="is XML; give the OEM in keyword = value notation"):
        trajectory_from_oem(theirs)
