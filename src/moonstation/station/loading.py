"""From a station file, or the name of a built-in one, to a `Station`; or to all that is wrong with it."""

from pathlib import Path
from typing import Any, TypeVar

from moonstation.errors import StationFileError
from moonstation.formats.products import is_product_name
from moonstation.station import campaign_checks, checks
from moonstation.station.agreements import Bar, Contribution, DataRight, Entitlement
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
from moonstation.station.catalogues import DATA, nearest, packaged_catalogue
from moonstation.station.crews import CrewVisit
from moonstation.station.demands import AntennaShare, Demand
from moonstation.station.draft import (
    MOST_TABLES,
    Draft,
    Row,
    TooManyProblemsError,
    normal_keys,
    unwrap,
    validate,
)
from moonstation.station.elements import Element
from moonstation.station.faults import Failure, Function, Uncertainty
from moonstation.station.missions import Launcher, Mission
from moonstation.station.model import (
    SINGLE,
    TABLES,
    Facility,
    GroundStationSpec,
    Head,
    Orbiter,
    Partner,
    Requirement,
    SiteSpec,
    Station,
)
from moonstation.station.outposts import Outpost
from moonstation.station.part import Part
from moonstation.station.radios import Radio
from moonstation.station.reading import Problem, TomlFile, read_toml
from moonstation.station.thermal import ThermalLink, ThermalNode
from moonstation.station.units import show

STATIONS = DATA / "stations"
REFERENCES = {
    "ground_station": "from",
    "launcher": "from",
    "element": "from",
    "orbiter": "orbit",
    "radio": "from",
    "lander": "from",
}
"""Key by which a table of each kind names a catalogue entry."""

_Part = TypeVar("_Part", bound=Part)


def builtin_stations() -> dict[str, str]:
    """Return the stations that come with the package: name and what each is, in one sentence."""
    names = sorted(path.stem for path in STATIONS.glob("*.toml"))
    return {
        name: str(read_toml(STATIONS / f"{name}.toml").tables["station"]["description"]) for name in names
    }


def load_station(name_or_path: str | Path) -> Station:
    """Load a station from its file or by its built-in name.

    Parameters
    ----------
    name_or_path : str or Path
        A built-in name such as "ilrs", or a TOML file.

    Returns
    -------
    Station
        All values SI and radians.

    Raises
    ------
    StationFileError
        With every problem found, one line each.
    """
    draft = _read(name_or_path)
    if draft.problems:
        # in the order in which a reader of the file meets them; those of other files last
        draft.problems.sort(key=lambda problem: (problem.file != draft.file.name, problem.file, problem.line))
        raise StationFileError([str(problem) for problem in draft.problems])
    return _station(draft)


def load_lunar_station(name_or_path: str | Path) -> Station:
    """Load a station for a study of light, links, power or data: what stands on outposts is left out.

    Raises
    ------
    StationFileError
        As `load_station`.
    RequestError
        If the station has neither a site nor an orbiter of the Moon.
    """
    return load_station(name_or_path).on_the_moon()


def check_station(name_or_path: str | Path) -> list[str]:
    """Find everything wrong with a station file.

    Returns
    -------
    list of str
        One line a problem: file and line, table and id, key, what is wrong, cure. Empty if all is well.
    """
    try:
        load_station(name_or_path)
    except StationFileError as error:
        return error.problems
    return []


def find_station(name_or_path: str | Path) -> Path:
    """Return the file of a station: a built-in one by its name, any other by its path.

    Raises
    ------
    StationFileError
        If a bare name is neither.
    """
    path = Path(name_or_path)
    if not str(name_or_path).strip():
        text = "the station has no name; give a station file or the name of a built-in station"
        raise StationFileError([text])
    if isinstance(name_or_path, str) and path.name == name_or_path and not path.suffix:
        builtin = [p.stem for p in STATIONS.glob("*.toml")]
        if name_or_path in builtin:
            return STATIONS / f"{name_or_path}.toml"
        if not checks.exists(path):
            known = ", ".join(sorted(builtin))
            cure = nearest(name_or_path, builtin) or "; check the path"
            text = f"is neither a file nor a built-in station ({known}){cure}"
            raise StationFileError([str(Problem(name_or_path[:100], 0, "", "", text))])
    return path


