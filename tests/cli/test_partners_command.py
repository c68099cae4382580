"""`moonstation partners`: what it prints and writes, and what it refuses."""

import pandas as pd

from moonstation.cli.commands import run_command


def test_ledger_prints_and_writes(tmp_path, capsys):
    files = {key: tmp_path / f"{key}.csv" for key in ("csv", "parts", "functions")}
    picture = tmp_path / "ledger.png"
    options = [word for key, path in files.items() for word in (f"--{key}", str(path))]
    assert run_command(["partners", "ledger", "ilrs", *options, "--png", str(picture)]) == 0
    told = capsys.readouterr().out
    assert "Russia (Roscosmos)" in told
    assert "all parts" not in told
    assert "single owner" in told
    assert "assumed, none is published: entitlement pakistani-flight" in " ".join(told.split())
    entries, parts, functions = (pd.read_csv(path, keep_default_na=False) for path in files.values())
    assert set(entries["kind"]) >= {"elements", "landed mass", "launches", "ground time", "data"}
    assert set(parts["level"]) == {"", "A", "B", "D", "E"}
    assert "power" in set(functions["function"])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_ledger_of_a_station_without_partners(capsys):
    assert run_command(["partners", "ledger", "lander"]) == 0
    assert "names no function" in capsys.readouterr().out


def test_contradictory_rules_are_one_line_with_the_cure(tmp_path, capsys):
    path = tmp_path / "station.toml"
    path.write_text(
        '[station]\nstart = 2035-01-01\nspan = "30 d"\n[[partner]]\nid = "a"\n[[site]]\nid = "s"\n'
        'lat = "-89 deg"\nlon = "0 deg"\n[[bar]]\nid = "b"\npartner = "a"\nof = "a"\n'
    )
    assert run_command(["partners", "ledger", str(path)]) == 2
    told = capsys.readouterr().err
    assert "a is barred from its own parts; name another partner in of" in " ".join(told.split())


def test_shares_print_write_and_add_up(tmp_path, capsys):
    table, picture = tmp_path / "shares.csv", tmp_path / "shares.png"
    arguments = [
        "partners",
        "shares",
        "ilrs",
        "--weight",
        "power=2",
        "--csv",
        str(table),
        "--png",
        str(picture),
    ]
    assert run_command([*arguments, "--value", "functions", "--value", "mass"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "exact, over all 8 coalitions of 3 partners" in told
    assert "23 partners bring no part" in told
    rows = pd.read_csv(table)
    sums = rows.groupby("measure")["share"].sum()
    assert sums["functions"] == 9.0
    assert round(sums["mass"]) == 29_340
    assert len(rows) == 2 * 26
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_shares_refuse_what_they_do_not_know(capsys):
    for arguments, words in (
        (["--value", "money"], "give one of functions, mass, energy, data"),
        (["--value", "mass", "--weight", "power=2"], "goes with --value functions"),
        (["--weight", "power"], "write a function, '=' and a number"),
    ):
        assert run_command(["partners", "shares", "ilrs", *arguments]) == 2
        assert words in " ".join(capsys.readouterr().err.split())
