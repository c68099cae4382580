"""The ledger: what each partner brings, is owed and owes, and which functions hang on a single owner."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from moonstation.partners.capability import functions_up, lost_without, serving
from moonstation.partners.holdings import NOBODY, Holding, antenna_time, bringing, holdings
from moonstation.station.agreements import LEVELS
from moonstation.station.model import Station

WEEK = 7 * 86_400.0
YEAR = 365.25 * 86_400.0

NO_PARTNER = "no partner"
"""Name of what no partner brings."""


@dataclass(frozen=True)
class Entry:
    """One kind of thing of one partner.

    Attributes
    ----------
    partner : str
        Id; "" for what no partner brings.
    kind, unit : str
        What is counted, and in which unit.
    brings : float
        What it brings.
    share : float
        The same as share of what all bring; nan where nobody brings any.
    owed : float
        What it is owed by others.
    owes : float
        What it owes to others by name; what all together owe is in nobody's account.
    balance : float
        Of data: share owed less share made. Of all else: owed less owes; nan where neither is agreed.
    """

    partner: str
    kind: str
    unit: str
    brings: float
    share: float
    owed: float
    owes: float
    balance: float


@dataclass(frozen=True)
class FunctionRow:
    """A function and whom it hangs on.

    Attributes
    ----------
    id, name, answers : str
        Of the function, and the partner that answers for it.
    served_by : tuple of str
        Partners whose elements and orbiters it names.
    lost_without : tuple of str
        Partners without each of whom, alone, it is not there.
    up : bool
        Whether the whole station has it.
    """

    id: str
    name: str
    answers: str
    served_by: tuple[str, ...]
    lost_without: tuple[str, ...]
    up: bool

    @property
    def single_owner(self) -> str:
        """The one partner whose parts serve it; "" if there are several or none."""
        return self.served_by[0] if len(self.served_by) == 1 else ""


@dataclass(frozen=True, eq=False)
class Ledger:
    """Accounts of all partners.

    Attributes
    ----------
    station : Station
        As loaded.
    partners : tuple of str
        Those that bring, are owed or owe something, in the order of the file; "" last if something is nobody's.
    holdings : tuple of Holding
        Everything.
    entries : tuple of Entry
        Kind by kind.
    functions : tuple of FunctionRow
        In the order of the file.
    idle : tuple of str
        Partners that bring nothing and are owed nothing.
    notes : tuple of str
        What has to be said beside the figures.
    """

    station: Station
    partners: tuple[str, ...]
    holdings: tuple[Holding, ...]
    entries: tuple[Entry, ...]
    functions: tuple[FunctionRow, ...]
    idle: tuple[str, ...]
    notes: tuple[str, ...]

    def name(self, partner: str) -> str:
        """Name for people of a partner."""
        return next((row.name for row in self.station.partners if row.id == partner), NO_PARTNER)

    def levels(self, partner: str) -> list[str]:
        """Levels of cooperation at which it brings something, "A" first."""
        return sorted({row.level for row in self.holdings if row.partner == partner and row.level})

    def of(self, partner: str, kind: str) -> Entry:
        """One entry."""
        return next(row for row in self.entries if (row.partner, row.kind) == (partner, kind))

    @property
    def kinds(self) -> list[str]:
        """Kinds in their order."""
        return list(dict.fromkeys(row.kind for row in self.entries))


def make_ledger(station: Station) -> Ledger:
    """Add up what each partner brings, is owed and owes.

    Parameters
    ----------
    station : Station
        As loaded.
    """
    held = holdings(station)
    owed = [row.partner for row in station.entitlements] + [row.getter for row in station.shares]
    owing = [row.giver for row in station.entitlements] + [row.giver for row in station.shares]
    busy = {*bringing(station), *owed, *owing}
    partners = [row.id for row in station.partners if row.id in busy]
    if any(row.partner == NOBODY for row in held):
        partners.append(NOBODY)
    whole = set(functions_up(station))
    lost = lost_without(station)
    functions = tuple(
        FunctionRow(
            row.id,
            row.name,
            row.partner,
            tuple(serving(station, row.id)),
            tuple(lost.get(row.id, ())),
            row.id in whole,
        )
        for row in station.functions
    )
    return Ledger(
        station=station,
        partners=tuple(partners),
        holdings=tuple(held),
        entries=tuple(_entries(station, held, partners)),
        functions=functions,
        idle=tuple(row.id for row in station.partners if row.id not in busy),
        notes=tuple(_notes(station, held)),
    )


def _entries(station: Station, held: Sequence[Holding], partners: Sequence[str]) -> list[Entry]:
    def counted(kind: str) -> dict[str, float]:
        return {p: float(sum(row.partner == p and row.kind == kind for row in held)) for p in partners}

    def antennas(p: str) -> float:
        return antenna_time([g for g in station.ground_stations if g.partner == p], station.start) / 3600.0

    mass = {
        p: sum(row.mass for row in held if row.partner == p and not math.isnan(row.mass)) for p in partners
    }
    data = {
        p: (
            sum(e.data_rate_nominal for e in station.elements if e.partner == p)
            + sum(o.data_rate for o in station.orbiters if o.partner == p)
        )
        * 86_400.0
        / 1e9
        for p in partners
    }
    plain: list[tuple[str, str, dict[str, float]]] = [
        ("elements", "", counted("element")),
        ("orbiters", "", counted("orbiter")),
        ("landed mass", "kg", mass),
    ]
    plain += [
        (f"cost, {basis}", f"M{basis.split()[0]}", amounts)
        for basis, amounts in _costs(station, held, partners)
    ]
    entries = [
        _entry(p, kind, unit, amounts, math.nan, math.nan) for kind, unit, amounts in plain for p in partners
    ]
    promised = {
        "launches": ("per year", counted("mission"), _promised(station, "launches", per=YEAR)),
        "ground time": (
            "h per week",
            {p: antennas(p) for p in partners},
            _promised(station, "ground_time", per=WEEK, size=3600.0),
        ),
        "crew places": ("per year", dict.fromkeys(partners, 0.0), _promised(station, "crew", per=YEAR)),
    }
    for kind, (unit, amounts, (owed, owes)) in promised.items():
        entries += [
            _entry(p, kind, unit if kind != "launches" else "", amounts, owed.get(p), owes.get(p))
            for p in partners
        ]
    sums, given = _promised(station, "data_share", per=1.0)
    for p in partners:
        entry = _entry(p, "data", "Gbit per day", data, sums.get(p), given.get(p))
        balance = entry.owed - entry.share if not math.isnan(entry.owed) else math.nan
        entries.append(replace(entry, balance=balance))
    used = {row.kind for row in entries if row.brings or not (math.isnan(row.owed) and math.isnan(row.owes))}
    return [row for row in entries if row.kind in used]


def _entry(
    partner: str, kind: str, unit: str, amounts: dict[str, float], owed: float | None, owes: float | None
) -> Entry:
    whole = sum(amounts.values())
    share = amounts[partner] / whole if whole else math.nan
    agreed = not (_none(owed) and _none(owes))
    return Entry(
        partner,
        kind,
        unit,
        amounts[partner],
        share,
        math.nan if owed is None else owed,
        math.nan if owes is None else owes,
        _zero(owed) - _zero(owes) if agreed else math.nan,
    )


def _none(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _zero(value: float | None) -> float:
    return 0.0 if value is None or math.isnan(value) else value


def _promised(
    station: Station, key: str, *, per: float, size: float = 1.0
) -> tuple[dict[str, float], dict[str, float]]:
    """What partners are owed and owe of one kind in a period, in units of `size`; only those with an agreement."""
    owed: dict[str, float] = {}
    owes: dict[str, float] = {}
    rows = [
        (row.partner, row.giver, float(getattr(row, key)), row.period if key != "data_share" else 1.0)
        for row in station.entitlements
        if row.kind == key
    ]
    if key == "ground_time":
        rows += [(row.getter, row.giver, row.at_least, row.per) for row in station.shares if row.at_least]
    for getter, giver, amount, period in rows:
        worth = amount * per / period / size
        owed[getter] = owed.get(getter, 0.0) + worth
        if giver:
            owes[giver] = owes.get(giver, 0.0) + worth
    return owed, owes


def _costs(
    station: Station, held: Sequence[Holding], partners: Sequence[str]
) -> list[tuple[str, dict[str, float]]]:
    """Costs by currency and year of prices, in millions; different money is not added."""
    found: dict[str, dict[str, float]] = {}
    rows = [(row.partner, row.cost) for row in held] + [
        (row.partner, row.cost) for row in station.contributions
    ]
    for partner, cost in rows:
        if cost is not None:
            amounts = found.setdefault(cost.basis, dict.fromkeys(partners, 0.0))
            amounts[partner] += cost.amount / 1e6
    return list(found.items())


def _notes(station: Station, held: Sequence[Holding]) -> list[str]:
    notes = []
    if any(row.confidence != "published" for row in held if row.level):
        words = "; ".join(f"{letter} {name}" for letter, name in LEVELS.items())
        notes.append(
            f"levels of cooperation ({words}): the letters are recalled from the ILRS Guide for Partnership"
        )
    assumed = [
        f"{kind} {row.id}"
        for kind, rows in (("entitlement", station.entitlements), ("share", station.shares))
        for row in rows
        if any(
            known.confidence == "assumption"
            for key, known in station.provenance.items()
            if key.startswith(f"{kind}.{row.id}.")
        )
    ]
    if assumed:
        notes.append(f"assumed, none is published: {', '.join(assumed)}")
    unweighed = [row.id for row in held if math.isnan(row.mass)]
    if unweighed:
        notes.append(f"no mass is given for {', '.join(unweighed)}")
    uncosted = [row.id for row in held if row.kind in ("element", "orbiter") and row.cost is None]
    if uncosted:
        listed = ", ".join(uncosted) if len(uncosted) < 4 else f"{len(uncosted)} elements and orbiters"
        notes.append(f"no cost is given for {listed}")
    if station.contributions:
        plain = [row.id for row in held if not row.level and row.partner != NOBODY]
        if plain:
            notes.append(f"no level of cooperation is stated for {', '.join(plain)}")
    notes.append("ground time that is brought is all time with the Moon above the mask of each dish")
    if station.missions:
        notes.append(
            "launches are all missions of the file, flown or planned; one without a partner counts for the partner "
            "that contributes its launcher"
        )
    return notes


def entries_frame(ledger: Ledger) -> pd.DataFrame:
    """All entries: partner, kind, unit, brings, share, owed, owes, balance."""
    return pd.DataFrame([vars(row) for row in ledger.entries])


def holdings_frame(ledger: Ledger) -> pd.DataFrame:
    """All parts: id, name, kind, partner, level, its confidence, mass and cost."""
    rows = [
        {
            "partner": row.partner,
            "kind": row.kind,
            "id": row.id,
            "name": row.name,
            "level": row.level,
            "level_confidence": row.confidence,
            "mass_kg": row.mass if row.kind == "element" else math.nan,
            "cost": row.cost.amount if row.cost else math.nan,
            "prices": row.cost.basis if row.cost else "",
        }
        for row in ledger.holdings
    ]
    return pd.DataFrame(rows)


def functions_frame(ledger: Ledger) -> pd.DataFrame:
    """All functions: id, name, answers, served_by, single_owner, lost_without."""
    rows = [
        {
            "function": row.id,
            "name": row.name,
            "answers": row.answers,
            "served_by": " ".join(row.served_by),
            "single_owner": row.single_owner,
            "lost_without": " ".join(row.lost_without),
            "up": row.up,
        }
        for row in ledger.functions
    ]
    columns = ["function", "name", "answers", "served_by", "single_owner", "lost_without", "up"]
    return pd.DataFrame(rows, columns=columns)
