"""What coalitions of partners are worth, and how that is divided: figures by hand."""

import itertools

import numpy as np
import pytest
from made_up_partners import trio

from moonstation.errors import RequestError
from moonstation.partners.worth import coalition_station, divide, functions_worth, mass_worth, players_of
from moonstation.report.shares_picture import shares_picture
from moonstation.station.loading import load_station
from moonstation.study.partner_worth import data_worth, energy_worth


def shares_of(shares):
    """Share by partner."""
    return dict(zip(shares.players, shares.division.shares, strict=True))


def silent(stage, part):
    """Progress that no one looks at."""


def test_a_coalition_has_what_its_own_missions_bring(three):
    def there(*partners):
        part = coalition_station(three, partners)
        return [row.id for row in (*part.elements, *part.orbiters, *part.ground_stations)]

    # red flies everything but the relay; malargue is of nobody
    assert there() == ["malargue"]
    assert there("red") == ["plant", "kashi", "malargue"]
    assert there("blue", "green") == ["relay", "malargue"]
    assert len(there("red", "blue", "green")) == 7


def test_functions_and_mass_are_divided_as_by_hand(three):
    functions = divide(three, functions_worth(three))
    # alone red has power, with either of the others one more, and nothing flies without red
    assert shares_of(functions) == pytest.approx({"red": 2.0, "blue": 0.5, "green": 0.5})
    assert functions.alone == {"red": 1.0, "blue": 0.0, "green": 0.0}
    assert functions.last == {"red": 3.0, "blue": 1.0, "green": 1.0}
    assert functions.players == players_of(three) == ("red", "blue", "green")
    mass = divide(three, mass_worth())
    assert shares_of(mass) == pytest.approx({"red": 1500.0, "blue": 400.0, "green": 100.0})
    assert mass.division.exact


def test_weights_count(three):
    weighed = divide(three, functions_worth(three, {"power": 0.0, "watching": 4.0}))
    assert shares_of(weighed) == pytest.approx({"red": 2.5, "blue": 0.5, "green": 2.0})


def test_many_partners_are_drawn_and_add_up(tmp_path):
    more = "".join(
        f'[[partner]]\nid = "p{n}"\n[[element]]\nid = "e{n}"\nkind = "other"\nmass = "{n} kg"\npartner = "p{n}"\n'
        f'site = "ridge"\n'
        for n in range(1, 13)
    )
    station = trio(tmp_path, more)
    shares = divide(station, mass_worth(), orders=40)
    assert not shares.division.exact
    found = shares_of(shares)
    # a partner that flies its own is worth its mass in every order
    assert [found[f"p{n}"] for n in range(1, 13)] == pytest.approx(range(1, 13))
    # what two partners are worth together only is met once in each order and its reverse, so that pairs leave no error
    assert found["red"] == pytest.approx(1500.0)
    assert shares.division.errors == pytest.approx(0.0, abs=1e-9)
    assert sum(found.values()) == pytest.approx(2000.0 + 78.0)
    assert shares_picture(station, [shares]).startswith(b"\x89PNG")


def test_energy_and_data_of_the_trio(three):
    energy = divide(three, energy_worth(three, days=5.0, progress=silent))
    # the laboratory comes after the span: only the telescope asks for power, and is served by the plant
    assert energy.division.whole == pytest.approx(0.1 * 24.0, rel=1e-6)
    data = divide(three, data_worth(three, days=5.0, progress=silent))
    # the site has no way to send before the laboratory comes, so nothing gets home whoever joins
    assert energy.division.shares.sum() == pytest.approx(energy.division.whole)
    assert data.division.whole >= 0.0


def test_data_of_the_built_in_station_come_home_in_part_without_a_partner():
    station = load_station("ilrs")
    data = data_worth(station, days=1.0, progress=silent)
    worth = {
        members: data.of(coalition_station(station, members))
        for size in range(3)
        for members in itertools.combinations(("cnsa", "roscosmos"), size)
    }
    # without the relays of China the ridge alone talks to Russian and hired antennas, and its flight is Chinese
    assert worth[()] == 0.0
    assert 0.0 < worth[("roscosmos",)] < worth[("cnsa",)] < worth[("cnsa", "roscosmos")]
    made = sum(e.data_rate_nominal for e in station.elements) + sum(o.data_rate for o in station.orbiters)
    assert worth[("cnsa", "roscosmos")] <= made * 86_400.0 / 1e9


def test_energy_is_shared_out_whole():
    station = load_station("ilrs")
    shares = divide(station, energy_worth(station, days=10.0, step="2 h", progress=silent))
    assert shares.division.shares.sum() == pytest.approx(shares.division.whole, rel=1e-12)
    assert np.all(shares.division.shares > 0.0)
    assert shares_picture(station, [shares]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"powr": 1.0}, 'did you mean "power"'),
        ({"power": -1.0}, "give zero or more"),
        ({"power": 0.0, "research": 0.0, "watching": 0.0}, "all functions weigh nothing"),
    ],
)
def test_weights_that_make_no_sense_are_refused(three, weights, words):
    with pytest.raises(RequestError, match=words):
        functions_worth(three, weights)


def test_a_station_without_functions_or_partners_is_refused():
    lander = load_station("lander")
    with pytest.raises(RequestError, match="take --value mass"):
        functions_worth(lander)
    with pytest.raises(RequestError, match="nobody brings anything"):
        divide(lander, mass_worth())
