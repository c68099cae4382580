"""`moonstation campaign compare`, and commands that cannot work on a station around the Earth."""

import pytest

from moonstation.cli.commands import run_command
from moonstation.cli.main import main


def test_compare_prints_and_writes(capsys, tmp_path):
    table, picture, page = tmp_path / "c.csv", tmp_path / "c.png", tmp_path / "c.html"
    arguments = ["campaign", "compare", "iss", "tiangong"]
    options = ["--csv", str(table), "--png", str(picture), "--html", str(page)]
    assert run_command([*arguments, *options]) == 0
    told = capsys.readouterr().out
    assert "419 725" in told.replace("\u202f", " ").replace("\xa0", " ").replace(",", " ")
    assert "not given" in told
    assert table.read_text().startswith("part,id,title,unit,first,second,difference")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "<title>" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["study", "iss"], "has no site and no orbiter of the Moon"),
        (["simulate", "tiangong"], "has no site and no orbiter of the Moon"),
        (["design", "size", "iss"], "has no site and no orbiter of the Moon"),
        (["campaign", "compare", "ilr", "iss"], "is neither a file nor a built-in station"),
        (["campaign", "compare", "ilrs", "no.json"], "cannot be read"),
        (["campaign", "compare", "ilrs", "iss", "--open"], "add --html"),
    ],
)
def test_what_cannot_work_says_so_in_one_line(capsys, monkeypatch, arguments, text):
    monkeypatch.setattr("sys.argv", ["moonstation", *arguments])
    assert main() == 2
    told = capsys.readouterr().err.strip()
    assert text in told
    assert len(told.splitlines()) == 1
