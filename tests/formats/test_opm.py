"""OPM: every field of the standard comes back as it was written."""

import pytest

from moonstation.errors import DataFileError, RequestError
from moonstation.formats.opm import (
    COVARIANCE_KEYS,
    ELEMENT_UNITS,
    SPACECRAFT_UNITS,
    Manoeuvre,
    Opm,
    read_opm,
    write_opm,
)

META = {
    "CREATION_DATE": "2035-01-01T00:00:00",
    "ORIGINATOR": "TEST",
    "OBJECT_NAME": "CRAFT",
    "OBJECT_ID": "2035-001A",
    "CENTER_NAME": "MOON",
    "REF_FRAME": "ICRF",
    "TIME_SYSTEM": "TDB",
}

# Layout of CCSDS 502.0-B-2, annex G, example "OPM with optional Keplerian elements and maneuvers", about the Moon.
BY_HAND = """\
CCSDS_OPM_VERS = 2.0
CREATION_DATE = 2035-182T22:00:00
ORIGINATOR = GSOC
OBJECT_NAME = ORBITER 1
OBJECT_ID = 2034-021A
CENTER_NAME = MOON
REF_FRAME = EME2000
TIME_SYSTEM = UTC
EPOCH = 2035-06-03T00:00:00.000
X = 1900.5 [km]
Y = 0.0  [km]
Z = -1.25E1 [km]
X_DOT = 0.0 [km/s]
Y_DOT = 1.6 [km/s]
Z_DOT = 0.1 [km/s]
COMMENT spacecraft parameters
MASS = 1913.000 [kg]
SOLAR_RAD_AREA = 10.000 [m**2]
SOLAR_RAD_COEFF = 1.300
COMMENT 2 planned manoeuvres
MAN_EPOCH_IGNITION = 2035-154T09:00:34.1
MAN_DURATION = 132.60 [s]
MAN_DELTA_MASS = -18.418 [kg]
MAN_REF_FRAME = EME2000
MAN_DV_1 = -0.02325700 [km/s]
MAN_DV_2 = 0.01683160 [km/s]
MAN_DV_3 = -0.00893444 [km/s]
MAN_EPOCH_IGNITION = 2035-06-05T18:59:21.0
MAN_DURATION = 0.00 [s]
MAN_DELTA_MASS = -1.469 [kg]
MAN_REF_FRAME = RTN
MAN_DV_1 = 0.00101500 [km/s]
MAN_DV_2 = -0.00187300 [km/s]
MAN_DV_3 = 0.00000000 [km/s]
USER_DEFINED_EARTH_MODEL = WGS-84
"""


def test_every_field_comes_back(tmp_path):
    path = tmp_path / "a.opm"
    message = Opm(
        meta=META,
        epoch="2035-01-01T00:00:00.125000",
        state=(1900.0, -1.5, 2.25, 0.125, 1.5, -0.0625),
        elements={key: 1.0 + i for i, key in enumerate(ELEMENT_UNITS) if key != "MEAN_ANOMALY"},
        spacecraft={key: 10.0 + i for i, key in enumerate(SPACECRAFT_UNITS)},
        covariance={key: 1e-6 * (i + 1) for i, key in enumerate(COVARIANCE_KEYS)},
        covariance_frame="RTN",
        manoeuvres=(Manoeuvre("2035-01-02T00:00:00", 12.5, -3.25, "TNW", (0.5, -0.25, 0.0)),),
        user={"NOTE": "one"},
        comments=("first", "second"),
    )
    write_opm(path, message)
    found = read_opm(path)
    for name in (
        "meta",
        "epoch",
        "state",
        "elements",
        "spacecraft",
        "covariance",
        "covariance_frame",
        "manoeuvres",
    ):
        assert getattr(found, name) == getattr(message, name), name
    assert (found.user, found.comments) == (message.user, message.comments)
    assert len(COVARIANCE_KEYS) == 21
    assert COVARIANCE_KEYS[-1] == "CZ_DOT_Z_DOT"


def test_a_message_written_by_hand(tmp_path):
    path = tmp_path / "hand.opm"
    path.write_text(BY_HAND)
    found = read_opm(path)
    assert found.state == (1900.5, 0.0, -12.5, 0.0, 1.6, 0.1)
    assert found.spacecraft == {"MASS": 1913.0, "SOLAR_RAD_AREA": 10.0, "SOLAR_RAD_COEFF": 1.3}
    first, second = found.manoeuvres
    assert (first.duration, first.delta_mass, first.frame) == (132.6, -18.418, "EME2000")
    assert second.delta_v == (0.001015, -0.001873, 0.0)
    assert found.user == {"EARTH_MODEL": "WGS-84"}
    assert found.comments == ("spacecraft parameters", "2 planned manoeuvres")
    assert str(found.moment.clock) == "2035-06-03T00:00:00"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("MASS = 1913.000 [kg]", "MASS = 1913.000 [kg]\nMASS = 1", "line 18: MASS is given twice"),
        ("MAN_EPOCH_IGNITION = 2035-154T09:00:34.1\n", "", "MAN_DURATION comes before MAN_EPOCH_IGNITION"),
        ("2035-154T09:00:34.1", "2035-400T09:00:34.1", "line 21: '2035-400T09:00:34.1' is no time"),
        ("MAN_DURATION = 132.60", "MAN_DURATION = -1", "MAN_DURATION is below zero"),
        ("X = 1900.5", "X = inf", "line 10: X is inf; give a finite number"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, old, new, error):
    path = tmp_path / "hand.opm"
    assert old in BY_HAND
    path.write_text(BY_HAND.replace(old, new))
    with pytest.raises(DataFileError, match=error):
        read_opm(path)


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(RequestError, match="an OPM takes OBJECT_ID"):
        write_opm(tmp_path / "a.opm", Opm(META | {"OBJECT_ID": " "}, "2035-01-01T00:00:00", (1.0,) * 6))
    with pytest.raises(RequestError, match="cannot stand in an OPM"):
        write_opm(tmp_path / "a.opm", Opm(META | {"OBJECT_ID": "a\nb"}, "2035-01-01T00:00:00", (1.0,) * 6))
    assert not list(tmp_path.iterdir())
