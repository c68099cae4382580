"""A made-up study and its report, made once for all tests of the report."""

import pytest
from made_up_study import FakeResult, make_year

from moonstation.report.page import write_report


@pytest.fixture(scope="session")
def year() -> FakeResult:
    """A year at ten minutes; do not change it."""
    return make_year()


@pytest.fixture(scope="session")
def page(year: FakeResult) -> str:
    """Its report."""
    return write_report(year)
