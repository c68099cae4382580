"""Sets of relays for a station: the grid against exact contacts and the study, all sets against brute force, files."""

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from moonstation.errors import MoonstationError, OrbitError, RequestError
from moonstation.links.contacts import SurfaceAntenna
from moonstation.orbits.elements import elements_to_state
from moonstation.orbits.multiple_shooting import turning_axes
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_station
from moonstation.station.model import Station
from moonstation.study import relay_design
from moonstation.study.ground import site_grounds
from moonstation.study.relay_cover import RelayScene, exact_windows, look_at_all, site_cover
from moonstation.study.relay_design import RelayDesign, design_relays
from moonstation.study.relay_files import csv_text, data_a_day, front_table, orbiters_toml
from moonstation.study.relay_orbits import (
    RelayOrbit,
    elliptical_orbits,
    families,
    frozen_inclination,
    low_orbits,
    periodic_orbits,
    relay_orbits,
    true_anomaly,
)
from moonstation.study.relay_sets import unpack
from moonstation.study.relay_wish import YEAR, Price, RelayWish
from moonstation.study.run import run_study, study_span
from moonstation.transfers.insertion import LunarOrbit, insertion

EPOCH = Epoch.parse("2030-04-01")
DAYS = 6.0
STATION = """\
[station]
name = "Two places"
start = 2030-04-01
span = "6 d"
ground_stations = ["kashi", "zapala"]

[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"
horizon = "connecting-ridge"

[[site]]
id = "rim"
lat = "-89.7"
lon = "-155 deg"
"""


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Station:
    path = tmp_path_factory.mktemp("station") / "places.toml"
    path.write_text(STATION.replace('"-89.7"', '"-89.7 deg"'), encoding="utf-8")
    return load_station(str(path))


@pytest.fixture(scope="module")
def scene(station: Station) -> RelayScene:
    grounds = site_grounds(station, progress=lambda share: None)
    return RelayScene(
        {
            spec.id: SurfaceAntenna(grounds[spec.id].site, grounds[spec.id].horizon, spec.height)
            for spec in station.sites
        },
        {one.id: one.station() for one in station.ground_stations},
        EPOCH,
        DAYS * 86_400.0,
        120.0,
    )


@pytest.fixture(scope="module")
def candidates() -> list[RelayOrbit]:
    return [
        *elliptical_orbits(300e3, 8600e3, epoch=EPOCH, nodes=2, phases=3),
        *elliptical_orbits(800e3, 16_000e3, epoch=EPOCH, nodes=1, phases=2),
        *low_orbits(1000e3, epoch=EPOCH, nodes=1, phases=2),
    ]


@pytest.fixture(scope="module")
def design(scene: RelayScene, candidates: list[RelayOrbit]) -> RelayDesign:
    return design_relays(scene, candidates, RelayWish(most=3))


