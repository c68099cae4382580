"""Rates of a study's links: what they carry by step, when they close, and the worst contact."""

import numpy as np
import pytest

from moonstation.links.budget import Budget
from moonstation.links.contacts import Contact
from moonstation.links.geometry import link_geometry, make_ends
from moonstation.links.pairs import SurfaceAntenna
from moonstation.links.plan import PlannedContact
from moonstation.links.radio_links import LinkTerms, link_budget
from moonstation.links.rates import radios_by_end, rate_origin
from moonstation.links.tracks import Tracks
from moonstation.station.loading import load_station
from moonstation.study.link_rates import _closing, _volumes
from moonstation.study.run import run_study, study_span

STATION = """\
[station]
start = 2030-04-03
span = "4 d"
ground_stations = ["kashi", "zapala"]
[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
horizon = "connecting-ridge"
[[element]]
id = "plant"
kind = "fission"
site = "ridge"
power = "5 kW"
[[element]]
id = "lander"
kind = "lander"
site = "ridge"
load_nominal = "100 W"
earth_rate = "2 Mbit/s"
relay_rate = "9 Mbit/s"
data_rate_nominal = "4 Mbit/s"
data_storage = "4 Tbit"
[[orbiter]]
id = "relay"
orbit = "queqiao-2"
relay = true
relay_rate = "5 Mbit/s"
earth_rate = "7 Mbit/s"
data_storage = "1 Tbit"
"""
RADIOS = """\
[[radio]]
id = "ridge-x"
from = "lander-x"
on = "lander"
power = "0.05 W"
rates = ["8 kbit/s", "64 kbit/s", "256 kbit/s", "512 kbit/s", "1 Mbit/s"]
[[radio]]
id = "relay-x"
from = "queqiao-2-x"
on = "relay"
[[radio]]
id = "relay-s"
from = "queqiao-2-s"
on = "relay"
"""


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """The same station studied without and with radios."""
    found = []
    for name, text in (("plain", STATION), ("radios", STATION + RADIOS)):
        path = tmp_path_factory.mktemp("rates") / f"{name}.toml"
        path.write_text(text)
        station = load_station(path)
        found.append(run_study(station, study_span(station)))
    return found


def a_piece(to: str, start: float, stop: float, rate: float, owlt: float = 1.3) -> PlannedContact:
    return PlannedContact("a", to, start - owlt, stop - owlt, rate, owlt)


def a_contact(start: float, stop: float) -> Contact:
    return Contact("a", "x", "site-ground", start, stop, 0.5, False, 1.3)


def test_a_sender_goes_by_its_fastest_receiver_at_each_moment():
    rng = np.random.default_rng(3)
    pieces = []
    for receiver in "xyz":
        edges = np.sort(rng.uniform(0.0, 1000.0, 12))
        pieces += [
            a_piece(receiver, begin, end, float(rng.integers(1, 9)))
            for begin, end in zip(edges[::2], edges[1::2], strict=True)
        ]
    edges = np.linspace(-50.0, 1050.0, 12)
    # a look a hundredth of a second
    fine = np.arange(-50.0, 1050.0, 0.01) + 0.005
    best = np.zeros(fine.size)
    for piece in pieces:
        inside = (piece.start + piece.owlt <= fine) & (fine < piece.stop + piece.owlt)
        best = np.maximum(best, np.where(inside, piece.rate, 0.0))
    expected = best.reshape(11, -1).sum(axis=1) * 0.01
    assert _volumes(pieces, edges) == pytest.approx(expected, abs=0.5)
    assert _volumes([], edges) == pytest.approx(np.zeros(11))


def test_a_link_closes_with_its_contact_and_where_its_rate_is_above_zero():
    contacts = [a_contact(0.0, 100.0), a_contact(200.0, 300.0)]
    pieces = [
        a_piece("x", 0.004, 40.0, 5.0, 1.304),
        a_piece("x", 40.01, 99.98, 4.0, 1.3),
        a_piece("x", 230.0, 299.99, 4.0),
    ]
    assert _closing(contacts, pieces).tolist() == [[0.0, 100.0], [pytest.approx(230.0), 300.0]]
    assert _closing(contacts, []).shape == (0, 2)


