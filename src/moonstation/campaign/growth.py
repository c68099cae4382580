"""A station growing month by month: what has landed, what it can do, what it needs, what it has cost."""

from typing import Any

import numpy as np
import xarray as xr

from moonstation.campaign.case import MONTH
from moonstation.campaign.plan import Plan
from moonstation.campaign.replay import Replay
from moonstation.station.campaign import CREW, Supply
from moonstation.station.model import Station


def growth(station: Station, plan: Plan) -> xr.Dataset:
    """Work out what stands and what is left at the end of each month of a plan.

    Parameters
    ----------
    station : Station
        With a campaign.
    plan : Plan
        The plan.

    Returns
    -------
    xarray.Dataset
        By month (and partner or supply): `landed_mass` [kg], that of elements that stood at the start included;
        `power_made` [W], sources and arrays in full light as aged at the end; `power_nominal` and `power_survival`, the
        loads [W]; `crew_days` so far; `functions` served; `cost` by partner so far, in the money of the campaign, by
        the year's shares spread on its months of landing; `stock` of supplies [kg].
    """
    play = Replay(station, plan)
    months = plan.months
    partners = list(
        dict.fromkeys([p.id for p in station.partners] + [e.partner for e in station.elements])
    ) or [""]
    landed = np.zeros((len(partners), months))
    made, nominal, survival = np.zeros(months), np.zeros(months), np.zeros(months)
    span = months * MONTH
    for name, month in play.when.items():
        element, start = play.all_elements[name], max(0, month)
        landed[partners.index(element.partner), start:] += element.mass
        made[start:] += element.power * (0.5 ** (span / element.half_life) if element.half_life else 1.0)
        made[start:] += element.array_power * max(0.0, 1.0 - element.array_degradation * span)
        plants = sum(plant.power for plant in station.plants if plant.element == name)
        nominal[start:] += element.load_nominal + plants
        survival[start:] += element.load_survival
    days = np.zeros(months)
    for flight in plan.flights:
        crew = play.crew_flights.get(flight.crew)
        if crew is not None:
            days[min(months - 1, flight.month + max(0, -int(-crew.stay / MONTH // 1) - 1)) :] += (
                crew.crew_days
            )
    functions = np.array(
        [
            sum(
                play.serves(function.id, {name for name, when in play.when.items() if when <= month})
                for function in station.functions
            )
            for month in range(months)
        ]
    )
    supplies = list(play.supplies.values())
    if station.crew_flights and not any(supply.kind == "crew" for supply in supplies):
        supplies.append(Supply(id=CREW, kind="crew"))
    stock = np.array([play.stock(supply) for supply in supplies]).reshape(len(supplies), months)
    return xr.Dataset(
        {
            "landed_mass": _named(("partner", "month"), landed, "kg", "mass of elements landed"),
            "power_made": _named(("month",), made, "W", "power made in full light"),
            "power_nominal": _named(("month",), nominal, "W", "load in nominal mode"),
            "power_survival": _named(("month",), survival, "W", "load in survival mode"),
            "crew_days": _named(("month",), days, "1", "days of crews so far"),
            "functions": _named(("month",), functions, "1", "functions served"),
            "cost": _named(("partner", "month"), _cost(plan, partners), plan.prices, "cost so far"),
            "stock": _named(("supply", "month"), stock, "kg", "supplies on the ground"),
        },
        coords={
            "partner": partners,
            "supply": [supply.id for supply in supplies],
            "month": np.arange(months),
            "month_name": ("month", [plan.month_name(month) for month in range(months)]),
        },
        attrs={"station": station.id, "start": plan.start},
    )


def _named(dims: tuple[str, ...], values: Any, unit: str, name: str) -> tuple[Any, ...]:
    return dims, values, {"units": unit, "long_name": name}


def _cost(plan: Plan, partners: list[str]) -> Any:
    """Cost so far: what a year costs a partner falls evenly on the months of that year in which something lands."""
    cost = np.zeros((len(partners), plan.months))
    for year, shares in plan.budget_by_year.items():
        inside = sorted(
            {flight.month for flight in plan.flights if int(plan.month_name(flight.month)[:4]) == year}
        )
        for partner, amount in shares.items():
            for month in inside:
                cost[partners.index(partner) if partner in partners else 0, month:] += amount / len(inside)
    return cost
