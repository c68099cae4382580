"""Pictures of maps: graticule, scale, colours, names that keep clear of each other, and what is told around them."""

import io
import math

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from moonstation.constants import MOON_RADIUS
from moonstation.report import map_overlay
from moonstation.report.graticule import edges, graticule
from moonstation.report.map_labels import Box, Places, around
from moonstation.report.map_looks import choose_band, fitted, look_of
from moonstation.report.map_overlay import scale_bar
from moonstation.report.map_picture import draw_map
from moonstation.terrain.features import Feature, features
from moonstation.terrain.region import MapGrid

CAP = MapGrid(-90.0, 0.0, -300e3, 300e3, 2000.0, 300, 300)
NORTH = MapGrid(90.0, 0.0, -300e3, 300e3, 2000.0, 300, 300)
RIDGE = MapGrid(-90.0, 0.0, -16e3, -6e3, 40.0, 250, 250)
EDGE = MapGrid(-90.0, 0.0, -60e3, 860e3, 1000.0, 120, 120)
PLAIN = MapGrid(7.0, 179.5, -50e3, 40e3, 500.0, 160, 200)
GRIDS = [CAP, NORTH, RIDGE, EDGE, PLAIN]
IDS = ["cap", "north", "ridge", "edge", "across 180 degrees"]


def picture(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) / 255.0


def angle_of(label: str) -> float:
    number = float(label.split("°")[0])
    return -number if label[-1] in "SW" else number


def arc(grid: MapGrid, a: tuple[float, float], b: tuple[float, float]) -> float:
    p, q = grid.directions(*a), grid.directions(*b)
    return 2.0 * math.asin(0.5 * float(np.linalg.norm(p - q))) * MOON_RADIUS


@pytest.mark.parametrize("grid", GRIDS, ids=IDS)
def test_lines_run_where_their_names_say(grid):
    lines = graticule(grid)
    assert 1 <= len(lines.parallels) <= 8
    assert 2 <= len(lines.meridians) <= 12
    for line in (*lines.parallels, *lines.meridians):
        shown = np.isfinite(line.x)
        p = grid.directions(line.x[shown], line.y[shown])
        lat = np.degrees(np.arcsin(p[:, 2]))
        lon = np.degrees(np.arctan2(p[:, 1], p[:, 0]))
        if line in lines.parallels:
            assert np.allclose(lat, angle_of(line.label), atol=1e-6)
        else:
            off = (lon - angle_of(line.label) + 180.0) % 360.0 - 180.0
            assert np.allclose(off[np.abs(lat) < 89.999], 0.0, atol=1e-6)


@pytest.mark.parametrize("grid", GRIDS, ids=IDS)
def test_lines_end_on_the_frame(grid):
    left, right, bottom, top = edges(grid)
    for line in graticule(grid).meridians:
        assert line.ends
        for end in line.ends:
            at = {"left": end.x - left, "right": end.x - right, "bottom": end.y - bottom, "top": end.y - top}
            assert abs(at[end.side]) < 1e-6 * (right - left)
            assert left - 1.0 <= end.x <= right + 1.0
            assert bottom - 1.0 <= end.y <= top + 1.0


def test_all_twelve_spokes_around_a_pole_once():
    names = [line.label for line in graticule(CAP).meridians]
    assert len(names) == len(set(names)) == 12
    assert {"0°", "180°", "90° E", "90° W"} <= set(names)
    assert [line.label for line in graticule(PLAIN).meridians if "180" in line.label] == [
        "180.0°"
    ] or "180°" in [line.label for line in graticule(PLAIN).meridians]


@pytest.mark.parametrize("grid", GRIDS, ids=IDS)
def test_scale_is_true_in_the_middle(grid):
    length, span = scale_bar(grid)
    left, right, bottom, top = edges(grid)
    x, y = 0.5 * (left + right), 0.5 * (bottom + top)
    # beyond the first order, the bar's own length counts: measured with a hundredth of it
    small = 0.005 * span
    assert 100.0 * arc(grid, (x - small, y), (x + small, y)) == pytest.approx(length, rel=1e-6)
    assert 0.05 < span / (right - left) < 0.3
    assert float(f"{length:.0e}"[0]) in (1, 2, 5)


