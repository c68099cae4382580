"""What a campaign has to do and what it can do it with, as plain numbers made from a station.

Masses are whole kilograms (rounded up where they burden, down where they help), power whole watts, money whole
thousands: so that a plan which closes here closes in the figures of the file.
"""

import datetime as dt
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.station.campaign import (
    CREW,
    Campaign,
    CrewFlight,
    Lander,
    Milestone,
    Pad,
    Plant,
    Supply,
    opens,
)
from moonstation.station.elements import Element
from moonstation.station.missions import Launcher
from moonstation.station.model import Station
from moonstation.station.prices import Cost

STANDARD_GRAVITY = 9.80665
MONTH = 365.25 / 12.0 * SECONDS_PER_DAY
LONGEST_DELAY = 600
"""Months after the end of a campaign for which windows are looked up."""

MONEY = 1e3
"""What a whole number of money stands for."""


@dataclass(frozen=True)
class SiteLight:
    """Light of a site: share of the time that is lit, longest dark spell [s], and where the two come from."""

    lit: float
    dark: float
    source: str


@dataclass(frozen=True)
class Item:
    """An element to be landed, or one that stands at the start.

    Attributes
    ----------
    id, partner, site : str
        As in the station.
    mass, volume : int
        [kg], [litre], rounded up.
    cost : int
        Thousands.
    earliest : int
        First month; -1 if it stands already.
    after : tuple of str
        Elements to be landed that must stand before it, or land with it.
    power, dark_energy : int
        What it adds to the mean power in survival mode, arrays by their lit share [W]; and to the energy of the longest
        dark spell [Wh]. At the end of the campaign, after all ageing.
    made, nominal, survival : int
        Power that it makes in the light, and needs [W].
    data : int
        Data rate [kbit/s].
    barred : tuple of (str, int)
        Partners whose launchers and landers may not bring it, and the month from which this holds.
    """

    id: str
    partner: str
    site: str
    mass: int
    volume: int
    cost: int
    earliest: int
    after: tuple[str, ...]
    power: int
    dark_energy: int
    made: int
    nominal: int
    survival: int
    data: int
    barred: tuple[tuple[str, int], ...] = ()

    def barred_from(self, way: "Way") -> int | None:
        """First month in which a way may not bring it; None if it always may."""
        return min(
            (month for of, month in self.barred if of in (way.launch_partner, way.partner)), default=None
        )

    def may_fly(self, way: "Way", month: int) -> bool:
        """Whether a way may bring it in a month, as far as bars among partners tell."""
        closed = self.barred_from(way)
        return closed is None or month < closed


@dataclass(frozen=True)
class Way:
    """A way to land something: launcher, lander and pad together.

    Attributes
    ----------
    launcher, lander, pad : str
        Ids.
    launch_partner, partner : str
        Who launches, and who provides the lander.
    crew : str
        Id of the crew flight that it is for; "" for cargo.
    capacity, volume : int
        Payload [kg], and its room [litre]; people are taken off already.
    people : int
        Mass of the crew [kg].
    launches, turnaround : int
        Launches of a flight, all from this pad, and months between them.
    launch_cost, lander_cost : int
        Of all launches of a flight; of a new lander; thousands.
    first, last : int
        Months in which it can land.
    uses, refit, most : int
        Flights of one lander, months from one to its next, most that can be built (-1: no limit).
    shut : frozenset of int
        Months in which it cannot land, for a launch or the landing would be in one without a window.
    """

    launcher: str
    lander: str
    pad: str
    launch_partner: str
    partner: str
    crew: str
    capacity: int
    volume: int
    people: int
    launches: int
    turnaround: int
    launch_cost: int
    lander_cost: int
    first: int
    last: int
    uses: int
    refit: int
    most: int
    shut: frozenset[int] = frozenset()

    @property
    def span(self) -> int:
        """Months from its first launch to the month after which the pad is free again."""
        return self.launches * self.turnaround

    def launch_months(self, month: int) -> tuple[int, ...]:
        """Months of its launches for a landing in a month."""
        return tuple(month - self.turnaround * back for back in reversed(range(self.launches)))


