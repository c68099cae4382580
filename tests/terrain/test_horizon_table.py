"""Horizon tables: written and read back, made by hand, refused with file and line, and the packaged ones."""

import dataclasses
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import DataFileError, OutputError, RequestError
from moonstation.formats.provenance import DataSource
from moonstation.spacetime.sites import Site
from moonstation.terrain import horizon_table
from moonstation.terrain.horizon_table import packaged_horizon, packaged_horizons, read_horizon, write_horizon
from moonstation.terrain.horizons import Horizon

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def made_up(azimuths: int = 720, heights: tuple[float, ...] = (0.5, 2.0, 10.0)) -> Horizon:
    random = np.random.default_rng(3)
    shape = (len(heights), azimuths)
    return Horizon(
        site=Site(name="Rim, north: A|B", lat_deg=-89.123456789, lon_deg=-12.25, ground_m=1234.5678),
        heights=np.array(heights),
        azimuth=np.arange(azimuths) * 2 * math.pi / azimuths,
        elevation=random.uniform(-0.05, 0.3, shape),
        distance=random.uniform(20.0, 2e5, shape),
        terrain="made up\nground",
        resolution_m=40.0,
        indicative=False,
        sources=(DataSource("a | b", "1", "0" * 64, "40 m", "", "horizons"),),
    )


@pytest.mark.parametrize("azimuths", [720, 7, 700])
def test_what_is_written_is_read_back(tmp_path: Path, azimuths: int) -> None:
    horizon = made_up(azimuths)
    path = tmp_path / "h.csv"
    write_horizon(horizon, path)
    back = read_horizon(path)
    assert back.site == dataclasses.replace(horizon.site, ground_m=1234.568)
    assert back.heights.tolist() == [0.5, 2.0, 10.0]
    np.testing.assert_allclose(back.azimuth, horizon.azimuth, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        np.degrees(back.elevation), np.degrees(horizon.elevation), rtol=0, atol=0.5001e-5
    )
    np.testing.assert_allclose(back.distance, horizon.distance, rtol=0, atol=0.5001)
    assert back.terrain == "made up ground"
    assert (back.resolution_m, back.indicative) == (40.0, False)
    assert back.sources[0].name == "horizon table h.csv"
    assert back.sources[1] == dataclasses.replace(horizon.sources[0], name="a / b")
    # written again it is the same file, byte for byte
    write_horizon(dataclasses.replace(back, sources=back.sources[1:]), tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()


def test_a_failed_write_leaves_the_earlier_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.csv"
    write_horizon(made_up(8), path)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(horizon_table.Path, "replace", full)
    with pytest.raises(OutputError, match=r"h\.csv: cannot be written \(No space left on device\)"):
        write_horizon(made_up(16), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["h.csv"]
    with pytest.raises(OutputError, match="check the folder"):
        write_horizon(made_up(8), tmp_path / "nowhere" / "h.csv")


HAND = """# lat_deg: -88.8
# lon_deg: 123.4
azimuth_deg,elevation_deg_2m
0,1.5
90,2
180,-0.25
270,0
"""


def test_a_table_made_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "hand.csv"
    path.write_text("\ufeff" + HAND.replace("\n", "\r\n"), encoding="utf-8")
    horizon = read_horizon(path)
    assert (horizon.site.name, horizon.site.lat_deg, horizon.site.lon_deg) == ("hand", -88.8, 123.4)
    assert math.isnan(horizon.site.ground_m)
    np.testing.assert_allclose(np.degrees(horizon.profile(2.0)), [1.5, 2, -0.25, 0])
    assert np.isnan(horizon.distance).all()
    assert math.isnan(horizon.resolution_m)
    assert not horizon.indicative
    assert horizon.terrain == "table hand.csv, terrain not stated"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("azimuth_deg,elevation_deg_2m", "azimuth_deg,distance_km_2m"), "line 3: no elevation column"),
        (
            ("azimuth_deg,elevation_deg_2m", "elevation_deg_10m,elevation_deg_2m"),
            "line 3: no column azimuth_deg",
        ),
        (("elevation_deg_2m", "horizon_deg"), "line 3: unknown column 'horizon_deg'; columns are"),
        (
            ("azimuth_deg,elevation_deg_2m", "azimuth_deg,azimuth_deg"),
            "line 3: column azimuth_deg is there twice",
        ),
        (("90,2", "90"), "line 5: has 1 values for 2 columns; is it cut off"),
        (("90,2", "90,x"), "line 5: 'x' is not a number"),
        (("90,2", "90,nan"), "line 5: the elevation at 2 m is not a number from"),
        (("90,2", "90,inf"), "line 5: the elevation"),
        (("90,2", "90,91"), "line 5: the elevation"),
        (("90,2", "nan,2"), "line 5: azimuth nan"),
        (("90,2", "100,2"), "line 5: azimuth 100 deg breaks the even ascending steps of 90 deg"),
        (
            ("0,1.5\n90,2\n180,-0.25\n270,0\n", "270,0\n180,-0.25\n90,2\n0,1.5\n"),
            "line 4: azimuth 270 deg breaks",
        ),
        (("270,0\n", "270,0\n360,1.5\n"), "line 5: azimuth 90 deg breaks the even ascending steps of 72 deg"),
        (("0,1.5\n90,2\n", ""), "has 2 azimuths"),
        (("# lat_deg: -88.8\n", ""), "does not say lat_deg; add a line '# lat_deg: ...'"),
        (("123.4", "east"), "line 2: lon_deg is 'east', not a number"),
        (("-88.8", "-98.8"), "line 1: site bad: latitude -98.8 deg is off the Moon"),
        ((HAND, "# nothing\n"), "holds no table"),
        ((HAND, ""), "holds no table"),
    ],
)
def test_faults_are_named_with_file_and_line(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    path = tmp_path / "bad.csv"
    text = HAND.replace(*change)
    assert text != HAND
    path.write_text(text)
    with pytest.raises(DataFileError) as caught:
        read_horizon(path)
    assert str(caught.value).startswith(str(path))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="no such file"):
        read_horizon(tmp_path / "nowhere.csv")
    with pytest.raises(DataFileError, match="cannot be read"):
        read_horizon(tmp_path)
    path = tmp_path / "w.tif"
    path.write_bytes(b"II*\x00\xff\xfe\x80")
    with pytest.raises(DataFileError, match="is not text"):
        read_horizon(path)


