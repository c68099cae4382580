"""What must hold between the tables of a station file: one rule, one function.

Each function takes a draft and reports what breaks its rule; all of them run, so that one reading of a file
tells everything that is wrong with it.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from moonstation.errors import DataFileError
from moonstation.formats.products import is_product_name, terrain_file
from moonstation.station import agreement_checks, metrics
from moonstation.station.catalogues import DATA, nearest, packaged_launch_sites
from moonstation.station.crews import CrewVisit
from moonstation.station.draft import Draft, Row
from moonstation.station.faults import Failure, Function
from moonstation.station.model import Head
from moonstation.station.thermal import GROUND
from moonstation.station.units import show
from moonstation.station.vocabulary import LAST_YEAR

HORIZONS = DATA / "horizons"
LINKED = ("site", "orbiter", "ground_station")
"""Kinds whose ids name the ends of links, and so must differ from each other."""


def check_outposts_orbit(draft: Draft) -> None:
    """An outpost is no site as well, and one about the Moon has the orbit of an orbiter that is there."""
    known, sites = draft.ids("orbiter"), draft.ids("site")
    for row in draft.rows["outpost"]:
        orbiter = row.values.get("orbiter")
        if isinstance(orbiter, str) and orbiter not in known:
            cure = nearest(orbiter, known) or f"; there is {_some(known) or 'none'}"
            draft.report(row, "orbiter", f"there is no orbiter {show(orbiter)}{cure}")
        if row.id in sites:
            draft.report(row, "id", f"{show(row.id)} is a site already; give the outpost another id")


def check_something_to_study(draft: Draft) -> None:
    """A station has a site, an orbiter or an outpost, unless it varies one that was not found."""
    if draft.rows["station"][0].lost:
        return
    if not draft.rows["site"] and not draft.rows["orbiter"] and not draft.rows["outpost"]:
        row = draft.rows["station"][0]
        draft.report(row, "", "there is neither a site nor an orbiter; add [[site]] with id, lat and lon")


def check_span_within_years(draft: Draft) -> None:
    """The study ends within the years that can be computed."""
    row = draft.rows["station"][0]
    if isinstance(row.record, Head) and int((row.record.start + row.record.span).utc[:4]) > LAST_YEAR:
        draft.report(
            row, "span", f"the study ends after {LAST_YEAR}; give an earlier start or a shorter span"
        )


def check_ids_differ(draft: Draft) -> None:
    """Ids differ within a kind, and among the kinds that links name."""
    seen: dict[tuple[str, str], Row] = {}
    ends: dict[str, Row] = {}
    for row in draft.all_rows():
        if not row.id or row.kind == "station":
            continue
        first = seen.setdefault((row.kind, row.id), row)
        if first is not row:
            draft.report(
                row,
                "id",
                f"{show(row.id)} is already {_place(draft, first)}; give each {row.kind} its own id",
            )
            continue
        other = ends.setdefault(row.id, row) if row.kind in LINKED else row
        if other is not row:
            text = f"{show(row.id)} is already the {_place(draft, other)}; links need different ids"
            draft.report(row, "id", text)


def _place(draft: Draft, row: Row) -> str:
    line = draft.file.line(row.kind, row.number)
    return f"{row.kind} in line {line}" if line else f"{row.kind} number {row.number + 1}"


def check_names_lead_somewhere(draft: Draft) -> None:
    """Sites, partners, facilities and missions that a table names are there."""
    known = {key: dict.fromkeys(draft.ids(key)) for key in ("site", "partner", "facility", "mission")}
    places = known["site"] | dict.fromkeys(draft.ids("outpost"))
    for row in draft.all_rows():
        for key, words in known.items():
            names = places if key == "site" and row.kind == "element" else words
            name = row.values.get(key)
            if row.kind == "launcher" or not isinstance(name, str) or not name:
                continue
            if name not in names:
                cure = nearest(name, names) or f'; add [[{key}]] with id = "{name[:64]}"'
                draft.report(row, key, f"there is no {key} {show(name)}{cure}")


def check_elements_have_partners(draft: Draft) -> None:
    """With several partners, each element says whose it is."""
    known = draft.ids("partner")
    for row in draft.rows["element"]:
        if len(known) > 1 and not row.values.get("partner"):
            draft.report(row, "partner", f"is missing; name one of {_some(known)}")


def check_horizons_exist(draft: Draft) -> None:
    """Horizon tables and terrain files are there."""
    for row in draft.rows["site"]:
        horizon, terrain = row.values.get("horizon"), row.values.get("terrain")
        if isinstance(horizon, str):
            _check_horizon(draft, row, horizon)
        for number, name in enumerate(terrain if isinstance(terrain, list) else []):
            if isinstance(name, str):
                _check_terrain(draft, row, f"terrain[{number}]", name)


def check_ephemerides_exist(draft: Draft) -> None:
    """Ephemeris files of orbiters are there."""
    for row in draft.rows["orbiter"]:
        name = row.values.get("ephemeris")
        if isinstance(name, str) and not is_file(draft.folder / name):
            draft.report(row, "ephemeris", f"file {show(name)} does not exist; check the path")


def _check_terrain(draft: Draft, row: Row, key: str, name: str) -> None:
    if not is_product_name(name):
        if not is_file(draft.folder / name):
            draft.report(row, key, f"file {show(name)} does not exist; check the path")
        return
    try:
        terrain_file(name)
    except DataFileError as error:
        draft.report(row, key, str(error))


def _check_horizon(draft: Draft, row: Row, horizon: str) -> None:
    if not is_packaged_name(horizon):
        if not is_file(draft.folder / horizon):
            cure = "make it with 'moonstation site horizon', or leave the key out"
            draft.report(row, "horizon", f"file {show(horizon)} does not exist; {cure}")
        return
    known = packaged_horizons()
    if horizon not in known:
        cure = nearest(horizon, known) or '; a file needs its ending, as in "base.csv"'
        draft.report(
            row, "horizon", f"no packaged horizon {show(horizon)}, only {_some(known) or 'none'}{cure}"
        )


def is_packaged_name(horizon: str) -> bool:
    """Whether a horizon is named without folder or ending, as the packaged ones are."""
    return not Path(horizon).suffix and "/" not in horizon and "\\" not in horizon


def packaged_horizons() -> list[str]:
    """Names of the horizon tables that come with the package."""
    return sorted(path.stem for path in HORIZONS.glob("*.csv"))


def exists(path: Path) -> bool:
    """Whether anything is there, for any path that a user can write."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Whether a file is there, for any path that a user can write."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def check_radios_stand(draft: Draft) -> None:
    """Radios stand on something, their codes are known, and their files and partners are there."""
    known = dict.fromkeys(draft.ids("site", "element", "orbiter", "ground_station"))
    others = known | dict.fromkeys(draft.ids("radio"))
    for row in draft.rows["radio"]:
        on = row.values.get("on")
        if isinstance(on, str) and on not in known:
            cure = nearest(on, known) or "; name a site, an element, an orbiter or a ground station"
            draft.report(row, "on", f"there is no {show(on)} that it could stand on{cure}")
        for number, name in enumerate(_texts(row, "talks_to")):
            if name not in others:
                cure = nearest(name, others) or "; name an end or another radio"
                draft.report(row, f"talks_to[{number}]", f"there is no {show(name)} to talk to{cure}")
        pattern = row.values.get("pattern")
        if isinstance(pattern, str) and not is_file(draft.folder / pattern):
            draft.report(row, "pattern", f"file {show(pattern)} does not exist; check the path")


