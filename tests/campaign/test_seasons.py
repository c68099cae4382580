"""Campaigns by seasons: a bound that no plan passes, and a plan to search from that costs no proof."""

import pytest
from campaign_stations import element, random_station, station

from moonstation.campaign import solve
from moonstation.campaign.case import campaign_case
from moonstation.campaign.check import check_plan
from moonstation.campaign.seasons import plan_by_seasons, season_span
from moonstation.campaign.solve import plan_campaign
from moonstation.station.campaign import Milestone, Supply


def best_plan(case):
    plan = plan_campaign(case, objective="cost", seconds=30.0, gap=0.0, workers=1)
    assert plan is None or plan.status == "optimal"
    return plan


def best_by_seasons(case, **keys):
    return plan_by_seasons(case, seconds=20.0, gap=0.0, **keys)


@pytest.mark.parametrize("seed", [0, 2, 3, 4, 6, 11])
def test_no_plan_costs_less_than_the_seasons_say(seed):
    case = campaign_case(random_station(seed, elements=5, months=14, rich=True))
    best = best_plan(case)
    assert best is not None
    bounds = []
    for span in (1, 2, 6):
        found = best_by_seasons(case, span=span)
        assert found is not None
        assert 1e3 * found.bound <= best.cost * (1.0 + 1e-9)
        bounds.append(found.bound)
    # longer seasons ask for less
    assert bounds[2] <= bounds[1] * 1.00001
    assert bounds[1] <= bounds[0] * 1.00001
    # seasons of a month say nearly all: landers that wait for their refit are what they leave out
    assert 1e3 * bounds[0] >= 0.85 * best.cost


def test_supplies_and_dates_are_in_the_bound():
    parts = [element(f"e{i}", 900.0) for i in range(4)]
    spares = Supply(id="spares", kind="spares", per_year=400.0, price="0.1 MUSD 2026")
    early = Milestone(id="early", capability="elements", at_least=1, by="2030-03-01")
    plain = best_by_seasons(campaign_case(station(parts)))
    dated = best_by_seasons(campaign_case(station(parts, milestones=[early])))
    stocked = best_by_seasons(campaign_case(station(parts, supplies=[spares])))
    assert plain is not None
    assert dated is not None
    assert stocked is not None
    assert dated.bound >= plain.bound
    # 800 kg in two years cost 80 M, and need room on a flight
    assert stocked.bound >= plain.bound + 70_000


@pytest.mark.parametrize("seed", range(6))
def test_a_search_from_the_seasons_proves_the_same(monkeypatch, seed):
    case = campaign_case(random_station(seed, elements=4, months=10, rich=True))
    best = best_plan(case)

    whole = solve._Search.run

    def run(self, first, *, seconds=None, guide=()):
        # the search over months alone, which such small cases need no more than, finds nothing
        if seconds is not None and not guide:
            raise solve._NoPlanError("the time was too short")
        return whole(self, first, seconds=seconds, guide=guide)

    monkeypatch.setattr(solve._Search, "run", run)
    plan = plan_campaign(case, objective="cost", seconds=30.0, gap=0.0, workers=1)
    if best is None:
        assert plan is None
        return
    assert plan is not None
    assert check_plan(case, plan) == []
    assert plan.cost == pytest.approx(best.cost, rel=1e-9)
    assert plan.bound <= plan.cost * (1.0 + 1e-9)


def test_a_season_has_months_enough():
    for months, span in ((5, 1), (24, 1), (25, 2), (120, 6), (145, 12), (400, 12)):
        case = campaign_case(station([element("one", 500.0)], months=months))
        assert season_span(case) == span