def test_the_packaged_tables() -> None:
    assert packaged_horizons() == ["change7-reference", "connecting-ridge", "shackleton-rim"]
    for name in packaged_horizons():
        horizon = read_horizon(packaged_horizon(name))
        assert horizon.heights.tolist() == [2.0, 10.0]
        assert horizon.elevation.shape == (2, 720)
        assert not horizon.indicative
        assert (horizon.elevation[1] <= horizon.elevation[0] + 1e-6).all()
        assert len(horizon.sources) == 12
    with pytest.raises(RequestError, match="did you mean 'connecting-ridge'"):
        packaged_horizon("conecting-ridge")
    with pytest.raises(RequestError, match="there are change7-reference, connecting-ridge, shackleton-rim"):
        packaged_horizon("x")


@pytest.mark.slow
def test_the_packaged_tables_can_be_made_anew(truth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code and terrain give the committed tables, to their last digit (1e-5 deg) and a little rounding."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import make_horizon_tables

    for name, made in make_horizon_tables.make(truth / "terrain").items():
        table = read_horizon(packaged_horizon(name))
        np.testing.assert_allclose(np.degrees(made.elevation), np.degrees(table.elevation), rtol=0, atol=1e-4)
        assert made.site.ground_m == pytest.approx(table.site.ground_m, abs=1e-3)
        assert made.terrain == table.terrain
        assert made.sources == table.sources[1:]
    sys.modules.pop("make_horizon_tables")
