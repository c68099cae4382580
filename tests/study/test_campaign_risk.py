"""Milestones of a campaign at risk, against counting by hand, and the whole on the built-in station."""

import numpy as np
import pytest

from moonstation.campaign.case import campaign_case
from moonstation.campaign.check import check_plan
from moonstation.campaign.replay import Replay
from moonstation.campaign.risk import element_months
from moonstation.campaign.solve import greedy_plan
from moonstation.cli.main import main
from moonstation.errors import RequestError
from moonstation.station.loading import load_station
from moonstation.study.campaign_risk import campaign_risk, chances_of, needs, reached_months


@pytest.fixture(scope="module")
def built():
    station = load_station("ilrs-build")
    case = campaign_case(station)
    return case, greedy_plan(case)


@pytest.fixture(scope="module")
def risk(built):
    chances, assumed = chances_of(built[0].station)
    return campaign_risk(*built, chances, assumed, draws=60, seed=3, replan=True)


def test_milestones_of_a_plan_are_those_of_its_replay(built):
    case, plan = built
    play = Replay(case.station, plan)
    months = {
        name: np.array([flight.month]) for flight in plan.flights for name in (*flight.elements, flight.crew)
    }
    for milestone in case.station.milestones:
        found = int(reached_months(case.station, milestone, months, 999)[0])
        have, want = play.reached(milestone, found)
        assert have >= want * (1.0 - 1e-9)
        have, _ = play.reached(milestone, found - 1)
        assert found == 0 or have < want


def test_nothing_lands_before_what_it_needs(built, risk):
    months = element_months(risk.case, risk.draws)
    for name, asked in needs(*built).items():
        for other in asked:
            if name in months and other in months:
                assert (months[other] <= months[name]).all()


def test_no_draw_is_earlier_than_its_plan_and_planning_anew_is_never_later(risk):
    last = risk.plan.flights[-1].month
    landed = risk.draws.landed.max(axis=1)
    assert (landed >= last).all()
    assert (risk.replanned.completion - 1 <= landed).all()
    assert (risk.replanned.completion - 1 < landed).any()


def test_the_table_holds_the_quantiles_of_the_draws(built, risk):
    landed = np.sort(risk.draws.landed.max(axis=1))
    row = risk.dates.iloc[0]
    assert row["p50"] == risk.plan.month_name(int(landed[29]))
    assert row["p90"] == risk.plan.month_name(int(landed[53]))
    assert list(risk.dates["what"][1:]) == [milestone.id for milestone in built[0].station.milestones]
    assert risk.losses.sum() == pytest.approx(1.0)
    assert risk.cost[0] <= risk.cost[1] <= risk.cost[2]


def test_without_failures_and_delays_all_goes_as_planned(built):
    case, plan = built
    assert not check_plan(case, plan)
    chances, assumed = chances_of(case.station, slip=0.0, unflown=1.0)
    sure = {name: type(record)(assumed=1.0) for name, record in chances.launchers.items()}
    calm = type(chances)(sure, chances.landers, 0.0, chances.rebuild)
    risk = campaign_risk(case, plan, calm, assumed, draws=3)
    assert (risk.dates["p90"] == risk.dates["planned"]).all()
    assert risk.cost == (plan.cost,) * 3


def test_chances_and_times_out_of_range_are_named(built):
    with pytest.raises(RequestError, match="--slip -1: give 0 to 600 months"):
        chances_of(built[0].station, slip=-1.0)
    with pytest.raises(RequestError, match=r"--landing 1\.2: give a chance above 0 and at most 1"):
        chances_of(built[0].station, landing=1.2)


def test_the_command_writes_what_it_prints(tmp_path, capsys):
    files = [tmp_path / name for name in ("dates.csv", "spares.csv", "risk.png")]
    options = ["--csv", str(files[0]), "--spares-csv", str(files[1]), "--png", str(files[2])]
    assert main(["campaign", "risk", "ilrs-build", "--first", "--draws", "30", *options]) == 0
    text = capsys.readouterr().out
    assert "assumed: a landing goes well with a chance of 0.85" in text
    assert "one more launcher with lander" in text
    assert files[0].read_text().startswith("what,planned,asked,p50,p90,in_time,never\nall landed,")
    assert files[1].read_text().splitlines()[1].startswith("reserve launch,")
    assert files[2].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ilrs-build", "--draws", "0"), "--draws 0: give 1 to"),
        (("ilrs-build", "--unflown", "0"), "--unflown 0: give a chance above 0"),
        (("lander",), "has no campaign"),
        (("iss",), "iss"),
    ],
)
def test_bad_requests_are_told_in_one_line(words, says, capsys):
    assert main(["campaign", "risk", *words, "--first"]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told


def test_the_plan_command_draws_page_picture_and_calendar(tmp_path, capsys):
    files = [tmp_path / name for name in ("plan.html", "plan.png", "plan.ics", "plan.csv", "plan.json")]
    options = [
        word
        for key, path in zip(("--html", "--png", "--ics", "--csv", "--json"), files, strict=True)
        for word in (key, str(path))
    ]
    assert main(["campaign", "plan", "ilrs-build", "--first", *options]) == 0
    assert "the first plan, nothing proven of it" in capsys.readouterr().out
    page = files[0].read_text(encoding="utf-8")
    assert "The first plan found, not improved" in page
    assert "element.power-plant-2.mass" in page
    assert files[1].read_bytes().startswith(b"\x89PNG")
    assert files[2].read_text().count("SUMMARY:Milestone") == 6
    assert files[3].exists()
    assert files[4].exists()
