"""PDS3 images read back bit for bit and pixel for pixel, and labels that are refused."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from moonstation.errors import DataFileError
from moonstation.formats.geotiff import read_elevation
from moonstation.terrain.elevation import ElevationModel
from pds3_writer import DEGREE, label, power_law, write_pds3
from terrain_reference import NORTH_POLAR, SOUTH_POLAR, polar_position, write_geotiff

R = 1_737_400.0
SHAPE = (96, 96)
PIXEL = 20.0


def polar_centres(shape: tuple[int, int], pixel: float, south: bool) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude [deg] of LOLA's polar pixels by DSMAP_POLAR.CAT: X = (I - N/2 - 0.5) MAP_SCALE."""
    sample, line = np.meshgrid(np.arange(1, shape[1] + 1), np.arange(1, shape[0] + 1))
    x, down = (sample - shape[1] / 2 - 0.5) * pixel, (line - shape[0] / 2 - 0.5) * pixel
    return tuple(np.degrees(angle) for angle in polar_position(x, -down, south=south))


INNER = np.s_[1:-1, 1:-1]


def kinds(heights: np.ndarray) -> dict[str, tuple[np.ndarray, dict[str, object]]]:
    half_metres = np.round(2 * heights)
    metre = {"bits": 32, "unit": "METER", "scale": 1.0, "offset": "0."}
    return {
        "LSB 16": (half_metres.astype("<i2"), {}),
        "MSB 16": (half_metres.astype(">i2"), {"kind": "MSB_INTEGER"}),
        "real, radius": (heights.astype("<f4"), {**metre, "kind": "PC_REAL", "offset": "1737400."}),
        "real, big end first": (heights.astype(">f4"), {**metre, "kind": "IEEE_REAL"}),
        "real, km": (
            (heights / 1e3).astype("<f4"),
            {"kind": "PC_REAL", "bits": 32, "unit": "KILOMETER", "scale": 1.0, "offset": "1737.4"},
        ),
    }


@pytest.mark.parametrize("south", [True, False])
@pytest.mark.parametrize("kind", list(kinds(np.zeros((2, 2)))))
def test_a_polar_image_is_read_back_bit_for_bit_and_in_its_place(
    tmp_path: Path, kind: str, south: bool
) -> None:
    heights = power_law(SHAPE, PIXEL)
    samples, words = kinds(heights)[kind]
    path = write_pds3(tmp_path, "LDEM_TEST", samples, south=south, pixel=PIXEL, **words)
    window = read_elevation(path)
    assert not window.warped
    # heights in km lose the last bits of their metres in the file, not in reading
    truth = (
        (samples.astype(float) * 1e3).astype(np.float32) if kind == "real, km" else heights.astype(np.float32)
    )
    np.testing.assert_array_equal(window.heights, truth)
    model = ElevationModel([window], None)
    lat, lon = polar_centres(SHAPE, PIXEL, south)
    # neighbours differ by metres: half a pixel off would show
    np.testing.assert_allclose(model.elevation(lat[INNER], lon[INNER]), truth[INNER], rtol=0, atol=1e-4)
    geotiff = write_geotiff(
        tmp_path / "same.tif",
        heights.astype(np.float32),
        crs=SOUTH_POLAR if south else NORTH_POLAR,
        transform=Affine(PIXEL, 0, -PIXEL * 48, 0, -PIXEL, PIXEL * 48),
    )
    other = read_elevation(geotiff)
    assert other.to_pixel == window.to_pixel
    assert (other.centre_lat, other.centre_lon, other.pixel) == (
        window.centre_lat,
        window.centre_lon,
        window.pixel,
    )
    if kind != "real, km":
        np.testing.assert_array_equal(other.heights, window.heights)