def test_where_the_rate_of_a_pair_comes_from(studies):
    plain, radios = (study.station for study in studies)
    told = {
        pair: [rate_origin(s, *pair, radios=radios_by_end(s)) for s in (plain, radios)]
        for pair in (("ridge", "kashi"), ("ridge", "relay"), ("relay", "kashi"), ("kashi", "ridge"))
    }
    assert [one.words for one in told["ridge", "kashi"]] == ["earth_rate", "budget, X"]
    assert [one.rate for one in told["ridge", "relay"]] == [5e6, 0.0]
    assert [one.words for one in told["relay", "kashi"]] == ["earth_rate", "budget, X/S"]
    assert [one.words for one in told["kashi", "ridge"]] == ["no rate given", "budget, X"]
    fixed = rate_origin(radios, "ridge", "kashi", radios=radios_by_end(radios), case="fixed")
    assert (fixed.words, fixed.rate) == ("earth_rate", 2e6)


def test_data_go_at_the_rates_of_the_budgets(studies):
    plain, radios = studies
    assert plain.rates.ground == {}
    assert set(radios.rates.ground) == {"lander", "relay"}
    assert set(radios.rates.relay) == {("lander", "relay")}
    # a twentieth of a watt: 1 Mbit/s at the very most, and less where the ground reflects
    limit = 1e6 * radios.step_s
    assert 0.0 < radios.rates.relay["lander", "relay"].max() <= limit * (1.0 + 1e-9)
    assert radios.rates.ground["lander"].max() <= limit * (1.0 + 1e-9)
    for study in studies:
        run = study.data.sites["ridge"]
        assert run.made_total == pytest.approx(run.delivered_total + run.waiting_end + run.lost_total)
        assert run.made_total > 0.0
    # more is made than a tenth of a day of these rates carries: the radios send at their limit, and wait
    assert radios.data.sites["ridge"].sent.max() <= 2.0 * limit * (1.0 + 1e-9)
    assert radios.data.sites["ridge"].sent.sum() < plain.data.sites["ridge"].sent.sum()


def test_volumes_of_the_table_are_those_of_the_steps(studies):
    # one relay, so that the fastest receiver is the only one
    table = studies[1].contacts
    to_relay = table[(table["from"] == "ridge") & (table["to"] == "relay")]
    assert to_relay["volume_bit"].sum() == pytest.approx(
        float(studies[1].rates.relay["lander", "relay"].sum()), rel=1e-6
    )
    assert (to_relay["rate_mean_bps"] > 0.0).all()


def test_the_worst_contact_is_no_better_than_any_other(studies):
    study = studies[1]
    kinds = [worst.kind for worst in study.rates.worst]
    assert kinds == ["site-ground", "site-orbiter", "orbiter-ground"]
    table = study.contacts
    for worst in study.rates.worst:
        same = table[table["kind"] == worst.kind]
        assert worst.mean_rate <= same["rate_mean_bps"].min() * 1.001 + 1.0
        assert worst.contact.start <= worst.geometry.et[0] <= worst.contact.stop
        assert isinstance(worst.budget, Budget)
        assert worst.rate == worst.budget.best("rss")[0][0]
    # the signal of its moment is the weakest of its contact
    worst = study.rates.worst[1]
    tracks = Tracks(study.start.tdb_s, study.stop.tdb_s)
    ends = make_ends(
        tracks,
        antennas=study_antennas(study),
        trajectories=study.trajectories,
        stations={spec.id: spec.station() for spec in study.station.ground_stations},
    )
    a, b = ends[worst.contact.from_id], ends[worst.contact.to_id]
    moments = np.linspace(worst.contact.start, worst.contact.stop, 977)
    terms = LinkTerms(a, b, link_geometry(tracks, a, b, moments))
    rates = link_budget(worst.sender, worst.receiver, terms).best("rss")[0]
    assert worst.rate <= rates.min() * (1.0 + 1e-9)


def study_antennas(study):
    return {
        spec.id: SurfaceAntenna(study.grounds[spec.id].site, study.grounds[spec.id].horizon, spec.height)
        for spec in study.station.sites
    }