def _read(name_or_path: str | Path) -> Draft:
    path = find_station(name_or_path)
    builtin = path.parent == STATIONS
    file = read_toml(path, path.name if builtin else str(name_or_path))
    draft = Draft(file=file, catalogue=packaged_catalogue())
    try:
        _collect(draft, file)
        for row in draft.all_rows():
            validate(draft, row)
        for check in (*checks.CHECKS, *campaign_checks.CHECKS):
            check(draft)
    except TooManyProblemsError:
        text = f"has more than {len(draft.problems)} problems; mend these first"
        draft.problems.append(Problem(file.name, 0, "", "", text))
    return draft


def _collect(draft: Draft, file: TomlFile) -> None:
    tables: dict[str, Any] = {}
    for key, value in file.tables.items():
        name = key.replace("-", "_")
        if name not in TABLES:
            brackets = f"[[{key[:60]}]]" if isinstance(value, list) else f"[{key[:60]}]"
            what = "is not a known table" if isinstance(value, list | dict) else "stands outside any table"
            cure = nearest(name, TABLES) or f"; known are {', '.join(TABLES)}"
            if not isinstance(value, list | dict):
                brackets, cure = key[:60], "; put it under [station] or the table that it belongs to"
            line = file.line(name) or file.line("", 0, name)
            draft.add(Problem(file.name, line, brackets, "", what + cure))
        elif name in tables:
            draft.add(
                Problem(
                    file.name,
                    file.line(name),
                    f"[[{name}]]",
                    "",
                    'is written with "-" and with "_"; keep one',
                )
            )
        else:
            tables[name] = value
    head = tables.get("station")
    if not isinstance(head, dict):
        text = (
            "is missing; add [station] with start and span"
            if head is None
            else "must be one table; write [station]"
        )
        draft.add(Problem(file.name, file.line("station"), "[station]", "", text))
        head = {}
    _collect_head(draft, head)
    _vary(draft)
    for kind in list(TABLES)[1:]:
        rows = tables.get(kind, [])
        if kind in SINGLE:
            if not isinstance(rows, dict) and rows:
                text = f"stands once; write [{kind}] with single brackets"
                draft.add(Problem(file.name, file.line(kind) or file.line("", 0, kind), kind, "", text))
            rows = [{"id": kind, **rows}] if isinstance(rows, dict) else []
        if isinstance(rows, dict):
            draft.add(
                Problem(
                    file.name, file.line(kind), f"[{kind}]", "", f"needs double brackets; write [[{kind}]]"
                )
            )
            rows = [rows]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            text = f"write [[{kind}]] on a line of its own, with the keys of one {kind} under it"
            draft.add(Problem(file.name, file.line(kind) or file.line("", 0, kind), kind, "", text))
            continue
        if len(rows) > MOST_TABLES:
            text = f"there are {len(rows)} of them; at most {MOST_TABLES} can be read, so divide the file"
            draft.add(Problem(file.name, file.line(kind), f"[[{kind}]]", "", text))
            continue
        for number, table in enumerate(rows):
            _put(draft, _row(draft, kind, number, table))
    for kind in ("ground_station", "launcher"):
        _collect_by_name(draft, kind)
    _give_sole_partner(draft)


