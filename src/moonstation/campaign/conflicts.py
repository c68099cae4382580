"""Why no plan closes: a smallest set of demands that cannot be kept together, in words."""

import time
from collections.abc import Callable, Collection

from moonstation.campaign.case import Case
from moonstation.campaign.rules import demands
from moonstation.campaign.solve import plan_campaign
from moonstation.errors import RequestError

Progress = Callable[[str, float], None]


def conflicting_demands(
    case: Case, *, seconds: float = 60.0, progress: Progress | None = None
) -> tuple[list[str], bool]:
    """Find demands of which none can be spared: without any one of them, the others can be kept together.

    A deletion filter (Chinneck and Dravnieks 1991, doi:10.1287/ijoc.3.2.157): demands are left out in halves and
    then one by one, for as long as it stays proven that no plan keeps the rest.

    Parameters
    ----------
    case : Case
        One that no plan keeps.
    seconds : float
        Time for all of it, on the clock [s].
    progress : callable, optional
        Called with what is being done and the share of demands that are judged.

    Returns
    -------
    list of str
        The demands in words; empty if masses, pads and months alone allow no plan, or there is a plan after all.
    bool
        Whether each of them is proven to be needed; False if the time ran out first.
    """
    words = demands(case)
    begin = time.monotonic()
    kept = list(words)
    spared: set[str] = set()
    size, proven = max(1, len(kept) // 2), True
    place = 0
    while kept:
        left = seconds - (time.monotonic() - begin)
        if left <= 0.0:
            proven = False
            break
        if place >= len(kept):
            if size == 1:
                break
            size, place = max(1, size // 2), 0
            continue
        tried = kept[place : place + size]
        if progress is not None:
            progress(f"demands in conflict, {len(kept)} left", 1.0 - len(kept) / len(words))
        closes = _closes(case, spared | set(tried), left)
        if closes is False:
            spared |= set(tried)
            del kept[place : place + size]
        else:
            proven &= closes is not None or size > 1
            place += size
    return [words[name] for name in kept], proven


def _closes(case: Case, without: Collection[str], seconds: float) -> bool | None:
    """Whether some plan keeps all demands but some; None if that was not found out in time."""
    try:
        plan = plan_campaign(case, objective="any", without=without, seconds=max(1.0, seconds / 4.0))
    except RequestError:
        return None
    return plan is not None