@dataclass(frozen=True)
class Store:
    """A supply: what uses it up [g a month], and what fills it."""

    id: str
    partner: str
    rates: Mapping[str, int]
    steady: int
    first: int
    stock: int
    reserve: int
    price: int
    crew: bool


@dataclass(frozen=True)
class Maker:
    """A plant: element, months from landing to work, product a month [g], supply that it fills, and how much of it."""

    id: str
    element: str
    delay: int
    product: int
    oxygen: bool
    fills: str
    filling: int


@dataclass(frozen=True)
class Crew:
    """A crew flight: months in which it may land, what must stand before, and what it lives from [g]."""

    id: str
    partner: str
    site: str
    first: int
    last: int
    after: tuple[str, ...]
    need: int
    crew_days: float
    stay: int


@dataclass(frozen=True)
class Limit:
    """Money of a partner ("" for all) in a calendar year, thousands."""

    id: str
    partner: str
    year: int
    amount: int


@dataclass(frozen=True, eq=False)
class Case:
    """A campaign as numbers; see the records of its parts.

    `launched` holds launches before its first month, as launcher, pad and month (below 0): pads and cadences remember
    them. `short_until` holds sites that lack power already, and the month from which they are judged.
    """

    station: Station
    campaign: Campaign
    months: int
    items: tuple[Item, ...]
    standing: tuple[Item, ...]
    ways: tuple[Way, ...]
    stores: tuple[Store, ...]
    makers: tuple[Maker, ...]
    crews: tuple[Crew, ...]
    limits: tuple[Limit, ...]
    cadence: Mapping[str, int]
    light: Mapping[str, SiteLight]
    notes: tuple[str, ...] = field(default=())
    launched: tuple[tuple[str, str, int], ...] = field(default=())
    short_until: Mapping[str, int] = field(default_factory=dict)

    @property
    def sites(self) -> list[str]:
        """Sites at which something lands or stands."""
        names = [item.site for item in (*self.standing, *self.items)] + [crew.site for crew in self.crews]
        return list(dict.fromkeys(name for name in names if name))

    def year(self, month: int) -> int:
        """Calendar year of a month."""
        return self.campaign.start.year + (self.campaign.start.month - 1 + month) // 12

    def by(self, milestone: Milestone) -> int:
        """Month at whose end a milestone is judged."""
        return min(self.campaign.month_of(milestone.by), self.months - 1)

    def item(self, name: str) -> Item:
        """An element by its id, whether it is landed or stands already."""
        return next(item for item in (*self.items, *self.standing) if item.id == name)

    def capability(self, kind: str, item: Item) -> int:
        """What an element adds to a capability, in the whole numbers of its record."""
        return {"power": item.made, "mass": item.mass, "data": item.data, "elements": 1}[kind]


def payload(lander: Lander, tli: float) -> float:
    """Payload that a lander brings down from a mass on the way to the Moon, by the rocket equation [kg].

    With ``R = exp(delta_v / (Isp g0))``: ``tli >= dry + payload + propellant`` and ``propellant * kept >= (R - 1) *
    (dry + payload + ascent) + ascent``, where ``ascent`` is the propellant for the way back up and ``kept`` the share
    that does not boil off on the way (Tsiolkovsky 1903). What boils off is counted as lost before the first burn.

    Parameters
    ----------
    lander : Lander
        The lander.
    tli : float
        Mass that its launches send to the Moon [kg].

    Returns
    -------
    float
        Payload [kg]; negative if it cannot even land itself.
    """
    down, ascent, kept = _burns(lander)
    base = lander.dry_mass + ascent
    by_tanks = ((lander.propellant * kept) - ascent) / (down - 1.0) - base
    # ascent propellant is part of the propellant loaded, so it counts once in the mass at launch
    by_launch = (tli - lander.dry_mass - (ascent + (down - 1.0) * base) / kept) / (1.0 + (down - 1.0) / kept)
    most = lander.payload_mass if lander.payload_mass is not None else math.inf
    return min(by_tanks, by_launch, most)


def propellant(lander: Lander, load: float) -> float:
    """Propellant that lands a load, what boils off included [kg]; see `payload`."""
    down, ascent, kept = _burns(lander)
    return (ascent + (down - 1.0) * (lander.dry_mass + ascent + load)) / kept


