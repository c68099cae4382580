"""The parts of the page that are words and tables: what the station is, what was assumed, where the data come from."""

from collections.abc import Callable, Sequence
from typing import Any

from moonstation.formats.provenance import DataSource
from moonstation.report.inputs import Result, SkyResult, bus_name, metric, name_of, parts
from moonstation.report.tables import Html, Table, escaped, folded
from moonstation.report.wording import (
    count,
    degrees,
    duration,
    energy,
    latitude,
    longitude,
    number,
    power,
    rate,
    resolution,
    share,
    volume,
)

Worst = tuple[str, str, Callable[[float], str], Callable[[Sequence[float]], float], str]

KEY_NUMBERS: tuple[Worst, ...] = (
    ("sun.average", "Sun seen", share, min, "site"),
    ("sun.longest_dark", "Longest dark spell", duration, max, "site"),
    ("reserve.lowest", "Lowest charge", share, min, "bus"),
    ("link.share", "Earth in reach", share, min, "site"),
    ("link.longest_gap", "Longest out of reach", duration, max, "site"),
    ("delivered", "Data delivered", share, min, "data"),
)
"""Figures at the top: end of the metric's name, title, words, which of several is worst, first part."""


def key_numbers(result: Result) -> str:
    """The few figures that say most, each at the place where it is worst."""
    tiles = []
    if result.verdicts:
        met = sum(v.verdict == "met" for v in result.verdicts)
        tiles.append((f"{met} of {len(result.verdicts)}", "Requirements met", ""))
    for ending, title, words, worst, first in KEY_NUMBERS:
        found = {}
        for name in result.metrics:
            start, _, rest = name.partition(".")
            place, _, end = rest.partition(".")
            value = metric(result, name)
            if start == first and end == ending and value is not None:
                found[place] = value
        if not found:
            continue
        value = worst(list(found.values()))
        place = next(key for key, v in found.items() if v == value)
        where = bus_name(result.station, place)
        if len(found) > 1:
            same = len({words(v) for v in found.values()}) == 1
            where = f"the same at all {len(found)}" if same else f"{where}, worst of {len(found)}"
        tiles.append((words(value), title, where))
    return "".join(
        f"<li><b>{escaped(value)}</b><span>{escaped(title)}</span><small>{escaped(where)}</small></li>"
        for value, title, where in tiles
    )


KINDS = (
    ("partners", "partner", "partners"),
    ("facilities", "facility", "facilities"),
    ("sites", "site", "sites"),
    ("elements", "element", "elements"),
    ("orbiters", "orbiter", "orbiters"),
    ("ground_stations", "ground station", "ground stations"),
    ("missions", "mission", "missions"),
)
"""Tables of a station, with the words for one and for many."""


def what_and_where(result: Result) -> str:
    """Sites, elements, orbiters, ground stations, missions, facilities and partners as tables."""
    station = result.station
    partner_names = {p.id: name_of(p) for p in parts(station, "partners")}
    facility_names = {f.id: name_of(f) for f in parts(station, "facilities")}
    there = [count(len(parts(station, k)), one, many) for k, one, many in KINDS if parts(station, k)]
    sentence = f"The station file holds {', '.join(there)}." if there else "The station file names no parts."
    intro = f"<p>{escaped(sentence)}</p>"
    tables = [
        _titled("Sites", _sites(result)),
        _titled("Elements", _elements(station, partner_names, facility_names)),
        _titled("Orbiters", _orbiters(station, partner_names)),
        folded(
            f"Ground stations ({len(parts(station, 'ground_stations'))})",
            _ground_stations(station, partner_names),
        ),
        folded(f"Facilities ({len(parts(station, 'facilities'))})", _facilities(station)),
        folded(f"Missions ({len(parts(station, 'missions'))})", _missions(station, partner_names)),
        folded(f"Launchers ({len(parts(station, 'launchers'))})", _launchers(station)),
        folded(f"Partners ({len(parts(station, 'partners'))})", _partners(station)),
    ]
    return intro + "".join(tables)


