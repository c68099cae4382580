"""Pictures of orbits: every view is drawn, the same each time, and the globe is turned as it should be."""

from types import SimpleNamespace

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.report.moon_shade import cylindrical_shade, globe_shade, polar_shade
from moonstation.report.orbit_pictures import VIEWS, draw_orbits, view_axes


def line(tilt: float = 1.2, name: str = "a"):
    angle = np.linspace(0.0, 12.0, 200)
    flat = np.stack([np.cos(angle), np.sin(angle) * np.cos(tilt), np.sin(angle) * np.sin(tilt)], axis=1)
    return SimpleNamespace(
        name=name,
        et=1.1e9 + 1000.0 * angle,
        lat=np.arcsin(flat[:, 2]),
        lon=np.arctan2(flat[:, 1], flat[:, 0]),
        altitude=1e5 + 1e4 * np.cos(angle),
        r_held=1.84e6 * flat,
    )


@pytest.mark.parametrize("view", VIEWS)
def test_every_view(view: str) -> None:
    site = SimpleNamespace(name="Ridge", lat_deg=-89.0, lon_deg=220.0)
    picture = draw_orbits([line()], view=view, places=[site])
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert picture == draw_orbits([line()], view=view, places=[site])
    assert picture != draw_orbits([line(0.7), line(name="b")], view=view, places=[site])


def test_an_unknown_view() -> None:
    with pytest.raises(RequestError, match="--view top: is unknown; give one of all, track"):
        draw_orbits([line()], view="top")


@pytest.mark.parametrize("tilt", [0.0, 0.4, np.pi / 2, 3.0])
def test_the_eye_looks_along_right_handed_axes(tilt: float) -> None:
    axes = view_axes(line(tilt).r_held)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    momentum = np.array([0.0, -np.sin(tilt), np.cos(tilt)])
    assert axes[2] @ momentum > 0.5, "the orbit shows as an open curve"


def test_shades() -> None:
    flat = cylindrical_shade(90)
    assert flat.shape == (90, 180)
    south, half = polar_shade(60.0, 101)
    # the edge of the picture is 60 deg from the equator: 2 R tan 15 deg
    assert half == pytest.approx(2.0 * 1_737_400.0 * np.tan(np.radians(15.0)))
    assert np.isfinite(south).all()
    globe = globe_shade(np.eye(3), 61)
    assert np.isnan(globe[0, 0])
    assert 0.4 < np.nanmin(globe) < np.nanmax(globe) < 1.0
    # lit from the upper left
    assert np.nanmean(globe[:30, :30]) > np.nanmean(globe[31:, 31:]) + 0.1
