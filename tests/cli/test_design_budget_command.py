"""`moonstation design budget` as a user runs it: tables, files, pictures, and what it refuses."""

import csv
import json

import pytest

SAME = "[[orbiter]]"


@pytest.fixture
def costed_file(station_file):
    """The small station with a second element, a cost, a maturity and a mission that flies."""
    text = station_file.read_text(encoding="utf-8")
    more = """\
[[element]]
id = "radio"
site = "ridge"
kind = "communication"
mass = { value = "12 kg", confidence = "published", source = "its maker" }
load_nominal = "10 W"
load_survival = "2 W"
cost = "3 MUSD 2026"
maturity = "layout"

"""
    station_file.write_text(text.replace(SAME, more + SAME), encoding="utf-8")
    return station_file


def test_tables_tell_totals_margins_and_what_is_missing(moonstation, costed_file):
    done = moonstation("design", "budget", costed_file, "--by", "partner")
    assert done.status == 0
    # 300 W and 10 W, both new, and a fifth held over them
    said = done.out.replace("\N{NO-BREAK SPACE}", " ")
    assert "310 W" in said
    assert "446 W" in said
    assert "3 MUSD 2026" in said
    assert "missing in Mass; Cost, USD 2026: lander, relay" in done.out
    assert "2 of 3 elements and orbiters have no mass" in done.out
    assert "after its confidence, published as off-the-shelf" in done.out
    assert "dark spells within 2030-04-01 to 2030-04-13" in done.out
    assert "margins recalled, not checked against their document: ESA SRE-PA/2011.097" in done.out
    assert "section 2.4" in done.out


def test_files_hold_the_same_figures(moonstation, costed_file, tmp_path):
    table, data = tmp_path / "b.csv", tmp_path / "b.json"
    done = moonstation(
        "design",
        "budget",
        costed_file,
        "--policy",
        "ansi",
        "--by",
        "site,kind",
        "--csv",
        table,
        "--json",
        data,
    )
    assert done.status == 0
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    told = json.loads(data.read_text(encoding="utf-8"))
    for budget in told["budgets"]:
        own = [row for row in rows if row["budget"] == budget["id"]]
        assert own[0]["level"] == "total"
        assert float(own[0]["total"]) == pytest.approx(budget["tree"]["total"])
        leaves = [row for row in own if row["level"] in ("element", "margin")]
        assert sum(float(row["total"]) for row in leaves) == pytest.approx(float(own[0]["total"]))
    mass = next(budget for budget in told["budgets"] if budget["id"] == "mass")
    # a 12 kg radio as a layout may grow by a fifth; 15 % of the 12 kg are held besides
    assert mass["tree"]["growth"] == pytest.approx(2.4)
    assert mass["tree"]["system"] == pytest.approx(1.8)
    assert told["policy"]["system_margin_of"] == "basic"
    assert told["station"]["sha256"]
    assert moonstation("design", "budget", costed_file, "--json", tmp_path / "again.json", "--policy", "ansi",
                       "--by", "site,kind").status == 0  # fmt: skip
    assert (tmp_path / "again.json").read_bytes() == data.read_bytes()


def test_page_and_picture(moonstation, costed_file, tmp_path):
    page, picture = tmp_path / "b.html", tmp_path / "b.png"
    done = moonstation(
        "design", "budget", costed_file, "--no-light", "--no-missions", "--html", page, "--png", picture,
        "--draw", "power-nominal",
    )  # fmt: skip
    assert done.status == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    text = page.read_text(encoding="utf-8")
    assert "<title>Two masts: budgets</title>" in text
    assert '"sunburst"' in text
    assert "R-M1-4" in text
    assert 'src="http' not in text
    assert "energy-dark" not in done.out


def test_names_of_the_user_stay_text_on_the_page(moonstation, costed_file, tmp_path):
    text = costed_file.read_text(encoding="utf-8")
    name = '<script>alert(1)</script> & "co"'
    costed_file.write_text(text.replace('id = "radio"', f"id = \"radio\"\nname = '{name}'"), encoding="utf-8")
    page, picture = tmp_path / "b.html", tmp_path / "b.png"
    done = moonstation(
        "design", "budget", costed_file, "--no-light", "--no-missions", "--html", page, "--png", picture
    )
    assert done.status == 0
    assert "<script>alert" not in page.read_text(encoding="utf-8")


