"""Plans under failures and delays, against closed forms."""

import numpy as np
import pytest

from moonstation.campaign.plan import Flight, Plan
from moonstation.campaign.risk import Chances, Record, element_months, fly, gains, risk_case
from moonstation.errors import RequestError

DRAWS = 20_000


def a_flight(
    month: int, *elements: str, launcher: str = "rocket", pad: str = "pad", spread: int = 0
) -> Flight:
    months = tuple(range(month - spread, month + 1))
    return Flight(month, launcher, pad, "lander", "we", "cargo", elements=elements, launch_months=months)


def a_plan(*flights: Flight, months: int = 60) -> Plan:
    return Plan("base", "2030-01", months, flights, "cost", 0.0, 0.0, 0.0, 0.0, "optimal")


def chances(launcher: float = 1.0, lander: float = 1.0, **more: object) -> Chances:
    told: dict[str, object] = {"slip": 0.0, "rebuild": {"a": 24, "b": 24}, "lead": 12, "stand_down": 6}
    return Chances(
        {name: Record(assumed=launcher) for name in ("rocket", "other")},
        {"lander": Record(assumed=lander)},
        **{**told, **more},  # type: ignore[arg-type]
    )


def a_case(plan: Plan, luck: Chances, draws: int = DRAWS, seed: int = 1, **more: object):
    told: dict[str, object] = {"after": {}, "turnaround": {"pad": 1, "pad-2": 1}}
    return risk_case(plan, luck, draws=draws, seed=seed, **{**told, **more})  # type: ignore[arg-type]


def test_without_luck_against_it_a_plan_flies_as_planned():
    plan = a_plan(a_flight(3, "a"), a_flight(9, "b", spread=1))
    draws = fly(a_case(plan, chances(), draws=10))
    assert (draws.landed == [3, 9]).all()
    assert (draws.completion == 10).all()
    assert not draws.losses.any()


def test_what_is_late_waits_for_a_window():
    plan = a_plan(a_flight(3, "a"), a_flight(9, "b"))
    free = fly(a_case(plan, chances(slip=2.0), draws=200))
    # the first flies in months 3, 15, 27 and so on, the second at any time
    shut = [{month for month in range(400) if month % 12 != 3}, ()]
    bound = fly(a_case(plan, chances(slip=2.0), draws=200, shut=shut))
    assert (bound.landed[:, 0] % 12 == 3).all()
    assert (bound.landed[:, 0] >= free.landed[:, 0]).all()
    assert (bound.landed[:, 0] < free.landed[:, 0] + 12).all()
    assert (free.landed[:, 0] % 12 != 3).any()
    never = fly(a_case(plan, chances(), draws=3, shut=[range(400), ()]))
    assert (never.landed[:, 0] == never.horizon).all()


def test_tries_of_one_flight_are_geometric():
    # lands at the k-th try with chance p (1 - p)^(k - 1), 24 months after each loss
    draws = fly(a_case(a_plan(a_flight(3, "a")), chances(launcher=0.7)))
    for k in range(4):
        share = np.mean(draws.landed[:, 0] == 3 + 24 * k)
        expected = 0.7 * 0.3**k
        assert share == pytest.approx(expected, abs=4.0 * np.sqrt(expected * (1.0 - expected) / DRAWS))


def test_all_launches_of_a_flight_and_its_landing_must_go_well():
    draws = fly(a_case(a_plan(a_flight(9, "a", spread=1)), chances(launcher=0.9, lander=0.8)))
    share = np.mean(draws.tries[:, 0] == 1)
    assert share == pytest.approx(0.9**2 * 0.8, abs=4.0 * np.sqrt(0.648 * 0.352 / DRAWS))


def test_a_record_is_drawn_with_its_own_uncertainty():
    # the mean chance of the next flight under Jeffreys' prior is (s + 1/2) / (n + 1)
    luck = Chances({"rocket": Record(5, 4)}, {"lander": Record(assumed=1.0)}, slip=0.0, rebuild={})
    case = a_case(a_plan(a_flight(3, "a")), luck)
    assert case.chance.mean() == pytest.approx(4.5 / 6.0, abs=0.004)
    draws = fly(case)
    assert np.mean(draws.tries[:, 0] == 1) == pytest.approx(0.75, abs=0.013)


