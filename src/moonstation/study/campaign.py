"""A station's campaign planned: light of its sites, the case, the first plan, the search, and why none closes."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from moonstation.campaign.case import Case, SiteLight, campaign_case
from moonstation.campaign.check import check_plan
from moonstation.campaign.conflicts import conflicting_demands
from moonstation.campaign.growth import growth
from moonstation.campaign.plan import Plan
from moonstation.campaign.replay import Replay
from moonstation.campaign.rules import asked
from moonstation.campaign.solve import greedy_plan, plan_campaign
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Station
from moonstation.study.ground import ground_of, needed_heights
from moonstation.study.run import Progress
from moonstation.sunlight.light import site_light
from moonstation.sunlight.statistics import light_statistics

LIGHT_STEP = 2.0 * 3600.0
LIGHT_DAYS = 365.25

PLANNED = ("campaign", "pad", "launcher", "lander", "milestone", "crew_flight", "supply", "plant", "budget")
"""Tables of which a plan uses all values."""

OF_ELEMENTS = ("mass", "volume", "cost", "after", "not_before", "power", "array_power", "load_survival")
"""What it uses of elements."""


@dataclass(frozen=True, eq=False)
class CampaignRun:
    """A campaign planned.

    Attributes
    ----------
    case : Case
        What was asked for.
    plan : Plan or None
        The plan; None if none closes.
    growth : xarray.Dataset or None
        The station under it, see `moonstation.campaign.growth.growth`.
    milestones : tuple of (str, str, str, str)
        Which, asked by, reached in ("" if never), how much then.
    conflict : tuple of str
        If no plan closes: demands that cannot be kept together, in words.
    proven : bool
        Whether each of them is proven to be needed for the conflict.
    problems : tuple of str
        Rules that the plan breaks: only a first plan that was not searched on may.
    """

    case: Case
    plan: Plan | None
    growth: xr.Dataset | None
    milestones: tuple[tuple[str, str, str, str], ...] = ()
    conflict: tuple[str, ...] = ()
    proven: bool = True
    problems: tuple[str, ...] = ()


def site_lights(station: Station, *, progress: Progress) -> dict[str, SiteLight]:
    """Lit share and longest dark spell of each site with elements, over the first year of its campaign.

    Raises
    ------
    MoonstationError
        If the terrain of a site cannot be used; says what and the cure.
    """
    campaign = station.campaign
    if campaign is None or (campaign.sunlight is not None and campaign.dark is not None):
        return {}
    start = Epoch.parse(f"{campaign.start:%Y-%m-%d}T00:00:00Z").tdb_s
    et = start + np.arange(0.0, LIGHT_DAYS * SECONDS_PER_DAY, LIGHT_STEP)
    used = {element.site for element in station.elements}
    found = {}
    for number, spec in enumerate(station.sites):
        if spec.id not in used:
            continue
        progress(f"light at {spec.id}", number / len(station.sites))
        ground = ground_of(spec, needed_heights(station, spec))
        heights = [e.array_height for e in station.elements if e.site == spec.id and e.array_power]
        fraction = site_light(ground.site, et).sun_fraction(ground.horizon, max(heights, default=spec.height))
        light = light_statistics(et, fraction)
        found[spec.id] = SiteLight(
            light.average, light.longest_dark, f"computed over a year from {campaign.start}"
        )
    return found


def plan_station(
    station: Station,
    *,
    objective: str | None = None,
    seconds: float = 60.0,
    gap: float = 0.01,
    without: Collection[str] = (),
    search: bool = True,
    seed: int = 1,
    progress: Progress,
) -> CampaignRun:
    """Plan the campaign of a station.

    Parameters
    ----------
    station : Station
        With a campaign.
    objective : str, optional
        In place of the campaign's own.
    seconds, gap : float
        Limits of the search: on the clock [s], and as share of the value.
    without : collection of str
        Ids of partners, launchers, landers and pads that are not to be had.
    search : bool
        False for the first plan alone.
    seed : int
        Of the search.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    MoonstationError
        If the station has no campaign, something fits no lander, or the time was too short; says the cure.
    """
    if objective is not None and station.campaign is not None:
        # costs are asked for where the objective counts them
        changed = station.campaign.model_copy(update={"objective": objective})
        station = _with_campaign(station, changed)
    unknown = [name for name in without if name not in _providers(station)]
    if unknown:
        known = ", ".join(_providers(station))
        raise RequestError(f"there is no partner, launcher, lander or pad {unknown[0]!r}; there is {known}")
    # what is wrong with the file is told before any light is computed
    campaign_case(station, without=without)
    lights = site_lights(station, progress=lambda words, share: progress(words, 0.2 * share))
    case = campaign_case(station, light=lights, without=without)
    progress("first plan", 0.2)
    if not search:
        plan = greedy_plan(case)
        return run_of(case, plan, problems=tuple(check_plan(case, plan)))
    found = plan_campaign(
        case,
        seconds=seconds,
        gap=gap,
        seed=seed,
        progress=lambda words, share: progress(words, 0.2 + 0.8 * share),
    )
    if found is None:
        words, proven = conflicting_demands(case, seconds=seconds, progress=progress)
        return CampaignRun(case, None, None, conflict=tuple(words), proven=proven)
    return run_of(case, found)


def _with_campaign(station: Station, campaign: Any) -> Station:
    return replace(station, campaign=campaign)


def _providers(station: Station) -> list[str]:
    groups = (station.partners, station.launchers, station.landers, station.pads)
    return [record.id for group in groups for record in group]


def run_of(case: Case, plan: Plan, *, problems: tuple[str, ...] = ()) -> CampaignRun:
    """A plan with the station that grows under it and its milestones."""
    return CampaignRun(
        case, plan, growth(case.station, plan), milestones=milestone_rows(case, plan), problems=problems
    )


def milestone_rows(case: Case, plan: Plan) -> tuple[tuple[str, str, str, str], ...]:
    """Each milestone: what it asks for, by when, when that is reached ("" if never), how much there is by its month."""
    play = Replay(case.station, plan)
    rows = []
    for milestone in case.station.milestones:
        reached = ""
        for month in range(plan.months):
            have, want = play.reached(milestone, month)
            if have >= want * (1.0 - 1e-9):
                reached = plan.month_name(month)
                break
        have, _ = play.reached(milestone, case.by(milestone))
        what = f"{milestone.id}: {asked(milestone)}"
        rows.append((what, f"{milestone.by:%Y-%m}", reached, asked(milestone, have)))
    return tuple(rows)


def flights_frame(plan: Plan) -> pd.DataFrame:
    """Flights of a plan as a table, a row each, SI units in the names of columns."""
    return pd.DataFrame(
        [
            {
                "month": plan.month_name(flight.month),
                "launches": " ".join(plan.month_name(month) for month in flight.launch_months),
                "launcher": flight.launcher,
                "pad": flight.pad,
                "lander": flight.lander,
                "partner": flight.partner,
                "kind": flight.kind,
                "site": flight.site,
                "elements": " ".join(flight.elements),
                "crew": flight.crew,
                "supplies_kg": " ".join(f"{name}={mass:g}" for name, mass in flight.supplies.items()),
                "landed_kg": round(flight.landed_mass, 3),
                "propellant_kg": round(flight.propellant, 3),
                "to_the_moon_kg": round(flight.tli_mass, 3),
                "new_lander": flight.new_lander,
                "cost": round(flight.cost, 2),
            }
            for flight in plan.flights
        ],
        columns=[
            "month", "launches", "launcher", "pad", "lander", "partner", "kind", "site", "elements", "crew",
            "supplies_kg", "landed_kg", "propellant_kg", "to_the_moon_kg", "new_lander", "cost",
        ],
    )  # fmt: skip


def run_as_dict(run: CampaignRun) -> dict[str, Any]:
    """All of a run as plain values for JSON; gaps and bounds included."""
    plan = run.plan
    found: dict[str, Any] = {
        "station": run.case.station.id,
        "station_sha256": run.case.station.sha256,
        "start": f"{run.case.campaign.start:%Y-%m}",
        "months": run.case.months,
        "prices": run.case.campaign.prices,
        "light": {
            name: {"lit": light.lit, "dark_s": light.dark, "source": light.source}
            for name, light in run.case.light.items()
        },
        "conflict": list(run.conflict),
        "conflict_is_proven": run.proven,
        "problems": list(run.problems),
        "notes": list(run.case.notes if plan is None else plan.notes),
        "plan": None,
    }
    if plan is None or run.growth is None:
        return found
    found["plan"] = {
        "objective": plan.objective,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "cost": plan.cost,
        "completion_months": plan.completion,
        "launches": plan.launches,
        "flights": flights_frame(plan).to_dict("records"),
        "milestones": [
            dict(zip(("milestone", "by", "reached", "there"), row, strict=True)) for row in run.milestones
        ],
        "cost_by_year": {str(year): shares for year, shares in plan.budget_by_year.items()},
        "growth": {
            str(name): {
                "dims": list(map(str, values.dims)),
                "unit": values.attrs["units"],
                "values": values.values.tolist(),
            }
            for name, values in run.growth.data_vars.items()
        },
    }  # fmt: skip
    return found


def names_of(station: Station) -> dict[str, str]:
    """Names of all that a plan speaks of, by id."""
    groups = (
        station.partners,
        station.launchers,
        station.landers,
        station.pads,
        station.elements,
        station.supplies,
        station.crew_flights,
    )
    return {record.id: record.name or record.id for group in groups for record in group}


def assumed_of(station: Station) -> list[str]:
    """Values that a plan rests on and that are assumptions, in words: key and value."""
    return [
        f"{key} = {about.text}"
        for key, about in station.provenance.items()
        if about.confidence == "assumption"
        and (
            key.partition(".")[0] in PLANNED
            or (key.startswith("element.") and key.rpartition(".")[2] in OF_ELEMENTS)
        )
    ]