def test_a_label_half_a_pixel_off_would_be_seen(tmp_path: Path) -> None:
    """The test above can fail: an off-centre grid moved by a quarter of a pixel gives other heights."""
    heights = power_law(SHAPE, PIXEL)
    path = write_pds3(tmp_path, "OFF", np.round(2 * heights).astype("<i2"), sample=47.75)
    lat, lon = polar_centres(SHAPE, PIXEL, True)
    found = ElevationModel([read_elevation(path)], None).elevation(lat[INNER], lon[INNER])
    assert np.abs(found - heights[INNER]).max() > 1.0


@pytest.mark.parametrize("south", [True, False])
@pytest.mark.parametrize(
    ("projection", "kind"), [("SIMPLE CYLINDRICAL", "LSB 16"), ("EQUIRECTANGULAR", "real, radius")]
)
def test_a_cylindrical_image_lies_where_it_should(
    tmp_path: Path, projection: str, kind: str, south: bool
) -> None:
    # a tile at 30 deg whose smooth ground is known everywhere: warping adds centimetres, half a pixel metres
    per_degree, lines, samples = 256, 256, 320
    top, west, centre_lon = (-29.0 if south else 31.0), 14.0, 180.0
    lat = top - (np.arange(lines) + 0.5) / per_degree
    lon = west + (np.arange(samples) + 0.5) / per_degree

    def ground(lat_deg: np.ndarray, lon_deg: np.ndarray) -> np.ndarray:
        return 400 * np.sin(np.radians(lat_deg * 900)) * np.cos(np.radians(lon_deg * 1100))

    values, words = kinds(ground(lat[:, None], lon[None, :]))[kind]
    limits = f" MAXIMUM_LATITUDE = {top} <DEG>\n WESTERNMOST_LONGITUDE = {west} <DEG>"
    path = write_pds3(
        tmp_path, "TILE", values, projection=projection, pixel=DEGREE / per_degree, centre_lon=centre_lon,
        line=top * per_degree - 0.5, sample=(centre_lon - west) * per_degree - 0.5, LIMITS=limits, **words,
    )  # fmt: skip
    window = read_elevation(path)
    assert window.warped
    model = ElevationModel([window], None)
    at_lat, at_lon = np.meshgrid(
        lat[10:-10] + 0.3 / per_degree, lon[10:-10] - 0.2 / per_degree, indexing="ij"
    )
    error = model.elevation(at_lat, at_lon) - ground(at_lat, at_lon)
    # h'' p^2 / 8 with phases of 3.5 and 4.3 deg a pixel: 0.5 m for both axes, twice, and GDAL's kernel is wider where
    # pixels are not square (2.5 m in all seen); half a pixel would be 12 to 15 m
    assert np.abs(error).max() < 3.0
    assert abs(error.mean()) < 0.05


def test_a_global_image_is_read_around_a_place_across_its_seam(tmp_path: Path) -> None:
    from moonstation.formats.cropping import Around

    per_degree = 4
    lines, samples = 180 * per_degree, 360 * per_degree
    lat = 90 - (np.arange(lines) + 0.5) / per_degree
    lon = (np.arange(samples) + 0.5) / per_degree

    def ground(lat_deg: np.ndarray, lon_deg: np.ndarray) -> np.ndarray:
        return (
            3000
            * np.sin(np.radians(4 * lat_deg))
            * np.cos(np.radians(6 * lon_deg) + 1)
            * np.cos(np.radians(lat_deg))
        )

    values = np.round(2 * ground(lat[:, None], lon[None, :])).astype("<i2")
    limits = " MAXIMUM_LATITUDE = 90 <DEG>\n WESTERNMOST_LONGITUDE = 0 <DEG>"
    path = write_pds3(
        tmp_path, "LDEM_4", values, projection="SIMPLE CYLINDRICAL", pixel=DEGREE / per_degree, centre_lon=180.0,
        line=359.5, sample=719.5, LIMITS=limits,
    )  # fmt: skip
    for lat_deg, lon_deg in (
        (10.0, 0.1),
        (-40.0, -0.2),
        (5.0, 179.9),
        (-89.0, 30.0),
        (89.5, -170.0),
        (20.0, 95.0),
    ):
        window = read_elevation(path, around=Around(lat_deg, lon_deg, 200e3))
        assert window.heights.size < 0.2 * values.size
        model = ElevationModel([window], None)
        at_lat = np.clip(lat_deg + np.linspace(-4, 4, 9), -89.9, 89.9)[:, None]
        at_lon = lon_deg + np.linspace(-4, 4, 9)[None, :]
        found = model.elevation(at_lat, at_lon)
        np.testing.assert_allclose(found, ground(at_lat, at_lon), rtol=0, atol=25.0)
        assert abs(np.mean(found - ground(at_lat, at_lon))) < 4.0