def _titled(title: str, table: str) -> str:
    return f"<h3>{escaped(title)}</h3>{table}" if table else ""


def _text(part: Any, name: str) -> str:
    value = getattr(part, name, None)
    return "–" if value in (None, "") else str(value)


def _sites(result: Result) -> str:
    rows = []
    for site in parts(result.station, "sites"):
        horizon = result.horizons.get(site.id)
        ground = horizon.site.ground_m if horizon is not None else getattr(site, "ground", None)
        terrain: object = "–"
        if horizon is not None:
            terrain = horizon.terrain
            if horizon.indicative:
                terrain = Html(f'{escaped(terrain)} <span class="limit">indicative</span>')
        rows.append(
            [
                name_of(site),
                f"{latitude(site.lat_deg)}, {longitude(site.lon_deg)}",
                "–" if ground is None else f"{number(float(ground), 4)} m",
                f"{number(float(getattr(site, 'height', 2.0)))} m",
                terrain,
            ]
        )
    heads = (
        "site",
        "place (mean-Earth frame)",
        "ground over 1737.4 km",
        "height of figures",
        "terrain horizon",
    )
    return Table(heads, rows, numeric=(2, 3), stacks=True).html()


def _elements(station: Any, partners: dict[str, str], facilities: dict[str, str]) -> str:
    """A table for each site."""
    heads = ("element", "kind", "partner", "facility", "mass", "load", "gives or stores", "arrives")
    elements = parts(station, "elements")
    tables = []
    for site in parts(station, "sites"):
        here = [e for e in elements if e.site == site.id]
        rows = [_element(e, partners, facilities) for e in here]
        title = f"{name_of(site)}: {count(len(here), 'element')}"
        tables.append(f"<h4>{escaped(title)}</h4>" + Table(heads, rows, numeric=(4, 5), stacks=True).html())
    return "".join(tables) if elements else ""


def _element(e: Any, partners: dict[str, str], facilities: dict[str, str]) -> list[object]:
    load, mass = getattr(e, "load_nominal", 0.0), getattr(e, "mass", 0.0)
    facility, arrives = getattr(e, "facility", None), getattr(e, "arrives", None)
    return [
        name_of(e),
        str(getattr(e, "kind", "") or "–").replace("_", " ").replace("-", " "),
        partners.get(e.partner, e.partner) or "–",
        facilities.get(facility, facility) if facility else "–",
        f"{number(mass)} kg" if mass else "–",
        power(load) if load else "–",
        _supply(e),
        Html(f'<span class="whole">{escaped(str(arrives)[:10])}</span>') if arrives else "from the start",
    ]


def _supply(element: Any) -> str:
    pieces = []
    if getattr(element, "power", 0.0):
        kind = getattr(element, "power_kind", None)
        pieces.append(power(element.power) + (f" {kind}" if kind else ""))
    if getattr(element, "array_power", 0.0):
        pieces.append(f"{power(element.array_power)} array, {getattr(element, 'array_pointing', 'tracking')}")
    elif getattr(element, "array_area", None):
        pieces.append(
            f"{number(element.array_area)} m² array, {getattr(element, 'array_pointing', 'tracking')}"
        )
    if getattr(element, "battery_capacity", 0.0):
        pieces.append(f"{energy(element.battery_capacity)} store")
    if getattr(element, "data_storage", 0.0):
        pieces.append(f"{volume(element.data_storage)} memory")
    return "; ".join(pieces) or "–"


