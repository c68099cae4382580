"""Windows of links put together: when does a site reach the Earth?"""

from types import SimpleNamespace

from moonstation.links.contacts import Contact
from moonstation.study.links import Links

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