def _burns(lander: Lander) -> tuple[float, float, float]:
    exhaust = lander.specific_impulse * STANDARD_GRAVITY
    up = math.exp(lander.return_delta_v / exhaust) - 1.0
    ascent = (lander.dry_mass + lander.return_mass) * up if lander.return_delta_v else 0.0
    kept = math.exp(-lander.boil_off * lander.flight_time)
    return math.exp(lander.delta_v / exhaust), ascent, kept


def campaign_case(
    station: Station, *, light: Mapping[str, SiteLight] | None = None, without: Collection[str] = ()
) -> Case:
    """Make the case of a station's campaign.

    Parameters
    ----------
    station : Station
        With a campaign.
    light : mapping of str to SiteLight
        By site, where the campaign states no light itself.
    without : collection of str
        Ids of partners, launchers, landers and pads that are not to be had.

    Returns
    -------
    Case
        The case.

    Raises
    ------
    RequestError
        If the station has no campaign, nothing can fly, or an element fits no lander; one line each with the cure.
    """
    campaign = station.campaign
    if campaign is None:
        raise RequestError(
            f"station {station.id} has no campaign; add [campaign] with start and end, [[pad]] and [[lander]]"
        )
    lights = _lights(station, campaign, light or {})
    notes = [] if campaign.sunlight is None else ["light of all sites as stated under [campaign]"]
    standing: list[Item] = []
    items: list[Item] = []
    for element in station.elements:
        item = _item(station, campaign, element, lights[element.site])
        (standing if item.earliest < 0 else items).append(item)
    there = {item.id for item in standing}
    items = [_without_standing(item, there) for item in items]
    ways = _ways(station, campaign, frozenset(without), notes)
    if (items or station.crew_flights) and not ways:
        raise RequestError(
            f"station {station.id}: nothing can fly; give a launcher tli, cost and pads, and a lander that names it"
        )
    for told in _unfit(items, ways).values():
        raise RequestError(told)
    crews = tuple(_crew(station, campaign, crew, there) for crew in station.crew_flights)
    for crew in crews:
        if not any(way.crew == crew.id for way in ways):
            raise RequestError(
                f"[[crew_flight]] {crew.id}: its lander cannot land the crew or cannot fly; "
                "give a lighter crew, a stronger launcher, or more launches"
            )
    unweighed = [e.id for e in station.elements if e.volume is None and e.id not in there]
    if unweighed:
        notes.append(f"volume is not known of {len(unweighed)} elements, so their room is not counted")
    uncosted = [e.id for e in station.elements if e.cost is None and e.id not in there]
    if uncosted:
        notes.append(
            f"cost is not known of {len(uncosted)} elements: launches and landers alone count for them"
        )
    if any(way.uses > 1 for way in ways):
        notes.append("a reused lander is launched with its dry mass each time, on the safe side")
    bare = sorted({way.pad for way in ways if not next(p for p in station.pads if p.id == way.pad).windows})
    if bare:
        notes.append(f"each month has a window to the Moon from {', '.join(bare)}: no windows are stated")
    notes.append("sources and arrays count as aged at the end")
    return Case(
        station=station,
        campaign=campaign,
        months=campaign.months,
        items=tuple(items),
        standing=tuple(standing),
        ways=ways,
        stores=_stores(station, campaign),
        makers=tuple(_maker(plant, station) for plant in station.plants),
        crews=crews,
        limits=_limits(station, campaign),
        cadence={
            launcher.id: math.floor(launcher.cadence * 12.0 * MONTH + 1e-6)
            for launcher in station.launchers
            if launcher.cadence is not None
        },
        light=lights,
        notes=tuple(notes),
    )


def _lights(station: Station, campaign: Campaign, light: Mapping[str, SiteLight]) -> dict[str, SiteLight]:
    found = {}
    for name in dict.fromkeys([s.id for s in station.sites] + [e.site for e in station.elements]):
        known = light.get(name, SiteLight(1.0, 0.0, "taken as always lit: an assumption"))
        found[name] = SiteLight(
            known.lit if campaign.sunlight is None else campaign.sunlight,
            known.dark if campaign.dark is None else campaign.dark,
            known.source if campaign.sunlight is None else "stated under [campaign]",
        )
    return found


