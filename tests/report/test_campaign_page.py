"""The page and the picture of a campaign."""

import json
import re

import numpy as np
import pytest
import xarray as xr

from moonstation.campaign.plan import Flight, Plan
from moonstation.report.campaign import write_campaign_page
from moonstation.report.campaign_calendar import campaign_calendar
from moonstation.report.campaign_picture import draw_campaign, mass_parts, payload_words

NAMES = {
    "cn": "China (CNSA)",
    "ru": "Russia (Roscosmos)",
    "lm10": "Long March 10",
    "angara": "Angara-A5V",
    "heavy": "Heavy cargo lander",
    "light": "Light lander",
    "lanyue": "Crew lander",
    "power": "Fission power plant",
    "hab": "Habitat <b>one</b>",
    "rover": "Pressurised rover",
    "food": "Food and water",
    "visit-1": "First crew",
}


def a_flight(month: int, lander: str = "heavy", partner: str = "cn", **more: object) -> Flight:
    told: dict[str, object] = {
        "launcher": "lm10",
        "pad": "pad-1",
        "kind": "cargo",
        "tli_mass": 20_000.0,
        "propellant": 12_000.0,
        "landed_mass": 5_000.0,
        "cost": 5e8,
        "launch_months": (month,),
    }
    return Flight(month=month, lander=lander, partner=partner, **{**told, **more})  # type: ignore[arg-type]


@pytest.fixture
def plan() -> Plan:
    flights = (
        a_flight(3, elements=("power",)),
        a_flight(9, "light", "ru", launcher="angara", elements=("rover",), landed_mass=1_500.0),
        a_flight(20, elements=("hab",), supplies={"food": 500.0}, landed_mass=5_500.0),
        a_flight(30, "lanyue", kind="crew", crew="visit-1", landed_mass=800.0, launch_months=(28, 30)),
    )
    return Plan(
        station="base",
        start="2030-01",
        months=36,
        flights=flights,
        objective="cost",
        value=2e9,
        bound=1.96e9,
        gap=0.02,
        seconds=3.0,
        status="feasible",
        budget_by_year={2030: {"cn": 5e8, "ru": 5e8}, 2031: {"cn": 5e8}, 2032: {"cn": 5e8}},
        notes=("Landers are assumptions.",),
    )


@pytest.fixture
def growth(plan: Plan) -> xr.Dataset:
    month = np.arange(plan.months)
    landed = np.zeros((2, plan.months))
    for flight in plan.flights[:3]:
        landed[0 if flight.partner == "cn" else 1, flight.month :] += flight.landed_mass
    return xr.Dataset(
        {
            "landed_mass": (("partner", "month"), landed),
            "power_made": ("month", np.where(month >= 3, 40e3, 0.0)),
            "power_nominal": ("month", np.where(month >= 20, 45e3, np.where(month >= 9, 12e3, 0.0))),
            "power_survival": ("month", np.where(month >= 9, 6e3, 0.0)),
            "crew_days": ("month", np.where(month >= 30, 28.0, 0.0)),
            "functions": ("month", np.where(month >= 20, 3, np.where(month >= 3, 1, 0))),
            "stock": (("supply", "month"), np.where(month >= 20, 500.0, 0.0)[None, :]),
        },
        coords={"partner": ["cn", "ru"], "supply": ["food"], "month": month},
    )


def test_parts_of_a_flight_add_up_to_what_is_sent(plan: Plan):
    for flight in plan.flights:
        parts = mass_parts(flight)
        assert sum(parts.values()) == pytest.approx(flight.tli_mass)
        assert min(parts.values()) >= 0.0
    assert mass_parts(plan.flights[2])["elements"] == 5_000.0
    assert mass_parts(plan.flights[3])["crews"] == 800.0


def test_a_flight_in_words(plan: Plan):
    assert payload_words(plan.flights[2], NAMES) == "Habitat <b>one</b> and 500 kg of Food and water"
    assert payload_words(plan.flights[3], NAMES) == "First crew"
    assert payload_words(a_flight(1), NAMES) == "nothing"


def test_the_page_shows_flights_milestones_mass_and_money(plan: Plan, growth: xr.Dataset):
    rows = [["power: 40 kW", "2031-06", "2030-04", "40 kW"]]
    page = write_campaign_page(
        plan, growth, title="Base & co", names=NAMES, milestones=rows, assumptions=["mass of hab"]
    )
    assert (
        "5 launches, 4 landings; all that was asked for stands by 2031-09; 2 thousand million USD 2026."
        in page
    )
    assert "gap 2\N{NO-BREAK SPACE}%" in page
    assert "Base &amp; co" in page
    assert "Habitat <b>one</b>" not in page.split('id="figures"')[0]
    assert "too little for nominal mode in 16 months" in page
    figures = json.loads(re.search(r'id="figures">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert set(figures) == {
        "flights-by-month", "growth-mass", "growth-power", "growth-functions", "growth-crews", "growth-stock",
        "mass-flow", "cost-by-year",
    }  # fmt: skip
    flow = figures["mass-flow"]["data"][0]["link"]
    first = [value for source, value in zip(flow["source"], flow["value"], strict=True) if source < 2]
    assert sum(first) == pytest.approx(80.0)
    assert page == write_campaign_page(
        plan, growth, title="Base & co", names=NAMES, milestones=rows, assumptions=["mass of hab"]
    )


def test_a_plan_without_flights_has_a_page_and_a_picture(growth: xr.Dataset):
    empty = Plan("base", "2030-01", 36, (), "cost", 0.0, 0.0, 0.0, 0.0, "optimal")
    nothing = growth * 0
    page = write_campaign_page(empty, nothing, title="Base", names=NAMES, milestones=[])
    assert "Nothing has to fly." in page
    assert draw_campaign(empty, nothing, names=NAMES, title="Base").startswith(b"\x89PNG")


def test_the_picture_is_the_same_each_time(plan: Plan, growth: xr.Dataset):
    first = draw_campaign(plan, growth, names=NAMES, title="Base", note="Landers are assumptions.")
    assert first.startswith(b"\x89PNG")
    assert first == draw_campaign(plan, growth, names=NAMES, title="Base", note="Landers are assumptions.")


def test_the_calendar_has_every_launch_and_milestone(plan: Plan):
    text = campaign_calendar(plan, title="Base", names=NAMES, milestones=[("40 kW of power", 17)])
    unfolded = text.replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 4 + 1 + 1
    assert "DTSTART:20300401T000000Z" in unfolded
    assert "DTEND:20300501T000000Z" in unfolded
    assert "SUMMARY:Launch 1 of 2: Long March 10 for Crew lander" in unfolded
    assert "SUMMARY:Launch and landing: Angara-A5V\\, Pressurised rover" in unfolded
    assert "SUMMARY:Milestone: 40 kW of power" in unfolded
    assert "LOCATION:pad-1" in unfolded