def test_the_image_opens_by_its_own_name_and_attached_labels_are_skipped(tmp_path: Path) -> None:
    samples = np.round(2 * power_law(SHAPE, PIXEL)).astype("<i2")
    path = write_pds3(tmp_path, "LDEM_TEST", samples)
    truth = read_elevation(path).heights
    np.testing.assert_array_equal(read_elevation(tmp_path / "ldem_test.img").heights, truth)
    record = SHAPE[1] * 2
    for pointer, skip in (("40", 39 * record), ("(40)", 39 * record), ("5001 <BYTES>", 5000)):
        head = label("LDEM_TEST", SHAPE, **{"^IMAGE": pointer}).encode()
        attached = tmp_path / "attached.img"
        attached.write_bytes(head.ljust(skip) + samples.tobytes())
        np.testing.assert_array_equal(read_elevation(attached).heights, truth)


@pytest.mark.parametrize(
    ("kind", "constant", "value"),
    [
        ("LSB 16", "-32768", -32768),
        ("LSB 16", "-30000", -30000),
        ("LSB 16", '"N/A"', -32768),
        ("real, radius", "16#FF7FFFFB#", np.array(0xFF7FFFFB, "u4").view("f4")),
        ("real, radius", "-9999.", -9999.0),
        ("real, radius", '"NULL"', np.nan),
    ],
)
def test_what_has_no_data_is_not_a_number(tmp_path: Path, kind: str, constant: str, value: float) -> None:
    samples, words = kinds(power_law(SHAPE, PIXEL))[kind]
    samples[10:20, 30:33] = value
    path = write_pds3(tmp_path, "HOLES", samples, IMAGE=f"  MISSING_CONSTANT = {constant}", **words)
    heights = read_elevation(path).heights
    assert np.isnan(heights[10:20, 30:33]).all()
    assert np.isnan(heights).sum() == 30


def message(path: Path) -> str:
    with pytest.raises(DataFileError) as caught:
        read_elevation(path)
    text = str(caught.value)
    assert text.startswith(str(path.parent))
    assert "\n" not in text
    return text


def half_metres() -> np.ndarray:
    return np.round(2 * power_law(SHAPE, PIXEL)).astype("<i2")


def test_size_and_byte_order_must_agree_with_the_label(tmp_path: Path) -> None:
    path = write_pds3(tmp_path, "A", half_metres())
    image = tmp_path / "a.img"
    whole = image.read_bytes()
    image.write_bytes(whole[:-100])
    assert "is cut off, it has 18332 of the 18432 bytes that A.LBL tells; fetch it again" in message(path)
    image.write_bytes(whole + b"1234")
    assert "so they do not belong together; fetch both again" in message(path)
    image.write_bytes(whole)
    path.write_bytes(label("A", (95, 96)).encode())
    assert "has 18432 bytes where A.LBL tells 18240" in message(path)
    path = write_pds3(tmp_path, "B", half_metres(), kind="MSB_INTEGER")
    assert "set SAMPLE_TYPE = LSB_INTEGER" in message(path)
    path = write_pds3(tmp_path, "C", half_metres().astype(">i2"))
    assert "set SAMPLE_TYPE = MSB_INTEGER" in message(path)
    real = {"bits": 32, "scale": 1.0}
    path = write_pds3(tmp_path, "D", power_law(SHAPE, PIXEL).astype(">f4"), kind="PC_REAL", **real)
    assert "set SAMPLE_TYPE = IEEE_REAL" in message(path)
    path = write_pds3(tmp_path, "E", power_law(SHAPE, PIXEL).astype("<f4"), kind="IEEE_REAL", **real)
    assert "set SAMPLE_TYPE = PC_REAL" in message(path)