def test_labels_keep_clear_of_each_other():
    places = Places(Box(0.0, 0.0, 100.0, 60.0))
    kept = [places.first_free(around(50.0 + k, 30.0, 30.0, 10.0, 6.0)) for k in range(20)]
    boxes = [box for box in kept if box is not None]
    assert 3 <= len(boxes) < 20
    assert all(box.within(places.frame) for box in boxes)
    assert not any(a.meets(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_no_texts_of_a_crowded_map_overlap(monkeypatch):
    figures = []
    drawn = map_overlay.draw_features

    def watched(axes, *arguments):
        drawn(axes, *arguments)
        figures.append(axes)

    monkeypatch.setattr("moonstation.report.map_picture.draw_features", watched)
    crowd = [
        Feature(f"Crater {k}", -89.9 + 0.07 * (k % 9), 40.0 * k, 9e3 + 100.0 * k, "crater", "", "high")
        for k in range(80)
    ]
    marks = [(-86.0, 100.0 + k, f"Candidate {k}") for k in range(4)]
    draw_map(
        np.zeros((300, 300)),
        CAP,
        look_of("average_sun"),
        title="Crowd",
        features=(*features(), *crowd),
        markers=marks,
        warning="Indicative only",
    )
    [axes] = figures
    texts = [t for t in axes.texts if t.get_text()]
    assert {"Shackleton", "Candidate 0", "Indicative only", "85° S"} <= {t.get_text() for t in texts}
    extents = [t.get_window_extent() for t in texts if not t.get_rotation()]
    overlaps = [(i, j) for i, a in enumerate(extents) for j, b in enumerate(extents[:i]) if a.overlaps(b)]
    assert overlaps == []
    size = axes.figure.canvas.get_width_height()
    assert all(e.x0 >= 0 and e.y0 >= 0 and e.x1 <= size[0] and e.y1 <= size[1] for e in extents)


def test_colours_are_those_of_the_scale():
    values = np.full((250, 250), 0.2)
    values[:, 125:] = 0.7
    look = look_of("average_sun_2m")
    shown = picture(draw_map(values, RIDGE, look, title="Halves"))
    scale = fitted(look, values)
    assert scale.bounds == (20.0, 70.0)
    height, width = shown.shape[:2]
    for share, end in ((0.15, 0.0), (0.6, 1.0)):
        wanted = np.array(mpl.colormaps["inferno"](end)[:3])
        # lines of the graticule cross the strip
        strip = shown[height // 3 : height // 2, int(width * share)]
        assert np.median(np.abs(strip - wanted), axis=0).max() < 0.01


def test_the_first_row_is_on_top_and_unknown_ground_is_grey():
    values = np.full((250, 250), 0.5)
    values[:60] = np.nan
    shown = picture(draw_map(values, RIDGE, look_of("slope"), title="Top"))
    height, width = shown.shape[:2]
    grey = np.array([0xB9, 0xBE, 0xC6]) / 255.0
    assert np.allclose(shown[int(0.2 * height), int(0.45 * width)], grey, atol=0.02)
    assert not np.allclose(shown[int(0.6 * height), int(0.45 * width)], grey, atol=0.02)


def test_relief_shades_and_does_not_move_colours():
    x = np.linspace(-1.0, 1.0, 250)
    hill = 3000.0 * np.exp(-8.0 * (x[:, None] ** 2 + x[None, :] ** 2))
    values = np.full((250, 250), 0.5)
    flat, lit = (
        picture(draw_map(values, RIDGE, look_of("slope"), title="Hill", relief=relief))
        for relief in (np.zeros((250, 250)), hill)
    )
    plain = picture(draw_map(values, RIDGE, look_of("slope"), title="Hill"))
    assert np.array_equal(flat, plain)
    height, width = plain.shape[:2]
    gain = (lit - plain).sum(axis=2)
    # light comes from the upper left
    assert gain[int(0.42 * height), int(0.36 * width)] > 0.0 > gain[int(0.55 * height), int(0.5 * width)]


def test_the_same_picture_whatever_the_settings_of_the_user():
    values = np.random.default_rng(1).random((250, 250))
    first = draw_map(values, RIDGE, look_of("longest_dark"), title="Same")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red", "figure.dpi": 30}):
        second = draw_map(values, RIDGE, look_of("longest_dark"), title="Same")
    assert first == second
    assert b"Software" not in first


@pytest.mark.parametrize("name", ["slope", "permanent_shadow", "longest_dark", "unheard_of_5m"])
@pytest.mark.parametrize("value", [0.0, math.nan, 1.0])
def test_maps_of_one_value_can_be_drawn(name, value):
    grid = MapGrid(-90.0, 0.0, 100.0, 100.0, 40.0, 1, 7)
    assert draw_map(np.full((1, 7), value), grid, look_of(name, unit="1"), title="One")[1:4] == b"PNG"


def test_scales():
    spread = fitted(look_of("longest_dark_2m"), np.array([0.0, 1.0, 3.0, 365.0, 365.0]))
    assert spread.spells
    assert spread.bounds == (1.0, 365.0)
    close = fitted(look_of("longest_dark_2m"), np.array([10.0, 12.0, 31.0]))
    assert not close.spells
    assert close.bounds == (10.0, 35.0)
    assert choose_band(["any_light_2m", "average_sun_2m", "average_sun_10m"], None) == 1
    assert choose_band(["any_light_2m", "average_sun_2m", "average_sun_10m"], "average_sun_10m") == 2
