"""Windows of links put together: when does a site reach the Earth?"""

from types import SimpleNamespace

from moonstation.links.contacts import Contact
from moonstation.study.links import Links
from moonstation.study.relays import relay_roles

STATION = SimpleNamespace(
    ground_stations=[SimpleNamespace(id="east"), SimpleNamespace(id="west")],
    orbiters=[SimpleNamespace(id="relay", relay=True), SimpleNamespace(id="mapper", relay=False)],
)


def contact(start: str, end: str, begin: float, stop: float) -> Contact:
    return Contact(start, end, "any", begin, stop, 0.1, clipped=False)


def test_a_relay_counts_only_while_it_sees_a_ground_station() -> None:
    links = Links(
        STATION,  # type: ignore[arg-type]
        [
            contact("site", "east", 0.0, 10.0),
            contact("site", "relay", 5.0, 40.0),
            contact("relay", "west", 12.0, 20.0),
            contact("relay", "east", 18.0, 30.0),
            contact("relay", "east", 50.0, 60.0),
            contact("site", "mapper", 60.0, 70.0),
            contact("mapper", "east", 60.0, 70.0),
        ],
    )
    assert links.to_ground("site").tolist() == [[0.0, 10.0]]
    assert links.to_relay("site").tolist() == [[5.0, 40.0]]
    assert links.to_earth("site").tolist() == [[0.0, 10.0], [12.0, 30.0]]
    assert links.to_earth("elsewhere").tolist() == []


def test_a_relay_taken_away_leaves_the_other_ways() -> None:
    station = SimpleNamespace(
        sites=[SimpleNamespace(id="site"), SimpleNamespace(id="far")],
        ground_stations=[SimpleNamespace(id="east")],
        orbiters=[SimpleNamespace(id="one", relay=True), SimpleNamespace(id="two", relay=True)],
    )
    links = Links(
        station,  # type: ignore[arg-type]
        [
            contact("site", "east", 0.0, 20.0),
            contact("site", "one", 10.0, 50.0),
            contact("site", "two", 40.0, 60.0),
            contact("one", "east", 0.0, 45.0),
            contact("two", "east", 0.0, 100.0),
        ],
    )
    one, two, far, _ = relay_roles(station, links, start=0.0, stop=100.0)  # type: ignore[arg-type]
    assert (one.site, one.relay, one.seen, one.passed_on) == ("site", "one", 0.4, 0.35)
    assert one.carried == 0.35 / 0.6
    assert (one.reach.share, one.reach.longest_gap) == (0.6, 40.0)
    assert (one.without.share, one.without.longest_gap) == (0.4, 40.0)
    assert (two.passed_on, two.without.share, two.without.longest_gap) == (0.2, 0.45, 55.0)
    assert (far.carried, far.reach.longest_gap) == (0.0, 100.0)