def test_one_partner_alone(moonstation, costed_file):
    done = moonstation("design", "budget", costed_file, "--partner", "us", "--no-light")
    assert done.status == 0
    assert "constant source" not in done.out
    assert "launcher" not in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--policy", "nasa"], "margin policy 'nasa' is not known, only esa, ansi, none"),
        (["--margin", "new=-5 %"], "margin new of -0.05: give 0 to 5"),
        (["--margin", "new"], "--margin new: write a name, '=' and a share"),
        (["--margin", "new=5 kg"], "--margin new:"),
        (["--margin", "old=5 %"], "name a maturity or a quantity"),
        (["--system-margin=-20 %"], "margin system of -0.2"),
        (["--by", "colour"], "--by colour: cannot be grouped by that"),
        (["--by", "site,site"], "names a key twice"),
        (["--partner", "nobody"], "the station has no such partner; it has us, idle"),
        (["--partner", "idle"], "brings no element and no orbiter, so there is nothing to budget"),
        (["--draw", "joy", "--png", "x.png"], "--draw joy: there is no such budget"),
        (["--open"], "there is no page to open"),
        (["--csv", "nowhere/b.csv"], "its folder does not exist"),
    ],
)
def test_what_makes_no_sense_is_refused(moonstation, costed_file, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = costed_file.read_text(encoding="utf-8").replace(
        "[[site]]", '[[partner]]\nid = "idle"\n\n[[site]]', 1
    )
    text = text.replace('site = "ridge"', 'site = "ridge"\npartner = "us"')
    costed_file.write_text(text, encoding="utf-8")
    done = moonstation("design", "budget", costed_file, "--no-light", "--no-missions", *arguments)
    assert done.status == 2
    assert words in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["masts.toml"]


def test_a_bus_without_a_source_is_refused(moonstation, costed_file):
    text = costed_file.read_text(encoding="utf-8").replace('cost = "3', 'bus = "aside"\ncost = "3')
    costed_file.write_text(text, encoding="utf-8")
    done = moonstation("design", "budget", costed_file)
    assert done.status == 2
    assert "bus aside: radio use power there and nothing gives any" in done.err


def test_a_cost_that_is_none_is_refused_in_the_file(moonstation, costed_file):
    text = costed_file.read_text(encoding="utf-8").replace("3 MUSD 2026", "3 million")
    costed_file.write_text(text, encoding="utf-8")
    done = moonstation("check", costed_file)
    assert done.status != 0
    assert "cost" in done.out + done.err
    assert "120 MUSD 2026" in done.out + done.err


def test_missions_of_the_research_station_are_weighed_against_their_launchers(moonstation, tmp_path):
    data = tmp_path / "b.json"
    assert moonstation("design", "budget", "ilrs", "--no-light", "--json", data).status == 0
    missions = {m["mission"]: m for m in json.loads(data.read_text(encoding="utf-8"))["missions"]}
    # 500 kg estimated new, 3000 kg of fuel cell modified, laboratory new, package new, and a fifth held: by hand
    assert missions["ilrs-2"]["estimate_kg"] == pytest.approx(7560.0)
    assert missions["ilrs-2"]["total_kg"] == pytest.approx((4560.0 * 1.2 + 3000.0 * 1.1) * 1.2)
    assert missions["ilrs-2"]["left_kg"] < 0.0 < missions["ilrs-1"]["left_kg"]
    assert missions["change-7"]["mass_missing"] == ["change-7-hopper"]
    assert "departs" in missions["mnls-1-2"]["why_not_known"]


def test_a_picture_is_a_png(moonstation, station_file, tmp_path):
    path = tmp_path / "budget.pdf"
    done = moonstation("design", "budget", station_file, "--png", path)
    assert done.status == 2
    assert "suffix .pdf is unknown; give .png" in done.err
    assert not path.exists()
