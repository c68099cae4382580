"""`moonstation show`: the station as a tree."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from moonstation.cli.console import out
from moonstation.station.elements import Element
from moonstation.station.loading import load_station
from moonstation.station.model import Orbiter, SiteSpec, Station
from moonstation.station.outposts import Outpost


def command(
    station: Annotated[str, typer.Argument(help="A built-in station or a station file.")],
) -> int:
    """Show a station as a tree: partners, sites and elements, orbiters, ground stations, missions."""
    out.print(tree(load_station(station)))
    return 0


def tree(station: Station) -> Tree:
    """Build the tree of a station."""
    days = station.span / 86_400.0
    root = Tree(Text.assemble((station.name, "bold"), f"  {station.start.utc[:10]}, {days:g} d"))
    _branch(root, "Partners", [_line(partner.id, partner.name) for partner in station.partners])
    _branch(root, "Facilities", [_line(facility.id, facility.name) for facility in station.facilities])
    sites = [_site(station, site) for site in station.sites]
    _branch(root, "Sites and elements", sites)
    _branch(root, "Outposts and elements", [_outpost(station, outpost) for outpost in station.outposts])
    _branch(root, "Orbiters", [_orbiter(orbiter) for orbiter in station.orbiters])
    ground = [_line(antenna.id, antenna.name, antenna.network) for antenna in station.ground_stations]
    _branch(root, "Ground stations", ground)
    missions = [_line(mission.id, mission.name, mission.status or "") for mission in station.missions]
    _branch(root, "Missions", missions)
    asked = [_line(wanted.id, wanted.text or wanted.metric) for wanted in station.requirements]
    _branch(root, "Requirements", asked)
    return root


def _branch(root: Tree, title: str, leaves: Sequence[Text | Tree]) -> None:
    """Hang leaves on the tree under a title; nothing where there are none."""
    if not leaves:
        return
    branch = root.add(Text.assemble((title, "bold cyan"), (f" ({len(leaves)})", "dim")))
    for leaf in leaves:
        if isinstance(leaf, Tree):
            branch.children.append(leaf)
        else:
            branch.add(leaf)


def _site(station: Station, site: SiteSpec) -> Tree:
    place = f"{site.lat_deg:.4f}, {site.lon_deg:.4f} deg"
    horizon = "" if site.horizon is None else f", horizon {site.horizon}"
    branch = Tree(_line(site.id, site.name, place + horizon))
    for element in station.elements:
        if element.site == site.id:
            branch.add(_line(element.id, element.name, _numbers(element)))
    return branch


def _outpost(station: Station, outpost: Outpost) -> Tree:
    branch = Tree(_line(outpost.id, outpost.name, outpost.shape))
    for element in station.elements:
        if element.site == outpost.id:
            branch.add(_line(element.id, element.name, _numbers(element)))
    return branch


def _orbiter(orbiter: Orbiter) -> Text:
    return _line(orbiter.id, orbiter.name, orbiter.shape + (", relay" if orbiter.relay else ""))


def _line(name: str, text: str, extra: str = "") -> Text:
    told = f"  {text}" if text and text != name else ""
    return Text.assemble((name, "bold"), told, (f"  {extra}" if extra else "", "dim"))


def _numbers(element: Element) -> str:
    parts = [element.partner]
    for value, label in (
        (element.power, "source"),
        (element.array_power, "array"),
        (element.load_nominal, "load"),
    ):
        if value:
            parts.append(f"{label} {value:.0f} W" if value < 1e3 else f"{label} {value / 1e3:.4g} kW")
    if element.battery_capacity:
        parts.append(f"storage {element.battery_capacity / 3.6e6:.4g} kWh")
    return ", ".join(part for part in parts if part)
