"""The longest dark spell of each power bus: the time that its stores and constant sources have to carry."""

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.design.budgets import DarkSpell
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Station
from moonstation.study.ground import Ground, site_grounds, terrain_notes
from moonstation.study.run import Progress, StudySpan
from moonstation.sunlight.light import site_light
from moonstation.sunlight.statistics import light_statistics


def dark_spells(
    station: Station, span: StudySpan, *, progress: Progress
) -> tuple[dict[str, DarkSpell], list[str]]:
    """Longest time in which none of a bus's arrays sees any of the Sun, and what limits these figures.

    A bus without arrays is judged at the height of its site. Where arrays face, how they age and how much of the disc
    they see is left to the study and the simulation.

    Parameters
    ----------
    station : Station
        As loaded.
    span : StudySpan
        Instants; spells are known to a step.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    MoonstationError
        If the terrain of a site cannot be used; says what and the cure.
    """
    progress("terrain and horizons", 0.0)
    grounds = site_grounds(station, progress=lambda share: progress("terrain and horizons", 0.5 * share))
    light: dict[str, dict[float, FloatArray]] = {}
    places = {bus: _places(station, bus) for bus in station.buses}
    wanted = {place for found in places.values() for place in found}
    for number, site in enumerate(sorted({site for site, _ in wanted})):
        progress("sunlight", 0.5 + 0.5 * number / len(grounds))
        light[site] = _light(grounds[site], span, sorted({h for name, h in wanted if name == site}))
    spells = {
        bus: _spell(span, [light[site][height] for site, height in found], max(h for _, h in found))
        for bus, found in places.items()
    }
    windowed = [site.id for site in station.sites if site.terrain]
    return spells, terrain_notes(grounds, windowed=windowed)


def _places(station: Station, bus: str) -> list[tuple[str, float]]:
    """Site and height of every array of a bus; of its first element's site where it has none."""
    members = [e for e in station.elements if e.bus == bus]
    arrays = [(e.site, e.array_height) for e in members if e.array_power]
    spec = next(site for site in station.sites if site.id == members[0].site)
    return arrays or [(spec.id, spec.height)]


def _light(ground: Ground, span: StudySpan, heights: list[float]) -> dict[float, FloatArray]:
    light = site_light(ground.site, span.et)
    return {height: light.sun_fraction(ground.horizon, height) for height in heights}


def _spell(span: StudySpan, fractions: list[FloatArray], height: float) -> DarkSpell:
    found = light_statistics(span.et, np.max(fractions, axis=0))
    begins = found.longest_dark_start
    return DarkSpell(
        length=found.longest_dark,
        start=Epoch.from_tdb_s(begins).utc if np.isfinite(begins) else "",
        clipped=found.longest_dark_clipped,
        height=height,
    )
