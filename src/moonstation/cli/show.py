"""`moonstation show`: the station as a tree."""

from typing import Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from moonstation.cli.console import out
from moonstation.station.loading import load_station
from moonstation.station.model import Element, Station


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
    partners = _branch(root, "Partners", len(station.partners))
    for partner in station.partners:
        partners.add(_line(partner.id, partner.name))
    facilities = _branch(root, "Facilities", len(station.facilities))
    for facility in station.facilities:
        facilities.add(_line(facility.id, facility.name))
    sites = _branch(root, "Sites and elements", len(station.sites))
    for site in station.sites:
        place = f"{site.name}  {site.lat_deg:.4f}, {site.lon_deg:.4f} deg"
        branch = sites.add(_line(site.id, place, "" if site.horizon is None else f"horizon {site.horizon}"))
        for element in (e for e in station.elements if e.site == site.id):
            branch.add(_line(element.id, element.name, _numbers(element)))
    orbiters = _branch(root, "Orbiters", len(station.orbiters))
    for orbiter in station.orbiters:
        shape = f"{orbiter.periapsis_altitude / 1e3:g} x {orbiter.apoapsis_altitude / 1e3:g} km"
        orbiters.add(_line(orbiter.id, orbiter.name, shape + (", relay" if orbiter.relay else "")))
    ground = _branch(root, "Ground stations", len(station.ground_stations))
    for antenna in station.ground_stations:
        ground.add(_line(antenna.id, antenna.name, antenna.network))
    missions = _branch(root, "Missions", len(station.missions))
    for mission in station.missions:
        missions.add(_line(mission.id, mission.name, mission.status or ""))
    requirements = _branch(root, "Requirements", len(station.requirements))
    for requirement in station.requirements:
        requirements.add(_line(requirement.id, requirement.text or requirement.metric))
    return root


def _branch(root: Tree, title: str, count: int) -> Tree:
    return root.add(Text.assemble((title, "bold cyan"), (f" ({count})", "dim")))


def _line(name: str, text: str, extra: str = "") -> Text:
    return Text.assemble((name, "bold"), "  ", text, (f"  {extra}" if extra else "", "dim"))


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