def _item(station: Station, campaign: Campaign, element: Element, light: SiteLight) -> Item:
    arrives = None if element.arrives is None else campaign.month_of(element.arrives)
    stands = arrives is not None and arrives < 0
    if not stands and not element.mass:
        raise RequestError(
            f'[[element]] {element.id}: mass is missing, so nothing can land it; give it, as in mass = "500 kg"'
        )
    span = campaign.months * MONTH
    firm = element.power * (0.5 ** (span / element.half_life) if element.half_life else 1.0)
    array = element.array_power * max(0.0, 1.0 - element.array_degradation * span)
    usable = (
        element.battery_capacity * (1.0 - element.battery_reserve) * math.sqrt(element.battery_efficiency)
    )
    plant = sum(p.power for p in station.plants if p.element == element.id)
    need = element.load_survival
    dark = (usable + light.dark * (firm - need)) / 3600.0
    return Item(
        id=element.id,
        partner=element.partner,
        site=element.site,
        mass=math.ceil(element.mass - 1e-6),
        volume=math.ceil(1e3 * (element.volume or 0.0) - 1e-6),
        cost=0 if element.cost is None else _money(campaign, element.cost),
        earliest=-1
        if stands
        else max(0, 0 if element.not_before is None else campaign.month_of(element.not_before)),
        after=tuple(element.after),
        power=math.floor(firm + light.lit * array - need + 1e-6),
        dark_energy=math.floor(dark + 1e-6),
        made=math.floor(firm + array + 1e-6),
        nominal=math.ceil(element.load_nominal + plant - 1e-6),
        survival=math.ceil(need - 1e-6),
        data=math.floor(element.data_rate_nominal / 1e3 + 1e-6),
        barred=tuple(
            (bar.of, 0 if bar.from_ is None else max(0, campaign.month_of(bar.from_)))
            for bar in station.bars
            if bar.partner == element.partner
        ),
    )


def _without_standing(item: Item, there: Collection[str]) -> Item:
    return replace(item, after=tuple(name for name in item.after if name not in there))


def _money(campaign: Campaign, price: Cost) -> int:
    return round(campaign.worth(price) / MONEY)


def _ways(station: Station, campaign: Campaign, without: frozenset[str], notes: list[str]) -> tuple[Way, ...]:
    launchers = {launcher.id: launcher for launcher in station.launchers}
    found, dark = [], []
    for lander in station.landers:
        if {lander.id, lander.partner} & without:
            continue
        for name in lander.launchers:
            launcher = launchers[name]
            if {launcher.id, launcher.partner} & without:
                continue
            if launcher.tli is None or not launcher.pads:
                dark.append(launcher.id)
                continue
            if campaign.objective in ("cost", "mix") and (launcher.cost is None or lander.cost is None):
                kind, missing = ("lander", lander.id) if lander.cost is None else ("launcher", launcher.id)
                raise RequestError(
                    f"[[{kind}]] {missing}: cost is missing, so no plan is the cheapest; "
                    'give it, as in cost = "160 MUSD 2026", or another objective'
                )
            for crew in station.crew_flights if lander.kind == "crew" else (None,):
                if crew is None or crew.lander == lander.id:
                    found += _from_pads(station, campaign, launcher, lander, crew, without)
    if dark:
        names = ", ".join(dict.fromkeys(dark))
        notes.append(f"without tli or pads, so not flown: {names}")
    return tuple(found)