def _texts(row: Row, key: str) -> list[str]:
    value = row.values.get(key)
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def check_ground_stations_stand(draft: Draft) -> None:
    """No antenna that has been destroyed is counted on."""
    for row in draft.rows["ground_station"]:
        status = row.values.get("status")
        if isinstance(status, str) and status.startswith("destroyed"):
            cure = 'leave it out, or set status = "active" to study it as if it stood'
            draft.report(row, "status", f"{show(row.id)} is reported destroyed; {cure}")


def check_missions_can_fly(draft: Draft) -> None:
    """A mission whose flight is asked for leaves from a launch site of the catalogue, on a launcher of the station."""
    rockets = draft.ids("launcher")
    for row in draft.rows["mission"]:
        if "departs" not in row.values:
            continue
        place = row.values.get("launch_site")
        if isinstance(place, str) and place not in packaged_launch_sites():
            cure = nearest(place, packaged_launch_sites())
            known = _some(list(packaged_launch_sites()))
            draft.report(row, "launch_site", f"there is no launch site {show(place)}, only {known}{cure}")
        key = "rocket" if row.values.get("rocket") else "launcher"
        rocket = row.values.get(key)
        if not isinstance(rocket, str) or rocket not in rockets:
            cure = (
                nearest(rocket, rockets) or '; list one under [station], as in launchers = ["long_march_5"]'
            )
            text = f"the flight needs a launcher of the station by its id, and {show(rocket or '')} is none{cure}"
            draft.report(row, "rocket", text)