def _collect_head(draft: Draft, table: dict[str, Any]) -> None:
    values = normal_keys(draft, "station", 0, table)
    row = Row("station", 0, {}, set(values))
    row.values = unwrap(draft, row, values)
    row.values.setdefault("id", _as_id(draft.file.path.stem))
    draft.rows["station"].append(row)
    names = row.values.get("catalogues", [])
    for number, name in enumerate(names if isinstance(names, list) else []):
        if not isinstance(name, str):
            continue
        try:
            draft.catalogue, problems = draft.catalogue.extended(read_toml(draft.folder / name, name))
        except StationFileError as error:
            for problem in error.problems:
                draft.report(row, f"catalogues[{number}]", problem)
            continue
        for found in problems:
            draft.add(found)


def _vary(draft: Draft) -> None:
    """Take over the tables of the station that the file varies; its own replace them later, key by key."""
    head = draft.rows["station"][0]
    name = head.values.get("from")
    if not isinstance(name, str):
        return
    builtin = STATIONS / f"{name}.toml"
    path = builtin if checks.is_packaged_name(name) and builtin.is_file() else draft.folder / name
    if not checks.is_file(path):
        known = [found.stem for found in STATIONS.glob("*.toml")]
        cure = nearest(name, known) or f"; give one of {', '.join(sorted(known))}, or a file beside this one"
        head.lost = True
        draft.report(head, "from", f"there is no station {show(name)} to vary{cure}")
        return
    file = read_toml(path, path.name)
    varied = file.tables.get("station")
    if isinstance(varied, dict) and "from" in varied:
        cure = f"give from = {show(varied['from'])} and the keys that differ"
        head.lost = True
        draft.report(head, "from", f"{show(name)} varies a station itself; {cure}")
        return
    base = Draft(file=file, catalogue=draft.catalogue)
    _collect(base, file)
    draft.problems.extend(base.problems)
    base.provenance |= {k: v for k, v in draft.provenance.items() if k.partition(".")[0] == "station"}
    draft.provenance = base.provenance
    for kind, rows in base.rows.items():
        for row in rows:
            row.origin = file
        if kind != "station":
            draft.rows[kind] = rows
    given = {key: value for key, value in base.rows["station"][0].values.items() if key != "id"}
    head.values = given | head.values


def _put(draft: Draft, row: Row) -> None:
    """Add a table, or lay it over the one of the same id in the station that the file varies."""
    for number, old in enumerate(draft.rows[row.kind]):
        if old.origin is not None and old.id == row.id and row.id:
            row.values = old.values | row.values
            row.entry = row.entry or old.entry
            row.lost = row.lost or old.lost
            draft.rows[row.kind][number] = row
            return
    draft.rows[row.kind].append(row)


def _as_id(stem: str) -> str:
    # a file may have any name; an id has letters, digits, "-" and "_"
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in stem)[:64].lstrip("-_")
    return plain or "station"


def _row(draft: Draft, kind: str, number: int, table: dict[str, Any]) -> Row:
    values = normal_keys(draft, kind, number, table)
    name = values.get("id")
    row = Row(
        kind,
        number,
        {"id": name["value"] if isinstance(name, dict) and "value" in name else name},
        set(values),
    )
    reference = REFERENCES.get(kind, "")
    base: dict[str, Any] = {}
    if reference in values:
        name = values[reference]
        try:
            row.entry = draft.catalogue.find("orbit" if kind == "orbiter" else kind, name)
        except LookupError as error:
            row.lost = True
            draft.report(row, reference, str(error.args[0]))
        else:
            if "id" not in values and kind != "orbiter":
                values["id"] = row.values["id"] = name
            own = set(values)
            entry = {
                k: v
                for k, v in row.entry.values.items()
                if k not in own or k in ("source", "confidence", "note")
            }
            drop = ("id", "name") if kind == "orbiter" else ("id",)
            base = unwrap(draft, row, {k: v for k, v in entry.items() if k not in drop})
    elif "id" not in values:
        row.values = {}
    row.values = {**base, **unwrap(draft, row, values)}
    return row