def _from_pads(
    station: Station,
    campaign: Campaign,
    launcher: Launcher,
    lander: Lander,
    crew: CrewFlight | None,
    without: frozenset[str],
) -> list[Way]:
    assert launcher.tli is not None
    launches = lander.launches if crew is None or crew.launches is None else crew.launches
    people = 0 if crew is None else math.ceil(crew.crew * crew.person_mass - 1e-6)
    capacity = math.floor(payload(lander, launcher.tli * launches) + 1e-6) - people
    room = lander.payload_volume if lander.payload_volume is not None else launcher.fairing_volume
    if capacity < 0 or (crew is None and capacity == 0):
        return []
    ways = []
    for pad in station.pads:
        if pad.id not in launcher.pads or {pad.id, pad.partner} & (without - {""}):
            continue
        back = (launches - 1) * pad.turnaround_months
        firsts = [back]
        lasts = [campaign.months - 1]
        for record in (launcher, lander, pad):
            if record.available_from is not None:
                # its first launch too must be after that day, but a lander rides on the last
                lead = 0 if record is lander else back
                firsts.append(campaign.month_of(record.available_from) + lead)
            if record.available_until is not None:
                lasts.append(campaign.month_of(record.available_until))
        shut = _shut_months(campaign, pad, lander, launches)
        landings = [month for month in range(max(firsts), min(lasts) + 1) if month not in shut]
        if not landings:
            continue
        ways.append(
            Way(
                launcher=launcher.id,
                lander=lander.id,
                pad=pad.id,
                launch_partner=launcher.partner,
                partner=lander.partner,
                crew="" if crew is None else crew.id,
                capacity=capacity,
                volume=-1 if room is None else math.floor(1e3 * room + 1e-6),
                people=people,
                launches=launches,
                turnaround=pad.turnaround_months,
                launch_cost=0 if launcher.cost is None else launches * _money(campaign, launcher.cost),
                lander_cost=0 if lander.cost is None else _money(campaign, lander.cost),
                first=landings[0],
                last=landings[-1],
                uses=lander.reusable,
                refit=lander.refit_months,
                most=-1 if lander.most is None else lander.most,
                shut=shut,
            )
        )
    return ways


def _shut_months(campaign: Campaign, pad: Pad, lander: Lander, launches: int) -> frozenset[int]:
    """Months in which a flight from a pad cannot land, to long after the campaign: what is late needs windows, too."""
    if not (pad.windows or lander.windows):
        return frozenset()
    # a flight of several launches begins before it lands, perhaps before the campaign
    early = -(launches - 1) * pad.turnaround_months
    months = range(early, campaign.months + LONGEST_DELAY)
    rises = {month for month in months if opens(pad.windows, month_date(campaign, month))}
    lands = {month for month in months if opens(lander.windows, month_date(campaign, month))}
    return frozenset(
        month
        for month in range(campaign.months + LONGEST_DELAY)
        if month not in lands
        or any(month - back * pad.turnaround_months not in rises for back in range(launches))
    )