def check_faults_name_something(draft: Draft) -> None:
    """What fails, what repairs it, and what a function needs, are elements or orbiters of the station."""
    elements, orbiters = draft.ids("element"), draft.ids("orbiter")
    for row in draft.rows["failure"]:
        _check_part(draft, row, "element", row.values.get("element"), [*elements, *orbiters])
        _check_part(draft, row, "robot", row.values.get("robot"), elements)
    for row in draft.rows["uncertainty"]:
        _check_part(draft, row, "element", row.values.get("element"), elements)
    for row in draft.rows["element"]:
        _check_part(draft, row, "dust_cleaner", row.values.get("dust_cleaner"), elements)
    for row in draft.rows["function"] + draft.rows["crew_visit"]:
        if isinstance(row.record, Function | CrewVisit):
            for number, need in enumerate(row.record.demands):
                for name in need.of:
                    _check_part(draft, row, f"needs[{number}]", name, [*elements, *orbiters])


def _check_part(draft: Draft, row: Row, key: str, name: object, known: list[str]) -> None:
    if isinstance(name, str) and name and name not in known:
        cure = nearest(name, known) or f"; there is {_some(known) or 'none'}"
        draft.report(row, key, f"there is no element or orbiter {show(name)}{cure}")


def check_robots_do_not_wait_for_each_other(draft: Draft) -> None:
    """What repairs a thing does not need that thing to be repaired itself."""
    helpers: dict[str, tuple[str, Row]] = {}
    for row in draft.rows["failure"]:
        if isinstance(row.record, Failure) and row.record.robot:
            helpers[row.record.element] = (row.record.robot, row)
    for first, (robot, row) in helpers.items():
        chain = [first]
        while robot not in chain and robot in helpers:
            chain.append(robot)
            robot = helpers[robot][0]
        if robot == first:
            text = f"a cycle: {' needs '.join([*chain, first])} to be repaired; give one of them another robot or none"
            draft.report(row, "robot", text)


def check_crews_can_live(draft: Draft) -> None:
    """A crew lives on a power bus that something is on, and somebody brings what it uses."""
    rows = draft.rows["element"]
    buses = dict.fromkeys(str(row.values.get("bus", row.values.get("site"))) for row in rows)
    for row in draft.rows["crew_visit"]:
        visit = row.record
        if not isinstance(visit, CrewVisit):
            continue
        if visit.load > 0.0 and visit.bus not in buses:
            cure = nearest(visit.bus, buses) or f"; there is {_some(list(buses)) or 'none'}"
            draft.report(
                row, "bus", f"no element is on the bus {show(visit.bus)} that it takes power from{cure}"
            )
        for what in ("oxygen", "water", "food"):
            if getattr(visit, what) > 0.0 and not any(
                r.values.get("site") == visit.site and what in r.values for r in rows
            ):
                cure = f'give one of them {what} = "500 kg", or the crew {what} = "0 kg/d"'
                draft.report(row, what, f"no element at {show(visit.site)} brings any {what}; {cure}")


def check_requirements_name_something(draft: Draft) -> None:
    """The site, bus, orbiter or flown mission of a metric is there."""
    off = draft.ids("outpost")
    buses = [
        row.values.get("bus", row.values.get("site"))
        for row in draft.rows["element"]
        if row.values.get("site") not in off
    ]
    known = {
        "site": dict.fromkeys(draft.ids("site")),
        "mission": dict.fromkeys(row.id for row in draft.rows["mission"] if "departs" in row.values),
        "orbiter": dict.fromkeys(draft.ids("orbiter")),
        "bus": dict.fromkeys(bus for bus in buses if isinstance(bus, str)),
    }
    for row, named in _metrics(draft):
        kind = named.metric.kind
        if named.id not in known[kind]:
            cure = nearest(named.id, known[kind]) or f"; there is {_some(list(known[kind])) or 'none'}"
            what = "mission with departs" if kind == "mission" else kind
            draft.report(row, "metric", f"there is no {what} {show(named.id)}{cure}")


def check_requirements_can_be_judged(draft: Draft) -> None:
    """A link that a requirement asks for has another end."""
    relays = [row for row in draft.rows["orbiter"] if row.values.get("relay", False)]
    in_orbit = {row.id for row in draft.rows["mission"] if not row.values.get("site")}
    for row, named in _metrics(draft):
        if ".earth_link." in named.metric.pattern and not draft.rows["ground_station"]:
            cure = 'add ground_stations = ["jiamusi", "kashi"] under [station]'
            draft.report(row, "metric", f"there is no ground station to link to; {cure}")
        if ".relay_link." in named.metric.pattern and not relays:
            draft.report(row, "metric", "there is no relay to link to; add relay = true to an orbiter")
        if named.metric.pattern.endswith(".landing_sun") and named.id in in_orbit:
            draft.report(row, "metric", f"mission {show(named.id)} lands nowhere; give it a site")


