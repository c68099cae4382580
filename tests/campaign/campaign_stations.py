"""Small stations with campaigns, made in memory."""

import datetime as dt
import random

from moonstation.spacetime.epochs import Epoch
from moonstation.station.campaign import (
    Campaign,
    CrewFlight,
    Lander,
    Milestone,
    Pad,
    Plant,
    Supply,
    YearBudget,
)
from moonstation.station.elements import Element
from moonstation.station.faults import Function
from moonstation.station.missions import Launcher
from moonstation.station.model import Partner, SiteSpec, Station

START = dt.date(2030, 1, 1)


def month(number):
    return dt.date(START.year + number // 12, number % 12 + 1, 1)


def element(name, mass, **keys):
    keys = {"kind": "science", "site": "base", "partner": "a", "cost": "10 MUSD 2026", **keys}
    return Element(id=name, mass=mass, **keys)


def launcher(name="rocket", tli=8000.0, cost="100 MUSD 2026", pads=("pad",), **keys):
    return Launcher(id=name, tli=tli, cost=cost, pads=list(pads), **{"partner": "a", **keys})


def lander(name="lander", launchers=("rocket",), cost="50 MUSD 2026", **keys):
    keys = {"dry_mass": 1000.0, "propellant": 6000.0, "partner": "a", **keys}
    return Lander(id=name, launchers=list(launchers), cost=cost, **keys)


def pad(name="pad", **keys):
    return Pad(id=name, launch_site="wenchang", **keys)


def station(elements, *, months=24, campaign=None, **tables):
    known = {"sunlight": 0.8, "dark": 72 * 3600.0, **(campaign or {})}
    return Station(
        id="small",
        name="Small",
        description="",
        start=Epoch.parse("2030-01-01T00:00:00Z"),
        span=86_400.0,
        partners=[Partner(id="a"), Partner(id="b")],
        sites=[
            SiteSpec(id="base", lat="-88 deg", lon="0 deg"),
            SiteSpec(id="ridge", lat="-89 deg", lon="0 deg"),
        ],
        elements=elements,
        campaign=Campaign(start=START, end=month(months - 1), **known),
        **{"pads": [pad()], "launchers": [launcher()], "landers": [lander()], **tables},
    )


def random_station(seed, *, elements=4, months=5, rich=False):
    """A station by chance: some close, some do not."""
    dice = random.Random(seed)
    names = [f"e{i}" for i in range(elements)]
    made = []
    for i, name in enumerate(names):
        keys = {"site": dice.choice(["base", "base", "base", "ridge"]), "partner": dice.choice("ab")}
        if dice.random() < 0.4:
            keys |= {"kind": "fission", "power": float(dice.randint(1, 8) * 1000)}
        else:
            keys |= {"load_survival": float(dice.choice([0, 0, 500, 1500])), "load_nominal": 2000.0}
        if dice.random() < 0.3 and i:
            keys["after"] = [dice.choice(names[:i])]
        if dice.random() < 0.3:
            keys["not_before"] = month(dice.randrange(months))
        if dice.random() < 0.5:
            keys["volume"] = float(dice.randint(1, 12))
        made.append(element(name, float(dice.randint(300, 2100)), **keys))
    tables = {
        "pads": [pad("pad"), pad("pad2", turnaround=dice.choice([20, 50]) * 86_400.0)],
        "launchers": [
            launcher(cadence=dice.choice([None, 2.0, 4.0]) and dice.choice([2.0, 4.0]) / (365.25 * 86_400)),
            launcher("big", 13_000.0, f"{dice.randint(90, 220)} MUSD 2026", ("pad2",), partner="b",
                     available_from=month(dice.randrange(3))),
        ],
        "landers": [
            lander(payload_volume=dice.choice([None, 10.0, 15.0])),
            lander("large", ("big",), "70 MUSD 2026", dry_mass=1800.0, propellant=9000.0, partner="b"),
        ],
    }  # fmt: skip
    if dice.random() < 0.5:
        tables["milestones"] = [
            Milestone(id="m", capability="mass", at_least=dice.randint(500, 2500), by=month(dice.randrange(months)))
        ]  # fmt: skip
    if rich:
        tables["functions"] = [Function(id="f", needs=[f"1 of {names[0]}, {names[-1]}"])]
        tables["milestones"] = [
            *tables.get("milestones", []), Milestone(id="g", capability="function:f", by=month(months - 1))
        ]  # fmt: skip
        tables["supplies"] = [
            Supply(id="spares", kind="spares", share=dice.choice([0.1, 0.3]) / (365.25 * 86_400), stock=20.0,
                   reserve=dice.choice([0.0, 60.0 * 86_400]), price="0.02 MUSD 2026"),
            Supply(id="food", kind="crew", stock=dice.choice([0.0, 100.0]), per_year=dice.choice([0.0, 60.0])),
        ]  # fmt: skip
        if dice.random() < 0.5:
            tables["plants"] = [
                Plant(id="plant", element=names[1], yield_per_year=200.0, fills="food", power=10.0)
            ]
        tables["landers"].append(
            lander("taxi", ("big",), "90 MUSD 2026", kind="crew", dry_mass=1500.0, propellant=9000.0,
                   return_delta_v=1968.0, reusable=2, launches=dice.choice([1, 2]))
        )  # fmt: skip
        tables["crew_flights"] = [
            CrewFlight(id="first", crew=2, stay=20 * 86_400.0, lander="taxi", site="base", after=[names[0]],
                       person_mass=120.0)
        ]  # fmt: skip
        if dice.random() < 0.3:
            tables["budgets"] = [YearBudget(id="all", amount=f"{dice.randint(400, 1200)} MUSD 2026")]
    if dice.random() < 0.4:
        gaps = sorted(dice.sample(range(months), 2))
        rare = [f"{month(t):%Y-%m}" for t in range(months) if t not in gaps]
        tables["pads"][0] = tables["pads"][0].model_copy(update={"windows": rare})
    return station(made, months=months, **tables)
