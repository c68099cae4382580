"""Contact plans of files: dates become TDB and come back, zeros get dates."""

from pathlib import Path

import pytest

from moonstation.links.plan_files import load_plan, write_plan_text
from moonstation.spacetime.epochs import Epoch

TABLE = "from,to,start_s,stop_s,rate_bit_s,owlt_s\na,b,0,10.5,1000000,1.25\nb,c,5,20,1000000,0\n"


@pytest.mark.parametrize("dialect", ["csv", "ion", "hdtn"])
def test_dates_come_back(tmp_path: Path, dialect: str) -> None:
    path = tmp_path / "plan"
    path.write_text(TABLE)
    epoch = Epoch.parse("2035-06-01T12:00:00Z")
    loaded = load_plan(path, epoch=epoch)
    assert loaded.absolute
    assert loaded.plan.start[0] == pytest.approx(epoch.tdb_s, abs=1e-6)
    text, _ = write_plan_text(loaded.plan, dialect, absolute=True)
    (tmp_path / "again").write_text(text)
    again = load_plan(tmp_path / "again")
    assert again.absolute
    # whole seconds in ION and HDTN: begins up, ends down
    assert again.plan.start == pytest.approx(loaded.plan.start, abs=1e-5)
    assert again.plan.stop == pytest.approx(loaded.plan.stop, abs=1e-5 if dialect == "csv" else 0.51)
    assert (again.plan.stop <= loaded.plan.stop + 1e-5).all()


def test_plans_without_dates_keep_their_zero(tmp_path: Path) -> None:
    path = tmp_path / "plan"
    path.write_text(TABLE)
    loaded = load_plan(path)
    assert (loaded.absolute, loaded.dialect) == (False, "csv")
    assert loaded.plan.start.tolist() == [0.0, 5.0]
    text, _ = write_plan_text(loaded.plan, "csv", absolute=False)
    assert text.splitlines()[1] == "a,b,0.0,10.5,1000000,1.25"