def test_seas_and_flat_ground_are_no_wrong_byte_order(tmp_path: Path) -> None:
    level = np.full(SHAPE, 2, "<i2")
    assert (read_elevation(write_pds3(tmp_path, "LEVEL", level)).heights == 1.0).all()
    holes = half_metres()
    holes[40:60] = -32768
    assert np.isnan(read_elevation(write_pds3(tmp_path, "SEA", holes)).heights).sum() == 20 * SHAPE[1]
    assert "no valid height" in message(write_pds3(tmp_path, "NONE", np.full(SHAPE, -32768, "<i2")))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"TARGET_NAME": "MARS"}, "TARGET_NAME = MARS is not the Moon"),
        ({"A_AXIS_RADIUS": "3396.19 <KM>"}, "A_AXIS_RADIUS = 3396.190 km is not the 1737.4 km"),
        ({"A_AXIS_RADIUS": "1738.0 <KM>"}, "A_AXIS_RADIUS = 1738.000 km"),
        ({"POSITIVE_LONGITUDE_DIRECTION": "WEST"}, "is not EAST"),
        ({"MAP_PROJECTION_ROTATION": "90."}, "MAP_PROJECTION_ROTATION is not 0"),
        ({"projection": "ORTHOGRAPHIC"}, "MAP_PROJECTION_TYPE = ORTHOGRAPHIC is not known"),
        ({"line": 48.0, "sample": 48.0}, "LINE_PROJECTION_OFFSET puts the map 0.5 pixel off"),
        ({"line": 48.5, "sample": 48.5}, "LINE_PROJECTION_OFFSET puts the map 1 pixel off"),
        ({"LIMITS": " MAXIMUM_LATITUDE = 90\n MINIMUM_LATITUDE = 80"}, "is the other pole"),
        ({"MAP_SCALE": "20"}, "MAP_SCALE has no unit"),
        ({"MAP_SCALE": "240 <METERS/PIXEL>"}, "disagree: 240 m, 20 m"),
        ({"offset": "3396190."}, "OFFSET = 3396.190 km is neither about 0 nor 1737.4 km"),
        ({"unit": "DEGREE"}, "UNIT = DEGREE"),
        ({"scale": "half"}, "SCALING_FACTOR = half is no number"),
        ({"scale": 4.0}, "no ground on the Moon has"),
        ({"kind": "VAX_REAL"}, "SAMPLE_TYPE = VAX_REAL of 16 bits cannot be read"),
        ({"LINES": "many"}, "LINES = many is no number"),
        ({"IMAGE": "  BANDS = 3"}, "BANDS has several bands"),
    ],
)
def test_labels_that_cannot_be_followed_are_refused(
    tmp_path: Path, words: dict[str, object], expected: str
) -> None:
    assert expected in message(write_pds3(tmp_path, "BAD", half_metres(), **words))


