"""The reference page is made from the vocabulary and is current."""

import importlib.util
from pathlib import Path

from moonstation.station.draft import keys_of
from moonstation.station.loading import check_station
from moonstation.station.metrics import METRICS
from moonstation.station.model import TABLES

ROOT = Path(__file__).resolve().parents[2]


def load_tool():
    path = ROOT / "tools" / "make_station_reference.py"
    spec = importlib.util.spec_from_file_location("make_station_reference", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def test_committed_page_is_current():
    tool = load_tool()
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run python tools/make_station_reference.py"


def test_page_tells_every_key_and_metric():
    page = load_tool().page()
    for model in TABLES.values():
        for key in keys_of(model):
            assert f"| `{key}` |" in page
        for info in model.model_fields.values():
            assert info.description
            assert info.description.endswith(".")
    for metric in METRICS:
        assert f"`{metric.pattern}`" in page


def test_example_on_the_page_is_right(tmp_path):
    page = load_tool().page()
    path = tmp_path / "example.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert check_station(path) == []
