"""OEM files: read back by the `oem` package, the same bytes each time, whole or not at all."""

import numpy as np
import pytest

from moonstation.errors import OutputError, RequestError
from moonstation.formats.oem import tdb_text, write_oem

oem = pytest.importorskip("oem")

FACTS = {"object_name": "QUEQIAO-2", "object_id": "2024-051A", "creation_date": "2028-01-01T00:00:00"}


def circle(n=50, step=600.0):
    et = 883_569_600.0 + step * np.arange(n)
    angle = 8.9e-4 * (et - et[0])
    zero = np.zeros(n)
    states = np.stack([np.cos(angle), np.sin(angle), zero, -np.sin(angle), np.cos(angle), zero], axis=1)
    return et, states * np.array([1.838e6] * 3 + [1633.0] * 3)


def test_read_back_by_another_reader(tmp_path):
    et, states = circle()
    path = tmp_path / "orbit.oem"
    write_oem(path, et, states_icrf=states, comments=["Gravity to degree 50 — Earth, Sun"], **FACTS)
    message = oem.OrbitEphemerisMessage.open(path)
    (segment,) = message.segments
    assert segment.metadata["OBJECT_NAME"] == "QUEQIAO-2"
    assert segment.metadata["OBJECT_ID"] == "2024-051A"
    assert segment.metadata["CENTER_NAME"] == "MOON"
    assert segment.metadata["REF_FRAME"] == "ICRF"
    assert segment.metadata["TIME_SYSTEM"] == "TDB"
    assert segment.metadata["INTERPOLATION"] == "HERMITE"
    assert segment.metadata["INTERPOLATION_DEGREE"] == 7
    assert message.header["ORIGINATOR"] == "MOONSTATION"
    rows = list(segment)
    assert len(rows) == len(et)
    for row, seconds, state in zip(rows, et, states, strict=True):
        # Written to a micrometre and a nanometre per second.
        np.testing.assert_allclose(row.position * 1e3, state[:3], atol=1e-6)
        np.testing.assert_allclose(row.velocity * 1e3, state[3:], atol=1e-9)
        assert (row.epoch - rows[0].epoch).sec == pytest.approx(seconds - et[0], abs=1e-6)
    assert rows[0].epoch.isot.startswith("2028-01-01T00:00:00.000")
    assert rows[0].epoch.scale == "tdb"


def test_keywords_stand_in_the_order_of_the_standard(tmp_path):
    et, states = circle(3)
    path = tmp_path / "orbit.oem"
    write_oem(path, et, states_icrf=states, comments=["one", "two\nlines"], **FACTS)
    lines = path.read_text("ascii").splitlines()
    words = [line.split(" = ")[0] for line in lines]
    assert words[:3] == ["CCSDS_OEM_VERS", "CREATION_DATE", "ORIGINATOR"]
    assert words[5:8] == ["COMMENT one", "COMMENT two", "COMMENT lines"]
    assert words[8:15] == [
        "OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME",
    ]  # fmt: skip
    # Three states define a Hermite polynomial of degree 5.
    assert "INTERPOLATION_DEGREE = 5" in lines
    assert lines[-1].startswith("2028-01-01T00:20:00.000000 ")


def test_same_inputs_same_bytes(tmp_path):
    et, states = circle()
    for name in ("a", "b"):
        write_oem(tmp_path / name, et, states_icrf=states, **FACTS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_epochs_keep_microseconds():
    texts = tdb_text(np.array([-43200.0, 0.0, 0.999999, 883_569_600.25, 2.9e9]))
    assert texts == [
        "2000-01-01T00:00:00.000000",
        "2000-01-01T12:00:00.000000",
        "2000-01-01T12:00:00.999999",
        "2028-01-01T00:00:00.250000",
        "2091-11-24T07:33:20.000000",
    ]
    assert tdb_text(np.array([0.9999999])) == ["2000-01-01T12:00:01.000000"]


@pytest.mark.parametrize(
    "change",
    [
        {"object_name": ""},
        {"object_name": "two\nlines"},
        {"object_id": "naïve"},
        {"creation_date": " "},
        {"states_icrf": np.zeros((3, 6))},
        {"states_icrf": np.full((50, 6), np.nan)},
    ],
)
def test_what_cannot_stand_in_an_oem(tmp_path, change):
    et, states = circle()
    with pytest.raises(RequestError) as caught:
        write_oem(tmp_path / "x.oem", et, **{"states_icrf": states, **FACTS, **change})
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_epochs_must_increase(tmp_path):
    et, states = circle()
    with pytest.raises(RequestError, match="increase"):
        write_oem(tmp_path / "x.oem", et[::-1], states_icrf=states, **FACTS)


def test_failure_leaves_the_older_file(tmp_path, monkeypatch):
    et, states = circle()
    path = tmp_path / "orbit.oem"
    path.write_text("older")

    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_oem(path, et, states_icrf=states, **FACTS)
    assert path.read_text() == "older"
    assert [p.name for p in tmp_path.iterdir()] == ["orbit.oem"]


def test_missing_folder(tmp_path):
    et, states = circle()
    with pytest.raises(OutputError, match="give another folder"):
        write_oem(tmp_path / "none" / "x.oem", et, states_icrf=states, **FACTS)