def month_date(campaign: Campaign, month: int) -> dt.date:
    """First day of a month of a campaign, 0 for its first."""
    first = 12 * campaign.start.year + campaign.start.month - 1 + month
    return dt.date(first // 12, first % 12 + 1, 1)


def unfit_elements(station: Station, *, without: Collection[str] = ()) -> dict[str, str]:
    """Elements that nothing of a campaign can ever land, with the reason and the cure, by id.

    Parameters
    ----------
    station : Station
        With a campaign.
    without : collection of str
        Ids of partners, launchers, landers and pads that are not to be had.
    """
    campaign = station.campaign
    assert campaign is not None
    lights = _lights(station, campaign, {})
    items = [_item(station, campaign, element, lights[element.site]) for element in station.elements]
    ways = _ways(station, campaign, frozenset(without), [])
    return _unfit([item for item in items if item.earliest >= 0], ways)


def unfit_crews(station: Station, *, without: Collection[str] = ()) -> list[str]:
    """Ids of crew flights that nothing of a campaign can ever fly.

    Parameters
    ----------
    station : Station
        With a campaign.
    without : collection of str
        Ids of partners, launchers, landers and pads that are not to be had.
    """
    campaign = station.campaign
    assert campaign is not None
    flown = {way.crew for way in _ways(station, campaign, frozenset(without), [])}
    return [crew.id for crew in station.crew_flights if crew.id not in flown]


def _unfit(items: list[Item], ways: tuple[Way, ...]) -> dict[str, str]:
    cargo = [way for way in ways if not way.crew]
    told = ((item.id, _why_unfit(item, cargo)) for item in items)
    return {name: why for name, why in told if why}


def _why_unfit(item: Item, cargo: list[Way]) -> str:
    """Why nothing can land an element, and the cure; "" if something can."""
    most = max((way.capacity for way in cargo), default=0)
    if item.mass > most:
        return (
            f"[[element]] {item.id}: {item.mass} kg is too heavy for any lander, of which the strongest brings "
            f"{most} kg; divide it, or add a stronger [[lander]]"
        )
    allowed = [way for way in cargo if item.may_fly(way, max(way.first, item.earliest))]
    if not allowed:
        return (
            f"[[element]] {item.id}: {item.partner} is barred from all launchers and landers that fly; lift the "
            "[[bar]], or add a launcher and a lander of another partner"
        )
    most = max(way.capacity for way in allowed)
    if item.mass > most:
        return (
            f"[[element]] {item.id}: {item.mass} kg is too heavy for any lander that {item.partner} may use, of "
            f"which the strongest brings {most} kg; divide it, lift the [[bar]], or add a stronger [[lander]]"
        )
    fits = [w for w in allowed if w.capacity >= item.mass and (w.volume < 0 or w.volume >= item.volume)]
    if not fits:
        return (
            f"[[element]] {item.id}: {item.volume / 1e3:g} m3 and {item.mass} kg fit no lander together; "
            "divide it, or add a [[lander]] with more payload_volume"
        )
    if item.earliest > max(way.last for way in fits):
        return (
            f"[[element]] {item.id}: not_before is after the last flight of any lander that can bring it; "
            "give an earlier month"
        )
    return ""


def _crew(station: Station, campaign: Campaign, crew: CrewFlight, there: Collection[str]) -> Crew:
    first = 0 if crew.not_before is None else max(0, campaign.month_of(crew.not_before))
    last = campaign.months - 1 if crew.by is None else min(campaign.month_of(crew.by), campaign.months - 1)
    return Crew(
        id=crew.id,
        partner=crew.partner,
        site=crew.site or (station.sites[0].id if station.sites else ""),
        first=first,
        last=last,
        after=tuple(name for name in crew.after if name not in there),
        need=math.ceil(1e3 * crew.need - 1e-6),
        crew_days=crew.crew_days,
        stay=max(1, math.ceil(crew.stay / MONTH - 1e-9)),
    )


def _stores(station: Station, campaign: Campaign) -> tuple[Store, ...]:
    stores = [_store(station, campaign, supply) for supply in station.supplies]
    if station.crew_flights and not any(store.crew for store in stores):
        stores.append(Store(CREW, "", {}, 0, 0, 0, 0, 0, True))
    return tuple(stores)


def _store(station: Station, campaign: Campaign, supply: Supply) -> Store:
    members = [e for e in station.elements if not supply.elements or e.id in supply.elements]
    rates = {e.id: e.mass * supply.share for e in members}
    if supply.from_failures:
        for failure in station.failures:
            if failure.element in rates and failure.mtbf and failure.repair is not None:
                mass = next(e.mass for e in members if e.id == failure.element)
                rates[failure.element] += failure.units / failure.mtbf * supply.unit_share * mass
    return Store(
        id=supply.id,
        partner=supply.partner,
        rates={
            name: math.ceil(1e3 * rate * MONTH - 1e-6) for name, rate in rates.items() if rate * MONTH > 1e-6
        },
        steady=math.ceil(1e3 * supply.per_year / 12.0 - 1e-6),
        first=0 if supply.first is None else max(0, campaign.month_of(supply.first)),
        stock=math.floor(1e3 * supply.stock + 1e-6),
        reserve=supply.reserve_months,
        price=0 if supply.price is None else math.ceil(campaign.worth(supply.price) / MONEY - 1e-9),
        crew=supply.kind == "crew",
    )


def _maker(plant: Plant, station: Station) -> Maker:
    product = math.floor(1e3 * plant.yield_per_year / 12.0 + 1e-6)
    fills = plant.fills or ""
    if fills == CREW:
        fills = next((supply.id for supply in station.supplies if supply.kind == "crew"), CREW)
    return Maker(
        id=plant.id,
        element=plant.element,
        delay=plant.delay_months,
        product=product,
        oxygen=plant.product == "oxygen",
        fills=fills,
        filling=math.floor(product * plant.usable) if fills else 0,
    )


def _limits(station: Station, campaign: Campaign) -> tuple[Limit, ...]:
    last = campaign.end.year
    return tuple(
        Limit(budget.id, budget.partner, year, math.floor(campaign.worth(budget.amount) / MONEY + 1e-9))
        for budget in station.budgets
        for year in range(campaign.start.year, last + 1)
        if budget.holds(year)
    )