def _orbiters(station: Any, partners: dict[str, str]) -> str:
    rows = []
    for o in parts(station, "orbiters"):
        low, high, tilt = o.periapsis_altitude, o.apoapsis_altitude, o.inclination
        height = o.shape if low is None else f"{number(low / 1000.0)} × {number(high / 1000.0)} km"
        sends = rate(o.earth_rate) if getattr(o, "earth_rate", 0.0) else "–"
        takes = rate(o.relay_rate) if getattr(o, "relay_rate", 0.0) else "–"
        inclination = "–" if tilt is None else degrees(tilt * 57.29577951308232)
        partner = getattr(o, "partner", "")
        rows.append(
            [
                name_of(o),
                partners.get(partner, partner) or "–",
                "yes" if o.relay else "no",
                height,
                inclination,
                takes,
                sends,
            ]
        )
    heads = (
        "orbiter",
        "partner",
        "relay",
        "altitude at start, or orbit",
        "inclination",
        "takes from sites",
        "sends to Earth",
    )
    return Table(heads, rows, numeric=(3, 4, 5, 6), stacks=True).html()


def _ground_stations(station: Any, partners: dict[str, str]) -> str:
    rows = []
    for g in parts(station, "ground_stations"):
        partner = getattr(g, "partner", "")
        place = f"{latitude(g.lat_deg)}, {longitude(g.lon_deg)}"
        mask = degrees(float(getattr(g, "mask_deg", 10.0)))
        rows.append(
            [
                name_of(g),
                _text(g, "network"),
                partners.get(partner, partner) or "–",
                place,
                mask,
                _text(g, "status"),
            ]
        )
    heads = ("ground station", "network", "partner", "place (WGS 84)", "lowest elevation", "status")
    return Table(heads, rows, numeric=(4,), stacks=True).html()


def _facilities(station: Any) -> str:
    return Table(
        ("facility", "role"), [[name_of(f), _text(f, "role")] for f in parts(station, "facilities")]
    ).html()


def _missions(station: Any, partners: dict[str, str]) -> str:
    rows = []
    for m in parts(station, "missions"):
        partner = getattr(m, "partner", "")
        rows.append(
            [
                name_of(m),
                partners.get(partner, partner) or "–",
                _text(m, "launch"),
                _text(m, "launcher"),
                _text(m, "status"),
                _text(m, "content"),
            ]
        )
    return Table(("mission", "partner", "launch", "launcher", "status", "brings"), rows, stacks=True).html()


def _launchers(station: Any) -> str:
    rows = []
    for launcher in parts(station, "launchers"):
        tli = getattr(launcher, "tli", None)
        rows.append(
            [
                name_of(launcher),
                _text(launcher, "country"),
                "–" if tli is None else f"{number(tli / 1000.0)} t",
                _text(launcher, "status"),
            ]
        )
    return Table(
        ("launcher", "country", "to the Moon (TLI)", "status"), rows, numeric=(2,), stacks=True
    ).html()


def _partners(station: Any) -> str:
    rows = [
        [name_of(p), _text(p, "kind"), _text(p, "joined"), _text(p, "role")]
        for p in parts(station, "partners")
    ]
    return Table(("partner", "kind", "joined", "contributes"), rows, stacks=True).html()


ASSIGNED = frozenset({"partner", "mission", "facility", "site", "bus"})
"""Keys that say where a part belongs: no figure rests on them."""


def assumptions(result: Result) -> str:
    """Every value that the station file marks as an assumption, folded away."""
    listed = [
        (key, found)
        for key, found in (result.station.assumptions() if hasattr(result.station, "assumptions") else [])
        if key.rsplit(".", 1)[-1] not in ASSIGNED
    ]
    rows = [
        [Html(f"<code>{escaped(key)}</code>"), p.text, p.source or "–", p.note or "–"] for key, p in listed
    ]
    if not rows:
        return ""
    table = Table(("value", "as written", "source", "reason"), rows, stacks=True).html()
    words = "One value is" if len(rows) == 1 else f"{len(rows)} values are"
    intro = (
        f"<p>{words} marked as assumption in the station file: not published for this station, so the figures that "
        f"rest on {'it' if len(rows) == 1 else 'them'} are as good as the judgement told beside.</p>"
    )
    return intro + folded(f"Show {count(len(rows), 'assumption')}", table)