def test_delays_have_the_mean_of_the_floored_exponential():
    # floor of an exponential of mean m is geometric, of mean 1 / (e^(1/m) - 1)
    draws = fly(a_case(a_plan(a_flight(3, "a")), chances(slip=4.0)))
    assert draws.landed.mean() - 3 == pytest.approx(1.0 / (np.exp(0.25) - 1.0), abs=0.12)


def test_what_needs_another_waits_for_it_and_what_does_not_flies():
    plan = a_plan(a_flight(3, "a"), a_flight(5, "b"), a_flight(7, "c", launcher="other", pad="pad-2"))
    case = a_case(plan, chances(launcher=0.5), after={"b": ["a"]}, draws=2000)
    draws = fly(case)
    months = element_months(case, draws)
    assert (months["b"] >= months["a"]).all()
    assert (months["c"][draws.tries[:, 2] == 1] == 7).all()
    assert (months["b"] < months["c"]).any()


def test_a_launcher_that_failed_stands_down_and_a_pad_flies_once_a_turnaround():
    plan = a_plan(a_flight(3, "a"), a_flight(4, "b"))
    case = a_case(plan, chances(launcher=0.5), draws=2000, turnaround={"pad": 3})
    draws = fly(case)
    lost = draws.tries[:, 0] > 1
    assert lost.any()
    # b flies before a again: 6 months of standing down against 24 of building
    first = draws.landed[:, 1][lost & (draws.tries[:, 1] == 1)]
    assert (first == 3 + 6).all()
    fine = draws.landed[:, 1][~lost & (draws.tries[:, 1] == 1)]
    assert (fine == 3 + 3).all()


def test_a_spare_and_a_reserve_save_what_they_should():
    # lost once with chance 0.2: 24 months of building; with a spare and a reserve 6 of standing down
    plan = a_plan(a_flight(3, "a"), months=30)
    case = a_case(plan, chances(launcher=0.8))
    base = fly(case)
    both = fly(case, spares=("a",), reserves=8)
    once = base.tries[:, 0] == 2
    assert (base.landed[once, 0] == 27).all()
    assert (both.landed[once, 0] == 9).all()
    found, reserve = gains(case, base)
    assert [gain.what for gain in found] == ["a"]
    assert reserve.mean == 0.0
    # one reserve: the first loss waits 6 months instead of 24, later ones 12 instead of 24
    expected = sum(0.8 * 0.2**k * (18.0 + 12.0 * (k - 1)) for k in range(1, 8))
    assert found[0].mean == pytest.approx(expected, abs=5.0 * found[0].error)


def test_more_luck_is_never_later():
    plan = a_plan(*(a_flight(3 * k, name) for k, name in enumerate("abcdef", start=1)))
    luck = chances(launcher=0.7, slip=2.0, rebuild=dict.fromkeys("abcdef", 18))
    case = a_case(plan, luck, draws=3000)
    base = fly(case)
    better = fly(case, spares=tuple("abcdef"), reserves=50)
    assert better.completion.mean() < base.completion.mean()


def test_the_first_draws_do_not_depend_on_how_many_follow():
    plan = a_plan(a_flight(3, "a"), a_flight(5, "b"))
    few = fly(a_case(plan, chances(0.6, 0.9, slip=2.0), draws=50, seed=7))
    many = fly(a_case(plan, chances(0.6, 0.9, slip=2.0), draws=200, seed=7))
    assert (few.landed == many.landed[:50]).all()


@pytest.mark.parametrize(
    ("luck", "draws", "words"),
    [
        (chances(), 0, "draws is 0; ask for 1 or more"),
        (Chances({}, {}, slip=0.0, rebuild={}), 5, "launcher rocket: has no flight record"),
        (
            Chances({"rocket": Record(5, 5)}, {"lander": Record()}, slip=0.0, rebuild={}),
            5,
            "lander lander: has no",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named(luck: Chances, draws: int, words: str):
    with pytest.raises(RequestError, match=words):
        a_case(a_plan(a_flight(3, "a")), luck, draws=draws)
