"""What each relay does for each site, and what is lost without it, as a table."""

from moonstation.report.inputs import Result, name_of, parts
from moonstation.report.tables import Table, escaped
from moonstation.report.wording import duration, share


def relay_table(result: Result) -> str:
    """Every relay for every site with how to read it; "" where the station has no relay."""
    if not result.relay_roles:
        return ""
    names = {part.id: name_of(part) for kind in ("sites", "orbiters") for part in parts(result.station, kind)}
    rows = [
        [
            names.get(role.site, role.site),
            names.get(role.relay, role.relay),
            share(role.seen),
            share(role.passed_on),
            share(role.carried),
            _change(share(role.reach.share), share(role.without.share)),
            _change(duration(role.reach.longest_gap), duration(role.without.longest_gap)),
        ]
        for role in result.relay_roles
    ]
    heads = (
        "site",
        "relay",
        "site sees it",
        "and it the Earth",
        "of the link time",
        "Earth in reach → without",
        "longest gap → without",
    )
    note = (
        "Shares are of the span; “of the link time” is of the time in which the Earth is reached by any way, and where "
        "several ways are open at once each counts. “Without” takes this relay alone away and keeps the rest."
    )
    table = Table(heads, rows, numeric=(2, 3, 4, 5, 6), stacks=True).html()
    return f"<h3>What each relay does</h3>{table}<p>{escaped(note)}</p>"


def _change(before: str, after: str) -> str:
    return f"{before}, the same" if before == after else f"{before} → {after}"