def sources(result: SkyResult) -> str:
    """Data files with version, resolution and hash, and what each cannot carry."""
    return source_table(result.sources) + _horizons(result)


def source_table(files: Sequence[DataSource]) -> str:
    """Data files as a table."""
    rows = []
    for s in files:
        digest = (
            Html(f'<code title="{escaped(s.sha256)}">{escaped(s.sha256[:12])}</code>') if s.sha256 else "–"
        )
        rows.append([s.name, s.serves or "–", s.version or "–", s.resolution or "–", digest, s.limits or "–"])
    heads = ("file", "serves", "version", "resolution", "SHA-256 (start)", "limits")
    return Table(heads, rows, stacks=True).html()


def _horizons(result: SkyResult) -> str:
    names = {site.id: name_of(site) for site in parts(result.station, "sites")}
    rows = []
    for key, h in result.horizons.items():
        fine = resolution(float(h.resolution_m)) if h.resolution_m == h.resolution_m else "not known"
        heights = ", ".join(number(float(height)) for height in h.heights)
        rows.append(
            [
                names.get(key, key),
                h.terrain,
                fine,
                f"{heights} m",
                "indicative" if h.indicative else "carries the figures",
            ]
        )
    table = Table(
        ("horizon of", "made from", "resolution at the site", "heights", "use"), rows, stacks=True
    ).html()
    return _titled("Terrain horizons used", table)


def software(result: SkyResult) -> str:
    """Versions and the station file's hash; no wall-clock times, so that a study repeated gives the same page."""
    station = result.station
    rows: list[list[object]] = [[name, version] for name, version in result.software.items()]
    path = getattr(station, "path", None)
    if getattr(station, "sha256", ""):
        name = path.name if path is not None else getattr(station, "id", "")
        rows.append(
            [
                f"station file {name}",
                Html(
                    f'<code title="{escaped(station.sha256)}">SHA-256 {escaped(station.sha256[:12])}</code>'
                ),
            ]
        )
    return Table(("software", "version"), rows).html() if rows else ""


DEFINITIONS = (
    (
        "Share of the Sun",
        "Part of the solar disc above the terrain horizon and outside the Earth’s shadow; 100 % when the whole disc is "
        "seen. Averages are over time.",
    ),
    ("Dark spell", "Unbroken time in which none of the disc is seen. Any light ends it."),
    (
        "Elevation and azimuth",
        "Apparent (light time, aberration), above the local horizontal of the 1737.4 km sphere; azimuth clockwise from "
        "north, which points away from the south pole.",
    ),
    (
        "Contact",
        "Both ends see each other: over the terrain horizon at the site, over the station’s lowest elevation on the "
        "Earth, not behind the Moon. Edges are found to a second, not by the step.",
    ),
    ("Gap", "Unbroken time without contact, counted from the start and to the end of the span."),
    (
        "State of charge",
        "Energy in all stores of a bus over their capacity. The reserve is never used: loads go unserved first.",
    ),
    ("Worst spell", "From the last full charge before the lowest charge to the first full charge after it."),
    ("Backlog", "Age of the oldest data that have not been sent."),
    (
        "Margin",
        "Distance of a value from its limit, positive on the good side; of shares in percentage points.",
    ),
    (
        "Indicative",
        "Drawn from terrain coarser than 500 m at the site. Near the pole the packaged global grid (3.8 km) overstates "
        "sunlight by about 10 points on average.",
    ),
)


def definitions(terms: Sequence[str] = ()) -> str:
    """How the figures of the page are defined; only some terms where they are named."""
    return (
        "<dl>"
        + "".join(
            f"<dt>{escaped(term)}</dt><dd>{escaped(words)}</dd>"
            for term, words in DEFINITIONS
            if not terms or term in terms
        )
        + "</dl>"
    )
