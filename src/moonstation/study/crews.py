"""What many lives of a station show of its crews: visits as planned or not, and what they use."""

import numpy as np
import pandas as pd

from moonstation.simulation import _life_model as model
from moonstation.simulation.life import Life, Lives
from moonstation.station.crews import CrewVisit

DAY = 86_400.0
CONSUMABLES = ("oxygen", "water", "food")


def visits_table(visits: list[CrewVisit], life: Life, lives: Lives) -> pd.DataFrame:
    """How visits went.

    Returns
    -------
    pandas.DataFrame
        ``visit``, ``crew``, ``planned_days``, ``came``, ``as_planned``, ``ran_short`` and ``cut_off`` (shares of the
        runs: came at all; stayed to the end; left for want of oxygen, water or food; left for want of power or of
        what it needs), ``days`` (mean stay, of those that stayed away too).
    """
    rows = []
    for v, visit in enumerate(visits):
        came, stayed, why = lives.visits[:, v].T
        rows.append(
            (
                visit.id,
                visit.crew,
                visit.stay / DAY,
                float(np.mean(came >= 0.0)),
                float(np.mean(why == model.CREW_LEFT)),
                float(np.mean(why == model.CREW_RAN_SHORT)),
                float(np.mean(why == model.CREW_CUT_OFF)),
                float(np.mean(stayed)) * life.step / DAY,
            )
        )
    names = ["visit", "crew", "planned_days", "came", "as_planned", "ran_short", "cut_off", "days"]
    return pd.DataFrame(rows, columns=names)


def stocks_table(life: Life, lives: Lives) -> pd.DataFrame:
    """What crews used, by site and consumable, where any was delivered or used.

    Returns
    -------
    pandas.DataFrame
        ``site``, ``what``, ``delivered_kg``, ``used_kg`` (taken from the stock), ``won_back_kg`` (used besides, and won
        back), ``left_kg`` (means), ``least_left_kg`` (not passed downwards in 95 % of the runs).
    """
    rows = []
    for s, site in enumerate(life.sites):
        for c, what in enumerate(CONSUMABLES):
            books = lives.stocks[:, s, c]
            if not np.any(books):
                continue
            mean = np.mean(books, axis=0)
            least = float(np.quantile(books[:, model.LEFT_OVER], 0.05))
            rows.append((site, what, *(float(mean[b]) for b in range(model.STOCK_BOOKS)), least))
    names = ["site", "what", "delivered_kg", "used_kg", "won_back_kg", "left_kg", "least_left_kg"]
    return pd.DataFrame(rows, columns=names)
