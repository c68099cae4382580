"""Who may see the data of which element when, against whose antennas they arrive at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from moonstation.partners.holdings import NOBODY, bearers
from moonstation.spacetime.epochs import Epoch
from moonstation.station.agreements import NEVER
from moonstation.station.elements import Element
from moonstation.station.model import Orbiter, Station

Trouble = Literal["receives", "early", "unreached", "carries", "unstated"]

LEAST = 1e-3
"""Share of a product below which its arrival at an antenna is not told: the last bundle of a pass."""


@dataclass(frozen=True)
class Product:
    """The data of one element or orbiter.

    Attributes
    ----------
    id, name, owner : str
        Of what makes them, and its partner.
    source : str
        Site or orbiter that sends them.
    rate : float
        Made [bit/s].
    """

    id: str
    name: str
    owner: str
    source: str
    rate: float


@dataclass(frozen=True)
class Arrival:
    """Data of a site or an orbiter at the antennas of a partner.

    Attributes
    ----------
    source : str
        Site or orbiter.
    partner : str
        Owner of the antennas; "" for those of nobody.
    share : float
        Of what the source makes.
    latency : float
        Half of it is there within this time after its making [s].
    """

    source: str
    partner: str
    share: float
    latency: float


@dataclass(frozen=True)
class Passage:
    """Data of a site or an orbiter that pass through relays of a partner.

    Attributes
    ----------
    source, partner : str
        Site or orbiter, and owner of the relays.
    share : float
        Of what is delivered of the source.
    """

    source: str
    partner: str
    share: float


@dataclass(frozen=True)
class Access:
    """What a partner may see of a product, and what reaches it.

    Attributes
    ----------
    product, partner : str
        Ids.
    wait : float
        From arrival on Earth until it may see them [s]; infinite for never; nan where nothing is agreed.
    rule : str
        "owner", or id of the data right or bar that says so; "" for none.
    share : float
        Of the product that arrives at its own antennas.
    latency : float
        Half of that within this time [s]; nan if none.
    through : float
        Share of the delivered product that passes through its relays.
    """

    product: str
    partner: str
    wait: float
    rule: str
    share: float
    latency: float
    through: float

    @property
    def may(self) -> bool:
        """Whether it may see them one day."""
        return self.wait < math.inf

    @property
    def trouble(self) -> Trouble | None:
        """What does not agree: of several things the gravest.

        "receives": it gets what it may never see; "early": it gets what it may see only after an embargo; "unreached":
        it may see them, and none arrive at antennas of its own; "carries": its relays pass on what it may never see;
        "unstated": it gets them, and nothing is agreed.
        """
        if self.share > LEAST:
            if self.wait == math.inf:
                return "receives"
            if self.wait > 0.0:
                return "early"
            if math.isnan(self.wait):
                return "unstated"
        elif self.may:
            return "unreached"
        if self.wait == math.inf and self.through > LEAST:
            return "carries"
        return None


@dataclass(frozen=True, eq=False)
class DataCheck:
    """Rights against arrivals.

    Attributes
    ----------
    station : Station
        As loaded.
    products : tuple of Product
        All data that are made.
    accesses : tuple of Access
        Product by product, partner by partner.
    received : dict of str to float
        Share of all delivered data that arrives at antennas of each partner; "" for those of nobody.
    days : float
        How long the network was run.
    notes : tuple of str
        What has to be said beside the figures.
    """

    station: Station
    products: tuple[Product, ...]
    accesses: tuple[Access, ...]
    received: dict[str, float]
    days: float
    notes: tuple[str, ...]

    def of(self, product: str, partner: str) -> Access:
        """One pair."""
        return next(row for row in self.accesses if (row.product, row.partner) == (product, partner))


def products_of(station: Station) -> list[Product]:
    """Data that elements and orbiters make, in the order of the file."""
    return [
        Product(part.id, part.name, part.partner, part.site if isinstance(part, Element) else part.id, rate)
        for part in bearers(station)
        if (rate := made_by(part)) > 0.0
    ]


def made_by(part: Element | Orbiter) -> float:
    """Data that it makes in nominal mode [bit/s]."""
    return part.data_rate_nominal if isinstance(part, Element) else part.data_rate


def right_of(station: Station, product: Product, partner: str) -> tuple[float, str]:
    """How long a partner waits to see a product [s], and by which rule.

    The owner sees its own at once. A bar that has begun closes the owner's products. Then a right that names the
    partner counts, then one for all. Where there is none the wait is nan.
    """
    if partner == product.owner:
        return 0.0, "owner"
    for bar in station.bars:
        begun = bar.from_ is None or Epoch.parse(bar.from_).tdb_s <= station.start.tdb_s
        if begun and (bar.partner, bar.of) == (partner, product.owner):
            return NEVER, bar.id
    general = (math.nan, "")
    for right in station.data_rights:
        if product.id not in right.of:
            continue
        if partner in right.partners:
            return right.wait, right.id
        if not right.partners:
            general = (right.wait, right.id)
    return general


def check_data(
    station: Station,
    arrivals: Sequence[Arrival],
    passages: Sequence[Passage],
    *,
    received: dict[str, float],
    days: float,
    notes: Sequence[str] = (),
) -> DataCheck:
    """Hold the rights to data against where these arrive.

    Parameters
    ----------
    station : Station
        As loaded.
    arrivals : sequence of Arrival
        By source and owner of antennas. A product shares the way of all that its site sends.
    passages : sequence of Passage
        By source and owner of relays.
    received : dict of str to float
        Share of all delivered data by owner of antennas.
    days : float
        Length of the network's run.
    notes : sequence of str
        What has to be said of it.
    """
    products = products_of(station)
    there = {(row.source, row.partner): row for row in arrivals}
    passed = {(row.source, row.partner): row.share for row in passages}
    accesses = []
    for product in products:
        for partner in station.partners:
            wait, rule = right_of(station, product, partner.id)
            row = there.get((product.source, partner.id))
            accesses.append(
                Access(
                    product.id,
                    partner.id,
                    wait,
                    rule,
                    row.share if row is not None else 0.0,
                    row.latency if row is not None else math.nan,
                    passed.get((product.source, partner.id), 0.0),
                )
            )
    unruled = [p.id for p in products if not any(p.id in right.of for right in station.data_rights)]
    told = list(notes)
    if unruled:
        told.append(
            f"no right is stated for data of {', '.join(unruled)}: their owners alone are sure to see them"
        )
    assumed = [
        row.id
        for row in station.data_rights
        if any(
            key.startswith(f"data_right.{row.id}.") and known.confidence == "assumption"
            for key, known in station.provenance.items()
        )
    ]
    if assumed:
        told.append(f"assumed, none is published: data rights {', '.join(assumed)}")
    return DataCheck(station, tuple(products), tuple(accesses), received, days, tuple(told))


def receivers(check: DataCheck, product: str) -> list[str]:
    """Partners at whose antennas a product arrives, the most first; "" for antennas of nobody is not among them."""
    rows = [row for row in check.accesses if row.product == product and row.share > LEAST]
    return [row.partner for row in sorted(rows, key=lambda row: -row.share)]


def handed_over(check: DataCheck) -> dict[str, list[str]]:
    """Partners that may see data but own no antenna at all, and the products that others must hand to them."""
    owners = {antenna.partner for antenna in check.station.ground_stations} - {NOBODY}
    found: dict[str, list[str]] = {}
    for row in check.accesses:
        if row.partner not in owners and row.trouble == "unreached":
            found.setdefault(row.partner, []).append(row.product)
    return found
