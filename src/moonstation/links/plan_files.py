"""Contact plans of other systems read in and written: times of files to TDB and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.formats.contact_plans import plan_text, read_plan_file
from moonstation.formats.plan_rows import PlanRow
from moonstation.links.plan import ContactPlan, PlannedContact
from moonstation.spacetime.epochs import Epoch, tdb_to_utc, utc_to_tdb


@dataclass(frozen=True, eq=False)
class LoadedPlan:
    """A contact plan of a file.

    Attributes
    ----------
    plan : ContactPlan
        Times TDB past J2000 if `absolute`, else past the plan's own zero [s].
    absolute : bool
        Whether the times are dates.
    dialect : str
        "ion", "hdtn", "ud3tn" or "csv".
    notes : tuple of str
        What the file does not say, or what of it was left out.
    """

    plan: ContactPlan
    absolute: bool
    dialect: str
    notes: tuple[str, ...]


def load_plan(path: Path, *, node: str = "", join: bool = False, epoch: Epoch | None = None) -> LoadedPlan:
    """Read a contact plan of ION, HDTN or uD3TN, or a table, told by its content.

    Parameters
    ----------
    path : Path
        The file.
    node : str
        For uD3TN: the node that the file configures.
    join : bool
        Whether overlapping contacts of the same two nodes, rate and light time are one contact told twice.
    epoch : Epoch, optional
        The zero of a plan that counts from its own; not used for one with dates.

    Raises
    ------
    DataFileError
        If the file cannot be read or says something that cannot be.
    """
    file = read_plan_file(path, node=node, join=join)
    rows = file.rows
    start, stop = (np.array([getattr(row, name) for row in rows]) for name in ("start", "stop"))
    absolute = file.absolute or epoch is not None
    if file.absolute:
        start, stop = _tdb(start), _tdb(stop)
    elif epoch is not None:
        start, stop = start + epoch.tdb_s, stop + epoch.tdb_s
    plan = ContactPlan.of(
        PlannedContact(row.from_id, row.to_id, begin, end, row.rate, row.owlt)
        for row, begin, end in zip(rows, start.tolist(), stop.tolist(), strict=True)
    )
    return LoadedPlan(plan, absolute, file.dialect, file.notes)


def write_plan_text(
    plan: ContactPlan, dialect: str, *, absolute: bool, node: str = "", title: str = ""
) -> tuple[str, list[str]]:
    """A contact plan as text of a dialect, and what that cannot carry (sentences).

    Parameters
    ----------
    plan : ContactPlan
        The plan.
    dialect : str
        A key of `moonstation.formats.contact_plans.DIALECTS`.
    absolute : bool
        Whether times are TDB past J2000; HDTN gets them in seconds past the first whole second otherwise too.
    node : str
        For uD3TN: the sender to be configured.
    title : str
        Told in a comment where the dialect has comments.

    Raises
    ------
    RequestError
        If the dialect is not known, or needs what is not given.
    """
    rows = plan_rows(plan, absolute=absolute)
    return plan_text(rows, dialect, absolute=absolute, node=node, title=title)


def plan_rows(plan: ContactPlan, *, absolute: bool) -> Sequence[PlanRow]:
    """Contacts as rows of a file, times in UTC seconds past 1970 if `absolute`."""
    start, stop = (_posix(plan.start), _posix(plan.stop)) if absolute else (plan.start, plan.stop)
    return [
        PlanRow(
            contact.from_id,
            contact.to_id,
            float(start[index]),
            float(stop[index]),
            contact.rate,
            contact.owlt,
        )
        for index, contact in enumerate(plan[index] for index in range(len(plan)))
    ]


def _tdb(posix: FloatArray) -> FloatArray:
    return utc_to_tdb(
        (np.round(posix * 1e6).astype(np.int64)).astype("datetime64[us]").astype("datetime64[ns]")
    )


def _posix(tdb: FloatArray) -> FloatArray:
    # microseconds: what a double holds of seconds past 1970
    micro = (tdb_to_utc(tdb) + np.timedelta64(500, "ns")).astype("datetime64[us]").astype(np.int64)
    return micro.astype(np.float64) * 1e-6
