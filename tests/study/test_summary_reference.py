"""The documentation of summary.json is made from its schema: the committed page must be current."""

import importlib.util
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "make_summary_reference.py"


def test_the_committed_page_is_current() -> None:
    spec = importlib.util.spec_from_file_location("make_summary_reference", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run 'make docs'"