def test_elliptical_orbits_stand_in_the_plane_of_the_moons_orbit() -> None:
    relays = elliptical_orbits(300e3, 8600e3, epoch=EPOCH, nodes=4, phases=3)
    axes = turning_axes(np.array([EPOCH.tdb_s]))[0]
    lowest = []
    for number, relay in enumerate(relays):
        assert relay.elements is not None
        assert relay.elements.periapsis_altitude == pytest.approx(300e3, abs=1e-3)
        state = elements_to_state(relay.elements, axes="ME", epoch=EPOCH)
        normal = axes @ np.cross(state[:3], state[3:])
        normal /= np.linalg.norm(normal)
        assert math.acos(normal[2]) == pytest.approx(
            frozen_inclination(relay.elements.eccentricity), abs=1e-9
        )
        node = math.degrees(math.atan2(normal[0], -normal[1])) % 360.0
        assert (node + 1.0) % 360.0 == pytest.approx(90.0 * (number // 3) + 1.0, abs=1e-6)
        lowest.append((axes @ state[:3])[2])
    # at periapsis over the north of that plane, with the apoapsis over the south
    assert min(lowest[::3]) > 0.0
    assert len({relay.id for relay in relays}) == 12
    north = elliptical_orbits(300e3, 8600e3, epoch=EPOCH, nodes=1, phases=1, north=True)[0]
    assert north.elements is not None
    assert (axes @ elements_to_state(north.elements, axes="ME", epoch=EPOCH)[:3])[2] < 0.0


def test_keplers_equation() -> None:
    for e in (0.0, 0.3, 0.67, 0.9):
        for mean in np.radians(np.arange(0.0, 360.0, 15.0)):
            true = true_anomaly(float(mean), e)
            eccentric = 2.0 * math.atan2(
                math.sqrt(1 - e) * math.sin(true / 2), math.sqrt(1 + e) * math.cos(true / 2)
            )
            back = (eccentric - e * math.sin(eccentric)) % (2.0 * math.pi)
            assert math.cos(back - mean) == pytest.approx(1.0, abs=1e-14)


def test_periodic_orbits_are_apart_by_their_phase(scene: RelayScene) -> None:
    relays = periodic_orbits("nrho", epoch=EPOCH, phases=2)
    assert relays[0].periodic is not None
    period = relays[0].periodic.period_s
    assert relays[0].epoch - relays[1].epoch == pytest.approx(0.5 * period)
    first, second = (
        np.linalg.norm(relay.fly(EPOCH, 3.0 * 86_400.0).position_icrf(np.array([EPOCH.tdb_s]))[0])
        for relay in relays
    )
    # one at its apolune, the other at its perilune
    assert first > 65e6
    assert second < 5e6
    assert relays[0].words["resonance"] == '"9:2"'


def test_prices(candidates: list[RelayOrbit]) -> None:
    relay = candidates[0]
    expected = insertion(LunarOrbit(300e3, 8600e3), 900.0, 0.0).delta_v
    assert relay.insertion == expected
    # the facts have 330 to 406 m/s for 0.8 to 1.0 km/s
    assert 330.0 < expected < 406.0
    price = Price(margin=0.1, life=2.0 * YEAR, dry_mass=1000.0, isp=300.0)
    total = 1.1 * expected + 2.0 * families()["elliptical"].keeping
    assert price.delta_v(relay) == pytest.approx(total)
    assert price.mass(relay) == pytest.approx(1000.0 * math.exp(total / (300.0 * 9.80665)))
    assert (Price("number").of(relay), Price("delta-v").of(relay)) == (1.0, Price().delta_v(relay))
    nrho = periodic_orbits("nrho", epoch=EPOCH, phases=1)[0]
    # what is published gets no margin
    assert Price(margin=0.5, life=0.0).delta_v(nrho) == 450.0


def test_grid_and_exact_contacts_agree(scene: RelayScene, candidates: list[RelayOrbit]) -> None:
    seen = look_at_all(scene, candidates)
    flown = {relay.id: relay.fly(scene.start, scene.duration + 1.0) for relay in candidates}
    serves, _ = exact_windows(scene, flown)
    for relay, what in zip(candidates, seen, strict=True):
        bits = unpack(what.words, scene.et.size)
        for row, site in zip(bits, scene.antennas, strict=True):
            windows = serves[site, relay.id]
            inside = np.searchsorted(windows[:, 0], scene.et) > np.searchsorted(windows[:, 1], scene.et)
            # light time may move an edge past a step now and then
            assert (row != inside).sum() <= 2


def test_front_is_that_of_all_sets(
    scene: RelayScene, candidates: list[RelayOrbit], design: RelayDesign
) -> None:
    """Every set of up to three relays, from exact contacts: none beats one of the front by more than counts."""
    flown = {relay.id: relay.fly(scene.start, scene.duration + 1.0) for relay in candidates}
    serves, _ = exact_windows(scene, flown)
    price = Price()
    best = [(one.cost, one.share, one.longest_gap) for one in design.front]
    for size in (1, 2, 3):
        for chosen in combinations(candidates, size):
            covers = [
                site_cover([serves[site, relay.id] for relay in chosen], scene.start.tdb_s, scene.stop)
                for site in scene.antennas
            ]
            share, gap = min(c.share for c in covers), max(c.longest_gap for c in covers)
            cost = sum(price.of(relay) for relay in chosen)
            # two classes of 15 %, and a step of the grid at each end of a gap
            assert any(
                c <= cost + 1e-6
                and 1.0 - s <= 1.33 * (1.0 - share) + 2e-3
                and g <= 1.33 * gap + 4.0 * scene.step
                for c, s, g in best
            ), (size, share, gap)
    assert design.proposed is not None
    assert [one.cost for one in design.front] == sorted(one.cost for one in design.front)
    assert set(design.proof) <= {1, 2, 3}


def test_written_relays_give_the_same_share_in_the_study(
    scene: RelayScene, design: RelayDesign, station: Station, tmp_path: Path
) -> None:
    assert station.path is not None
    found = next(one for one in design.front if len(one.relays) == 2)
    path = tmp_path / "with.toml"
    snippet = orbiters_toml(found, design, rate=2e6)
    path.write_text(station.path.read_text(encoding="utf-8") + "\n" + snippet, encoding="utf-8")
    loaded = load_station(str(path))
    assert [orbiter.relay_rate for orbiter in loaded.orbiters] == [2e6, 2e6]
    assert loaded.start.utc == EPOCH.utc
    result = run_study(loaded, study_span(loaded, step=600.0))
    roles = {(role.site, role.relay): role for role in result.relay_roles}
    flown = {relay.id: relay.fly(scene.start, scene.duration + 1.0) for relay in found.relays}
    serves, direct = exact_windows(scene, flown)
    start, stop = scene.start.tdb_s, scene.stop
    for site in scene.antennas:
        for number, relay in enumerate(found.relays, start=1):
            # degrees 20 and 48 of the field and elements to eight digits: edges move by seconds in six days
            alone = site_cover([serves[site, relay.id]], start, stop)
            assert roles[site, f"relay-{number}"].passed_on == pytest.approx(alone.share, abs=2e-4)
        # with the site's own sight of the Earth the study's reach is the same
        windows = [serves[site, relay.id] for relay in found.relays]
        together = site_cover([*windows, direct[site]], start, stop)
        assert roles[site, "relay-1"].reach.share == pytest.approx(together.share, abs=2e-4)


def test_table(design: RelayDesign) -> None:
    table = front_table(design, rate=1e6)
    assert len(table) == len(design.front)
    assert table["proposed"].sum() == 1
    assert csv_text(table).splitlines()[0].startswith("set,proposed,relays,orbits,share_pct")
    one = design.front[0]
    assert data_a_day(one, 1e6) == pytest.approx(86_400e6 * one.share)
    assert list(table["cost_kg"]) == sorted(table["cost_kg"])
    assert (table[["ridge_share_pct", "rim_share_pct"]].min(axis=1) == table["share_pct"]).all()


def test_keeping_data_for_later_serves_more(scene: RelayScene, candidates: list[RelayOrbit]) -> None:
    stored = RelayScene(scene.antennas, scene.stations, scene.start, scene.duration, scene.step, live=False)
    for live, kept in zip(look_at_all(scene, candidates), look_at_all(stored, candidates), strict=True):
        assert not (live.words & ~kept.words).any()
        assert np.bitwise_count(kept.words).sum() > np.bitwise_count(live.words).sum()
        assert live.earth_gap == kept.earth_gap > 0.0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed")
def test_a_cluster_gives_the_same_bits(scene: RelayScene, candidates: list[RelayOrbit]) -> None:
    pytest.importorskip("distributed")
    few = [*candidates[:3], *periodic_orbits("dro", epoch=EPOCH, phases=1)]
    here = look_at_all(scene, few)
    there = look_at_all(scene, few, cluster="local:2")
    for a, b in zip(here, there, strict=True):
        np.testing.assert_array_equal(a.words, b.words)
        assert (a.earth_gap, a.ending) == (b.earth_gap, b.ending)


def test_own_sight_of_the_earth_counts_where_asked(scene: RelayScene, candidates: list[RelayOrbit]) -> None:
    without = design_relays(scene, candidates[:2], RelayWish(most=1))
    direct = design_relays(scene, candidates[:2], RelayWish(most=1, direct=True))
    assert min(one.share for one in direct.front) >= max(one.share for one in without.front)
    single = direct.front[0]
    for cover in single.sites.values():
        assert cover.share >= single.grid_share - 1e-3


def test_sets_too_many_to_compare_are_searched(
    scene: RelayScene, candidates: list[RelayOrbit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the search by exchange and the integer programme the front is the same as with all sets."""
    everything = design_relays(scene, candidates, RelayWish(most=3, fold=2))
    assert everything.proof[3] == "all 120 sets compared"
    live = design_relays(scene, candidates, RelayWish(most=2))
    monkeypatch.setattr(relay_design, "MOST_SETS", 20)
    few = design_relays(scene, candidates, RelayWish(most=2, gap_at_most=3600.0))
    assert "integer programme proves at most" in few.proof[2] or "covers all" in few.proof[2]
    best, found = (max(one.share for one in one_.front) for one_ in (live, few))
    assert found == pytest.approx(best, abs=1e-3)
    again = design_relays(scene, candidates, RelayWish(most=2, gap_at_most=3600.0), threads=1)
    assert [one.relays for one in again.front] == [one.relays for one in few.front]


def test_what_is_asked_decides_the_proposal(scene: RelayScene, candidates: list[RelayOrbit]) -> None:
    asked = design_relays(scene, candidates, RelayWish(most=2, at_least=0.5))
    assert asked.proposed is not None
    chosen = asked.front[asked.proposed]
    assert chosen.share >= 0.5
    assert all(one.share < 0.5 for one in asked.front[: asked.proposed])
    assert design_relays(scene, candidates[:2], RelayWish(most=1, at_least=0.999)).proposed is None


def test_orbits_that_fall_are_left_out_and_told(scene: RelayScene) -> None:
    doomed = elliptical_orbits(60e3, 16_000e3, epoch=EPOCH, nodes=1, phases=1)
    good = elliptical_orbits(300e3, 8600e3, epoch=EPOCH, nodes=1, phases=1)
    lasting = RelayScene(
        scene.antennas, scene.stations, scene.start, scene.duration, scene.step, lasts=200.0 * 86_400.0
    )
    found = design_relays(lasting, [*doomed, *good], RelayWish(most=1))
    assert list(found.left_out) == [doomed[0].id]
    assert "without burns" in found.left_out[doomed[0].id]
    assert any(doomed[0].id in note for note in found.notes)
    with pytest.raises(OrbitError, match="none of 1 orbits"):
        design_relays(lasting, doomed, RelayWish(most=1))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda s, c: design_relays(s, [], RelayWish()), "no orbits to choose from"),
        (lambda s, c: design_relays(s, c[:1], RelayWish(most=2)), "only 1 orbits"),
        (lambda s, c: design_relays(s, c * 200, RelayWish()), "at most 1000"),
        (lambda s, c: RelayWish(most=0), "give 1 to 12"),
        (lambda s, c: RelayWish(most=13), "give 1 to 12"),
        (lambda s, c: RelayWish(fold=3), "--fold 3"),
        (lambda s, c: RelayWish(at_least=1.5), "--at-least"),
        (lambda s, c: RelayWish(gap_at_most=-1.0), "--gap-at-most"),
        (lambda s, c: RelayWish(gap_at_most=math.nan), "--gap-at-most"),
        (lambda s, c: Price("gold"), "mass, delta-v, number"),  # type: ignore[arg-type]
        (lambda s, c: Price(isp=math.nan), "specific impulse"),
        (lambda s, c: RelayScene({}, s.stations, s.start, s.duration, 60.0), "no site"),
        (lambda s, c: RelayScene(s.antennas, {}, s.start, s.duration, 60.0), "no ground station"),
        (lambda s, c: RelayScene(s.antennas, s.stations, s.start, 60.0, 60.0), "fewer than ten"),
        (lambda s, c: RelayScene(s.antennas, s.stations, s.start, math.nan, 60.0), "fewer than ten"),
        (lambda s, c: RelayScene(s.antennas, s.stations, s.start, s.duration, 0.1), "1 s to 1 h"),
        (lambda s, c: orbits_of(["molniya"]), "elliptical, low, nrho, halo, dro"),
        (lambda s, c: orbits_of(["low"], nodes=0), "1 to 36 nodes"),
        (lambda s, c: orbits_of(["low"], low=[-5.0]), "height above ground"),
    ],
)
def test_refuses(scene: RelayScene, candidates: list[RelayOrbit], make: object, words: str) -> None:
    with pytest.raises(MoonstationError, match=words) as error:
        make(scene, candidates)  # type: ignore[operator]
    assert "\n" not in str(error.value)
    assert isinstance(error.value, (RequestError, OrbitError))


def orbits_of(kinds: list[str], *, nodes: int = 1, low: list[float] | None = None) -> list[RelayOrbit]:
    return relay_orbits(kinds, epoch=EPOCH, elliptical=[], low=low or [500e3], nodes=nodes, phases=1)
