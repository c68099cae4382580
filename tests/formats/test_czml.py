"""CZML: what Cesium is told, and how far its interpolation strays."""

import json

import numpy as np
import pytest
from scipy.interpolate import BarycentricInterpolator

from moonstation.errors import RequestError
from moonstation.formats.czml import DEGREE, CzmlOrbiter, CzmlPlace, write_czml


def orbiter(**more):
    seconds = np.arange(0.0, 7200.0, 130.0)
    angle = 9e-4 * seconds
    r_me = 1.84e6 * np.stack([np.cos(angle), np.sin(angle), np.zeros(angle.size)], axis=1)
    return CzmlOrbiter(
        **({"id": "a", "name": "A", "seconds": seconds, "r_me": r_me, "period": 7000.0} | more)
    )


def test_a_scene(tmp_path):
    path = tmp_path / "scene.czml"
    place = CzmlPlace("p", "Base", np.array([0.0, 1.0, -1.7374e6]))
    span = {"start": "2035-01-01T00:00:00.000Z", "stop": "2035-01-01T02:00:00.000Z"}
    write_czml(path, [orbiter(), orbiter(id="b")], [place], **span)
    document, a, b, base = json.loads(path.read_text())
    assert document["version"] == "1.0"
    assert (
        document["clock"]["interval"]
        == a["availability"]
        == "2035-01-01T00:00:00.000Z/2035-01-01T02:00:00.000Z"
    )
    position = a["position"]
    # fixed to the globe: Cesium would turn INERTIAL positions with the Earth
    assert position["referenceFrame"] == base["position"]["referenceFrame"] == "FIXED"
    assert position["interpolationDegree"] == DEGREE
    assert a["point"]["color"] != b["point"]["color"]
    rows = np.array(position["cartesian"]).reshape(-1, 4)
    between = 0.5 * (rows[10, 0] + rows[11, 0])
    near = rows[11 - (DEGREE + 1) // 2 : 11 + (DEGREE + 1) // 2]
    x = BarycentricInterpolator(near[:, 0], near[:, 1])(between)
    assert x == pytest.approx(1.84e6 * np.cos(9e-4 * between), abs=0.2)
    again = tmp_path / "again.czml"
    write_czml(again, [orbiter(), orbiter(id="b")], [place], **span)
    assert again.read_bytes() == path.read_bytes()


def test_refused(tmp_path):
    with pytest.raises(RequestError, match="needs an orbiter"):
        write_czml(tmp_path / "a.czml", [], start="a", stop="b")
    with pytest.raises(RequestError, match="two ascending times"):
        write_czml(tmp_path / "a.czml", [orbiter(seconds=np.zeros(56))], start="a", stop="b")