def _collect_by_name(draft: Draft, kind: str) -> None:
    head = draft.rows["station"][0]
    names = head.values.get(f"{kind}s", [])
    for number, name in enumerate(names if isinstance(names, list) else []):
        if not isinstance(name, str):
            continue
        try:
            entry = draft.catalogue.find(kind, name)
        except LookupError as error:
            draft.report(head, f"{kind}s[{number}]", str(error.args[0]))
            continue
        if any(row.origin is not None and row.id == name for row in draft.rows[kind]):
            continue
        row = Row(kind, len(draft.rows[kind]), {"id": name}, set(), entry, listed=f"{kind}s")
        row.values = {"id": name, **unwrap(draft, row, {k: v for k, v in entry.values.items() if k != "id"})}
        draft.rows[kind].append(row)


def _give_sole_partner(draft: Draft) -> None:
    partners = draft.ids("partner")
    if len(partners) == 1:
        for row in draft.rows["element"] + draft.rows["orbiter"]:
            row.values.setdefault("partner", partners[0])


def _station(draft: Draft) -> Station:
    head = draft.rows["station"][0].record
    assert isinstance(head, Head)
    return Station(
        id=head.id,
        name=head.name,
        description=head.description,
        start=head.start,
        span=head.span,
        reference=head.reference,
        partners=_records(draft, Partner),
        facilities=_records(draft, Facility),
        sites=[_with_paths(site, draft.folder) for site in _records(draft, SiteSpec)],
        outposts=_records(draft, Outpost),
        elements=_records(draft, Element),
        orbiters=[_with_ephemeris(orbiter, draft.folder) for orbiter in _records(draft, Orbiter)],
        ground_stations=_records(draft, GroundStationSpec),
        radios=[_with_pattern(radio, draft.folder) for radio in _records(draft, Radio)],
        missions=_records(draft, Mission),
        launchers=_records(draft, Launcher),
        requirements=_records(draft, Requirement),
        thermal_nodes=_records(draft, ThermalNode),
        thermal_links=_records(draft, ThermalLink),
        failures=_records(draft, Failure),
        functions=_records(draft, Function),
        uncertainties=_records(draft, Uncertainty),
        crew_visits=_records(draft, CrewVisit),
        demands=_records(draft, Demand),
        shares=_records(draft, AntennaShare),
        contributions=_records(draft, Contribution),
        entitlements=_records(draft, Entitlement),
        data_rights=_records(draft, DataRight),
        bars=_records(draft, Bar),
        campaign=next(iter(_records(draft, Campaign)), None),
        pads=_records(draft, Pad),
        landers=_records(draft, Lander),
        milestones=_records(draft, Milestone),
        crew_flights=_records(draft, CrewFlight),
        supplies=_records(draft, Supply),
        plants=_records(draft, Plant),
        budgets=_records(draft, YearBudget),
        path=draft.file.path,
        sha256=draft.file.sha256,
        provenance=draft.provenance,
    )


def _records(draft: Draft, model: type[_Part]) -> list[_Part]:
    return [row.record for row in draft.all_rows() if type(row.record) is model]


def _with_paths(site: SiteSpec, folder: Path) -> SiteSpec:
    # the files of a site stand beside the station file, wherever the study runs
    changes: dict[str, Any] = {}
    if site.terrain:
        changes["terrain"] = [
            name if is_product_name(name) else str((folder / name).absolute()) for name in site.terrain
        ]
    if site.horizon is not None and not checks.is_packaged_name(site.horizon):
        changes["horizon"] = str((folder / site.horizon).absolute())
    return site.model_copy(update=changes)


def _with_ephemeris(orbiter: Orbiter, folder: Path) -> Orbiter:
    if orbiter.ephemeris is None:
        return orbiter
    return orbiter.model_copy(update={"ephemeris": str((folder / orbiter.ephemeris).absolute())})


def _with_pattern(radio: Radio, folder: Path) -> Radio:
    if radio.pattern is None:
        return radio
    return radio.model_copy(update={"pattern": str((folder / radio.pattern).absolute())})
