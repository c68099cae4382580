"""Rights to data against where these arrive: each kind of trouble by hand, and the network of the built-in station."""

import math

import pytest
from made_up_partners import trio

from moonstation.partners.data_rights import (
    Arrival,
    Passage,
    check_data,
    handed_over,
    products_of,
    receivers,
    right_of,
)
from moonstation.report.rights_picture import rights_picture
from moonstation.station.loading import load_station
from moonstation.study.link_contacts import link_span, station_contacts
from moonstation.study.network import outcomes, station_scene
from moonstation.study.partner_data import data_of_partners

YEAR = 365.0 * 86_400.0
OPEN = '[[data_right]]\nid = "lab-open"\nof = ["lab"]\naccess = "open"\n'
LATER = '[[data_right]]\nid = "scope-later"\nof = ["scope"]\naccess = "embargo"\nembargo = "365 d"\n'
NEVER = '[[data_right]]\nid = "scope-never"\nof = ["scope"]\naccess = "never"\npartners = ["blue"]\n'


def held(station, arrivals, passages=()):
    """The check of a run that was made up."""
    return check_data(station, arrivals, passages, received={"red": 1.0}, days=5.0)


def silent(stage, part):
    """Progress that no one looks at."""


def test_rights_go_from_the_owner_over_bars_and_names_to_all(tmp_path):
    bar = '[[bar]]\nid = "closed"\npartner = "guest"\nof = "green"\nfrom = 2034-06-01\n'
    later = '[[bar]]\nid = "not-yet"\npartner = "red"\nof = "green"\nfrom = 2036-01-01\n'
    share = '[[share]]\nid = "hours"\ngiver = "red"\ngetter = "green"\nat_least = "2 h"\nper = "1 d"\n'
    station = trio(tmp_path, LATER + NEVER + bar + later, without=share)
    lab, scope = products_of(station)
    assert (lab.id, lab.source, lab.owner) == ("lab", "ridge", "blue")
    assert right_of(station, scope, "green") == (0.0, "owner")
    assert right_of(station, scope, "guest") == (math.inf, "closed")
    assert right_of(station, scope, "blue") == (math.inf, "scope-never")
    # the bar of red begins after the start of the study
    assert right_of(station, scope, "red") == (YEAR, "scope-later")
    wait, rule = right_of(station, lab, "red")
    assert math.isnan(wait)
    assert rule == ""


def test_every_kind_of_trouble_is_told(tmp_path):
    station = trio(tmp_path, OPEN + LATER + NEVER)
    check = held(station, [Arrival("ridge", "red", 0.9, 10.0)], [Passage("ridge", "blue", 0.5)])
    trouble = {(row.product, row.partner): row.trouble for row in check.accesses}
    assert trouble["scope", "red"] == "early"
    assert trouble["lab", "red"] is None
    # the owner has no antenna of its own, and its relays carry what it may never see
    assert trouble["lab", "blue"] == "unreached"
    assert trouble["scope", "blue"] == "carries"
    assert trouble["scope", "green"] == "unreached"
    assert check.of("scope", "red").latency == 10.0
    got = held(station, [Arrival("ridge", "blue", 0.2, 10.0)])
    assert got.of("scope", "blue").trouble == "receives"
    nothing = held(trio(tmp_path), [Arrival("ridge", "red", 0.9, 10.0)])
    assert nothing.of("lab", "red").trouble == "unstated"
    assert any("no right is stated for data of lab, scope" in note for note in nothing.notes)


def test_a_stray_bundle_is_no_trouble(tmp_path):
    check = held(trio(tmp_path, NEVER), [Arrival("ridge", "blue", 1e-4, 10.0)])
    assert check.of("scope", "blue").trouble is None


def test_who_has_no_antenna_needs_somebody_to_hand_data_over(tmp_path):
    check = held(trio(tmp_path, OPEN), [Arrival("ridge", "red", 0.7, 9.0), Arrival("ridge", "", 0.3, 9.0)])
    assert handed_over(check) == {"blue": ["lab"], "green": ["lab", "scope"], "guest": ["lab"]}
    assert receivers(check, "lab") == ["red"]


def test_the_network_of_the_built_in_station_is_told_by_partner():
    station = load_station("ilrs")
    check = data_of_partners(station, days=0.5, progress=silent)
    assert sum(check.received.values()) == pytest.approx(1.0)
    # the same network without partners
    first, last = link_span(station, None, 0.5)
    scene = station_scene(station_contacts(station, first, last))
    run = outcomes(scene)[0].run
    account = run.account()
    owner = {antenna.id: antenna.partner for antenna in station.ground_stations}
    by_antenna = dict.fromkeys([*owner.values(), ""], 0.0)
    for way, bits in run.ways().items():
        by_antenna[owner[way[-2]]] += bits
    for partner, share in check.received.items():
        assert share == pytest.approx(by_antenna[partner] / account["delivered"], rel=1e-9)
    for product in check.products:
        shares = [row.share for row in check.accesses if row.product == product.id]
        assert 0.0 <= sum(shares) <= 1.0
    # relays are Chinese: nothing of the base passes through relays of another
    assert {row.partner for row in check.accesses if row.through > 0.0} <= {"cnsa"}
    assert check.of("observatory", "roscosmos").wait == YEAR
    assert check.of("pakistan-rover", "cnsa").wait == 0.0
    assert rights_picture(check).startswith(b"\x89PNG")
