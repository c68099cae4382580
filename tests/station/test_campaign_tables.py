"""The tables of a campaign: what is read, and what is refused with which cure."""

from pathlib import Path

import pytest

from moonstation.station.catalogues import packaged_catalogue
from moonstation.station.loading import check_station, load_station

GOOD = """
[station]
start = 2031-01-01
span = "30 d"

[[partner]]
id = "alpha"

[[site]]
id = "base"
lat = "-88.8 deg"
lon = "123.4 deg"

[campaign]
start = "2031-01"
end = 2034-12-31
prices = "USD 2026"
rates = ["1 EUR 2020 = 1.5 USD 2026"]

[[pad]]
id = "pad"
launch_site = "wenchang"
turnaround = "60 d"

[[launcher]]
id = "rocket"
tli = "8 t"
cost = "100 MUSD 2026"
pads = ["pad"]

[[lander]]
id = "lander"
launchers = ["rocket"]
dry_mass = "1500 kg"
propellant = "5500 kg"
cost = "100 MEUR 2020"

[[lander]]
id = "taxi"
launchers = ["rocket"]
dry_mass = "1000 kg"
propellant = "5500 kg"
kind = "crew"

[[element]]
id = "array"
kind = "solar-array"
site = "base"
mass = "500 kg"
array_power = "10 kW"

[[element]]
id = "laboratory"
kind = "science"
site = "base"
mass = "900 kg"
volume = "6 m3"
after = ["array"]
not_before = "2031-06"

[[milestone]]
id = "power"
capability = "power"
at_least = "8 kW"
by = "2033-12"

[[crew_flight]]
id = "first"
crew = 2
stay = "10 d"
lander = "taxi"

[[supply]]
id = "spares"
kind = "spares"
share = "5 %/yr"

[[budget]]
id = "yearly"
amount = "900 MUSD 2026"
"""
GOOD = GOOD.replace('share = "5 %/yr"', 'share = "0.05 1/yr"')


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "station.toml"
    path.write_text(text, encoding="utf-8")
    return check_station(path)


def test_tables_are_read_in_si_units_and_months(tmp_path: Path) -> None:
    assert problems(tmp_path, GOOD) == []
    station = load_station(tmp_path / "station.toml")
    campaign = station.campaign
    assert campaign is not None
    assert campaign.months == 48
    assert f"{campaign.end:%Y-%m-%d}" == "2034-12-01"
    assert station.pads[0].turnaround_months == 2
    assert station.milestones[0].at_least == 8e3
    assert campaign.worth(station.landers[0].cost) == pytest.approx(150e6)
    assert station.elements[1].after == ["array"]
    assert campaign.month_of(station.elements[1].not_before) == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "solar-array"', 'kind = "solar-array"\nafter = ["laboratory"]', "array waits for laboratory"),
        ('after = ["array"]', 'after = ["arrray"]', 'did you mean "array"?'),
        ('by = "2033-12"', 'by = "2030-12"', "before the first month of the campaign, 2031-01"),
        ('cost = "100 MEUR 2020"', 'cost = "100 MEUR 2021"', "give a rate under [campaign]"),
        ('cost = "100 MEUR 2020"', 'cost = "100 MCNY"', "give the year of the price"),
        ('launchers = ["rocket"]\ndry_mass = "1500 kg"', 'launchers = []\ndry_mass = "1500 kg"', "nothing lifts it"),
        ('lander = "taxi"', 'lander = "lander"', "is a cargo lander"),
        ('pads = ["pad"]', 'pads = ["pod"]', 'did you mean "pad"?'),
        ('launch_site = "wenchang"', 'launch_site = "wenchan"', 'did you mean "wenchang"?'),
        ('capability = "power"\nat_least = "8 kW"', 'capability = "function:light"', "there is no function"),
        ('at_least = "8 kW"', "at_least = 8", "has no unit"),
        ('end = 2034-12-31', 'end = "2030-12"', "end is before start"),
        ('not_before = "2031-06"', 'not_before = "2036-06"', "after the end of the campaign"),
        ('rates = ["1 EUR 2020 = 1.5 USD 2026"]', 'rates = ["1 EUR 2020"]', "is no rate"),
        ('rates = ["1 EUR 2020 = 1.5 USD 2026"]', 'rates = ["1 EUR 2020 = 1.5 USD 2025"]', "does not lead to"),
        ('prices = "USD 2026"', 'prices = "dollars"', "names no prices"),
        ("[campaign]", "[[campaign]]", "write [campaign] with single brackets"),
        ('kind = "spares"', 'kind = "crew"\n[[supply]]\nid = "b"\nkind = "crew"', "is the store of crews already"),
        ('end = 2034-12-31', 'end = "2034-13"', "is no month"),
        ('dry_mass = "1000 kg"', 'dry_mass = "1000 kg"\nreusable = 3', "never comes back"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_told_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert any(said in line for line in found), found
    assert all("\n" not in line for line in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('mass = "900 kg"', 'mass = "900 kg"\ncost = "10 MEUR 2021"'),
        ('cost = "100 MUSD 2026"', 'cost = "100 MEUR 2021"'),
        ('cost = "100 MEUR 2020"', 'cost = "100 MEUR 2021"'),
        ('kind = "spares"', 'kind = "spares"\nprice = "1 MEUR 2021"'),
        ("[[pad]]", '[[budget]]\nid = "all"\namount = "1 GEUR 2021"\n\n[[pad]]'),
        # the same currency of another year is other money, too
        ('cost = "100 MUSD 2026"', 'cost = "100 MUSD 2020"'),
    ],
)
def test_money_of_another_year_or_currency_is_refused_wherever_it_stands(
    tmp_path: Path, old: str, new: str
) -> None:
    assert old in GOOD
    (found,) = problems(tmp_path, GOOD.replace(old, new, 1))
    assert "the campaign in USD 2026; give a rate under [campaign]" in found
    assert "station.toml" in found
    assert "\n" not in found
    kind = "USD 2020" if "2020" in new else "EUR 2021"
    rates = f'rates = ["1 EUR 2020 = 1.5 USD 2026", "1 {kind} = 1.2 USD 2026"]'
    good = GOOD.replace('rates = ["1 EUR 2020 = 1.5 USD 2026"]', rates).replace(old, new, 1)
    assert problems(tmp_path, good) == []


def test_tables_of_a_campaign_need_one(tmp_path: Path) -> None:
    start, end = GOOD.index("[campaign]"), GOOD.index("[[pad]]")
    found = problems(tmp_path, GOOD[:start] + GOOD[end:])
    assert any("there is no campaign" in line for line in found)


@pytest.mark.parametrize("name", sorted(packaged_catalogue().entries["lander"]))
def test_landers_of_the_catalogue_can_be_named(tmp_path: Path, name: str) -> None:
    entry = packaged_catalogue().find("lander", name)
    lifted = entry.values["launchers"]["value"]
    text = GOOD + "".join(f'\n[[launcher]]\nfrom = "{launcher}"\n' for launcher in lifted)
    assert problems(tmp_path, text + f'\n[[lander]]\nfrom = "{name}"\n') == []
