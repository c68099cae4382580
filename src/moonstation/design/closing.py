"""Where budgets meet what is there: each bus against its sources and stores, each mission against its launcher."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moonstation.design.budgets import Budget, DarkSpell
from moonstation.design.margins import Policy
from moonstation.station.model import Station


@dataclass(frozen=True)
class BusBudget:
    """A power bus: what it needs with all margins, and what it has.

    Attributes
    ----------
    bus : str
        Id.
    nominal, survival : float
        Loads with growth and system margin [W].
    constant : float
        Power of reactors and isotopes, at the start [W].
    arrays : float
        Rated power of arrays, at the start [W].
    store : float
        What its stores give out when full: above the reserve, less the loss of one way [J].
    dark : DarkSpell or None
        Longest time without light.
    needed, held : float
        Energy that the survival loads need through it, and what constant sources and full stores give [J]; nan without
        a dark spell to judge by.
    unstated : tuple of str
        Elements whose survival load is not given: what is needed is then a lower bound.
    """

    bus: str
    nominal: float
    survival: float
    constant: float
    arrays: float
    store: float
    dark: DarkSpell | None
    needed: float
    held: float
    unstated: tuple[str, ...]

    @property
    def left(self) -> float:
        """Share of what is needed that is held besides; negative where it does not reach; nan if nothing is needed."""
        return self.held / self.needed - 1.0 if self.needed > 0.0 else math.nan


def bus_budgets(
    station: Station,
    policy: Policy,
    budgets: Sequence[Budget],
    *,
    dark: Mapping[str, DarkSpell] | None = None,
) -> list[BusBudget]:
    """Every bus with all its loads against its sources and stores, in the order of the station file.

    Parameters
    ----------
    station : Station
        As loaded.
    policy : Policy
        That the budgets were made with.
    budgets : sequence of Budget
        Of the whole station, see `moonstation.design.budgets.station_budgets`.
    dark : mapping, optional
        Longest dark spell of each bus.
    """
    by_id = {budget.id: budget for budget in budgets}
    found = []
    for bus in station.buses:
        members = [e for e in station.elements if e.bus == bus]
        nominal, survival = (
            _with_system(by_id[name], policy, bus) for name in ("power-nominal", "power-survival")
        )
        constant = sum(e.power for e in members)
        store = sum(
            e.battery_capacity * (1.0 - e.battery_reserve) * math.sqrt(e.battery_efficiency) for e in members
        )
        spell = dark.get(bus) if dark is not None else None
        if spell is None:
            needed = held = math.nan
        else:
            needed = survival * spell.length
            held = constant * spell.length + store
        ids = {e.id for e in members}
        found.append(
            BusBudget(
                bus=bus,
                nominal=nominal,
                survival=survival,
                constant=constant,
                arrays=sum(e.array_power for e in members),
                store=store,
                dark=spell,
                needed=needed,
                held=held,
                unstated=tuple(name for name in by_id["power-survival"].missing if name in ids),
            )
        )
    return found


def _with_system(budget: Budget, policy: Policy, bus: str) -> float:
    lines = [line for line in budget.lines if line.groups["bus"] == bus]
    basic, growth = sum(line.basic for line in lines), sum(line.growth for line in lines)
    return basic + growth + policy.system_amount("power", basic=basic, growth=growth)


@dataclass(frozen=True)
class MissionBudget:
    """A mission: the mass that it brings against what its launcher delivers.

    Attributes
    ----------
    mission, launcher : str
        Ids; the launcher as far as the station file says.
    elements : int
        How many elements it brings.
    unweighed : tuple of str
        Those whose mass is not given.
    basic, total : float
        Mass of the elements, without and with all margins [kg].
    craft : float
        Empty mass of the craft that brings them, as given [kg].
    delivered : float or None
        Mass that the launcher puts there, less what insertion and descent burn [kg]; None if it is not known.
    why : str
        Why it is not known.
    """

    mission: str
    launcher: str
    elements: int
    unweighed: tuple[str, ...]
    basic: float
    total: float
    craft: float
    delivered: float | None
    why: str

    @property
    def left(self) -> float | None:
        """Mass left [kg]; negative where the launcher does not carry it."""
        return None if self.delivered is None else self.delivered - self.craft - self.total


def mission_budgets(
    station: Station,
    policy: Policy,
    mass: Budget,
    *,
    delivered: Mapping[str, float | None],
    refused: Mapping[str, str] | None = None,
) -> list[MissionBudget]:
    """Every mission that an element names, in the order of the station file.

    Parameters
    ----------
    station : Station
        As loaded.
    policy : Policy
        That the budget was made with.
    mass : Budget
        Mass of the elements.
    delivered : mapping
        Mass that each flown mission brings there [kg]; None where its launcher's mass to the Moon is not known.
    refused : mapping, optional
        Missions whose flight could not be computed, and why.
    """
    found = []
    for mission in station.missions:
        brought = [e for e in station.elements if e.mission == mission.id]
        if not brought:
            continue
        ids = {e.id for e in brought}
        lines = [line for line in mass.lines if line.id in ids]
        basic, growth = sum(line.basic for line in lines), sum(line.growth for line in lines)
        why = ""
        if mission.id in (refused or {}):
            why = (refused or {})[mission.id]
        elif mission.id not in delivered:
            why = "the station file gives no departs, so no flight is computed"
        elif delivered[mission.id] is None:
            why = "no mass to the Moon is known of its launcher"
        found.append(
            MissionBudget(
                mission=mission.id,
                launcher=mission.launched_by,
                elements=len(brought),
                unweighed=tuple(name for name in mass.missing if name in ids),
                basic=basic,
                total=basic + growth + policy.system_amount("mass", basic=basic, growth=growth),
                craft=mission.craft_mass or 0.0,
                delivered=delivered.get(mission.id),
                why=why,
            )
        )
    return found
