"""Windows of a station's links, put together as power, data and requirements ask for them."""

from collections.abc import Mapping

from moonstation.arrays import FloatArray
from moonstation.links.contacts import Contact, windows_between
from moonstation.spacetime.events import intersect, union
from moonstation.station.model import Station


class Links:
    """Windows of a station's links.

    Parameters
    ----------
    station : Station
        Tells which ends are ground stations and which are relays.
    contacts : list of Contact
        Every window between two ends.
    closing : mapping of (str, str) to (n, 2) array, optional
        Windows of pairs in which their radios close the link, in place of those in which they see each other.
    """

    def __init__(
        self,
        station: Station,
        contacts: list[Contact],
        closing: Mapping[tuple[str, str], FloatArray] | None = None,
    ) -> None:
        pairs: dict[tuple[str, str], list[Contact]] = {}
        for contact in contacts:
            pairs.setdefault((contact.from_id, contact.to_id), []).append(contact)
        self._pairs: dict[tuple[str, str], FloatArray] = {
            pair: union(windows_between(found)) for pair, found in pairs.items()
        }
        self._pairs |= closing or {}
        self.ground = [antenna.id for antenna in station.ground_stations]
        self.relays = [orbiter.id for orbiter in station.orbiters if orbiter.relay]

    def to_ground(self, end: str) -> FloatArray:
        """Windows of a site or an orbiter with any ground station, shape (n, 2)."""
        return self._together(end, self.ground)

    def to_relay(self, site: str, relay: str | None = None) -> FloatArray:
        """Windows of a site with one relay, or with any, shape (n, 2)."""
        return self._together(site, self.relays if relay is None else [relay])

    def through(self, site: str, relay: str) -> FloatArray:
        """Windows in which a relay sees a site and a ground station at once, shape (n, 2)."""
        return intersect(self.to_relay(site, relay), self.to_ground(relay))

    def to_earth(self, site: str, *, without: str = "") -> FloatArray:
        """Windows in which a site reaches the Earth at that moment, shape (n, 2).

        Straight to a ground station, or through a relay that sees one at the same time. Data that a relay keeps for
        later travel outside these windows too. `without` leaves a relay out.
        """
        through = [self.through(site, relay) for relay in self.relays if relay != without]
        return union([self.to_ground(site), *through])

    def _together(self, start: str, ends: list[str]) -> FloatArray:
        return union([self._pairs[start, end] for end in ends if (start, end) in self._pairs])