def check_thermal_nodes_join(draft: Draft) -> None:
    """The element of a thermal node and both ends of a thermal link are there."""
    elements = dict.fromkeys(draft.ids("element"))
    nodes = dict.fromkeys([*draft.ids("thermal_node"), GROUND])
    sites = {row.id: row.values.get("site") for row in draft.rows["element"]}
    stands = {row.id: sites.get(str(row.values.get("element"))) for row in draft.rows["thermal_node"]}
    for row in draft.rows["thermal_node"]:
        name = row.values.get("element")
        if isinstance(name, str) and name not in elements:
            cure = nearest(name, elements) or f"; there is {_some(list(elements)) or 'none'}"
            draft.report(row, "element", f"there is no element {show(name)}{cure}")
        if row.id == GROUND:
            draft.report(row, "id", f'"{GROUND}" is what lies under every element; give another id')
    for row in draft.rows["thermal_link"]:
        for key in ("node", "to"):
            name = row.values.get(key)
            if isinstance(name, str) and name not in nodes:
                cure = nearest(name, nodes) or f"; there is {_some(list(nodes))}"
                draft.report(row, key, f"there is no thermal node {show(name)}{cure}")
        if row.values.get("node") == GROUND:
            draft.report(row, "node", f'"{GROUND}" goes under to; exchange the two')
        places = [stands.get(str(row.values.get(key))) for key in ("node", "to")]
        if None not in places and places[0] != places[1]:
            draft.report(
                row, "to", f"joins nodes at {show(places[0])} and {show(places[1])}; link nodes of one site"
            )


def check_demands_can_be_sent(draft: Draft) -> None:
    """A demand comes from a site or an orbiter, one from each, and there is a ground station to listen."""
    senders = dict.fromkeys([*draft.ids("site"), *draft.ids("orbiter")])
    seen: set[str] = set()
    for row in draft.rows["demand"]:
        sender = row.values.get("from")
        if not isinstance(sender, str):
            continue
        if sender not in senders:
            cure = nearest(sender, senders) or f"; there is {_some(list(senders)) or 'none'}"
            draft.report(row, "from", f"there is no site or orbiter {show(sender)}{cure}")
        if sender in seen:
            draft.report(row, "from", f"{show(sender)} has a demand already; put both into one")
        seen.add(sender)
        if not draft.rows["ground_station"]:
            cure = 'add ground_stations = ["jiamusi", "kashi"] under [station]'
            draft.report(row, "from", f"there is no ground station to listen; {cure}")


def check_shares_name_partners(draft: Draft) -> None:
    """Both sides of a share are partners of the station."""
    known = dict.fromkeys(draft.ids("partner"))
    for row in draft.rows["share"]:
        for key in ("giver", "getter"):
            name = row.values.get(key)
            if isinstance(name, str) and name not in known:
                cure = nearest(name, known) or f'; add [[partner]] with id = "{name[:64]}"'
                draft.report(row, key, f"there is no partner {show(name)}{cure}")


def _metrics(draft: Draft) -> Iterator[tuple[Row, metrics.NamedMetric]]:
    for row in draft.rows["requirement"]:
        metric = row.values.get("metric")
        if isinstance(metric, str):
            # a metric that does not exist has been reported with the record itself
            with contextlib.suppress(ValueError):
                yield row, metrics.parse(metric)


def _some(names: list[str], most: int = 12) -> str:
    text = ", ".join(name[:40] for name in names[:most])
    return f"{text} and {len(names) - most} more" if len(names) > most else text


CHECKS: tuple[Callable[[Draft], None], ...] = (
    check_something_to_study,
    check_outposts_orbit,
    check_span_within_years,
    check_ids_differ,
    check_names_lead_somewhere,
    check_elements_have_partners,
    check_horizons_exist,
    check_ephemerides_exist,
    check_radios_stand,
    check_ground_stations_stand,
    check_missions_can_fly,
    check_faults_name_something,
    check_robots_do_not_wait_for_each_other,
    check_crews_can_live,
    check_requirements_name_something,
    check_requirements_can_be_judged,
    check_thermal_nodes_join,
    check_demands_can_be_sent,
    check_shares_name_partners,
    agreement_checks.check_contributions,
    agreement_checks.check_agreements_name_partners,
    agreement_checks.check_data_rights,
    agreement_checks.check_data_shares_add_up,
    agreement_checks.check_bars,
)