@pytest.mark.parametrize(
    ("line", "sample", "expected"),
    [
        (200.0, 199.5, "LINE_PROJECTION_OFFSET puts the map 0.5 pixel off"),
        (199.5, 200.5, "SAMPLE_PROJECTION_OFFSET puts the map 1 pixel off"),
        (299.5, 199.5, "LINE_PROJECTION_OFFSET puts the map 100 pixels off MAXIMUM_LATITUDE"),
        (199.5, 99.5, "SAMPLE_PROJECTION_OFFSET puts the map 100 pixels off WESTERNMOST_LONGITUDE"),
    ],
)
def test_a_cylindrical_map_begins_where_its_limits_say(
    tmp_path: Path, line: float, sample: float, expected: str
) -> None:
    words = {"projection": "SIMPLE CYLINDRICAL", "pixel": DEGREE / 100, "centre_lon": 180.0}
    limits = " MAXIMUM_LATITUDE = 2 <DEG>\n WESTERNMOST_LONGITUDE = 178 <DEG>"
    good = write_pds3(tmp_path, "GOOD", half_metres(), line=199.5, sample=199.5, LIMITS=limits, **words)
    assert read_elevation(good).warped
    bad = write_pds3(tmp_path, "BAD", half_metres(), line=line, sample=sample, LIMITS=limits, **words)
    assert expected in message(bad)


def test_missing_parts_are_named(tmp_path: Path) -> None:
    path = write_pds3(tmp_path, "ALONE", half_metres())
    (tmp_path / "alone.img").rename(tmp_path / "other.img")
    assert "its image ALONE.IMG is not beside it" in message(path)
    assert "its label other.LBL is not beside it" in message(tmp_path / "other.img")
    path.write_text("<html>moved</html>")
    assert "is no PDS3 label" in message(path)
    path.write_text(label("ALONE", SHAPE).replace("LINE_SAMPLES", "COLUMNS"))
    (tmp_path / "other.img").rename(tmp_path / "ALONE.IMG")
    assert "IMAGE has no LINE_SAMPLES" in message(path)


def test_damaged_labels_are_refused_in_one_line_or_harmless(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    path = write_pds3(tmp_path, "D", half_metres())
    good, refused = path.read_bytes(), []
    for _ in range(300):
        damaged = bytearray(good)
        for _ in range(random.integers(1, 8)):
            damaged[random.integers(20, len(good))] = random.integers(256)
        path.write_bytes(bytes(damaged))
        try:
            heights = read_elevation(path).heights
        except DataFileError as error:
            refused.append(str(error))
        else:
            assert np.nanmax(np.abs(heights)) <= 12_000.0
    assert 20 < len(refused) < 300
    assert not any("\n" in text for text in refused)


def write_jp2(path: Path, values: np.ndarray, **profile: object) -> Path:
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", count=1, height=values.shape[0], width=values.shape[1],
        dtype=values.dtype, QUALITY="100", REVERSIBLE="YES", **profile,
    ) as dataset:  # fmt: skip
        dataset.write(values, 1)
    return path


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_jpeg_2000_is_read_by_its_label(tmp_path: Path) -> None:
    samples = half_metres()
    write_pds3(tmp_path, "LDEM_TEST", samples)
    truth = read_elevation(tmp_path / "LDEM_TEST.LBL")
    other = tmp_path / "jp2"
    other.mkdir()
    path = write_jp2(other / "ldem_test.jp2", samples.astype(np.int16))
    assert "no coordinate system" in message(path)
    (other / "ldem_test_jp2.lbl").write_text(label("LDEM_TEST", SHAPE))
    for name in ("ldem_test.jp2", "ldem_test_jp2.lbl"):
        window = read_elevation(other / name)
        np.testing.assert_array_equal(window.heights, truth.heights)
        assert window.to_pixel == truth.to_pixel
    (other / "ldem_test_jp2.lbl").write_text(label("LDEM_TEST", (96, 95)))
    assert "is 96 x 96 pixels in 1 bands where ldem_test_jp2.lbl tells 96 x 95" in message(path)
    path.write_bytes(path.read_bytes()[:3000])
    (other / "ldem_test_jp2.lbl").write_text(label("LDEM_TEST", SHAPE))
    assert "cut off" in message(path)
    alone = write_jp2(tmp_path / "alone.jp2", samples.astype(np.int16), crs=SOUTH_POLAR,
                      transform=Affine(20, 0, -960, 0, -20, 960))  # fmt: skip
    assert "does not say what its whole numbers mean" in message(alone)
