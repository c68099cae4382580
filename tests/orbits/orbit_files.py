"""An orbit and messages about it, for tests of what reads them."""

import numpy as np

from moonstation.formats.oem import tdb_text
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.propagation import Trajectory, propagate
from moonstation.spacetime.epochs import Epoch

EPOCH = Epoch.parse("2035-01-01T00:00:00 TDB")


def flown(
    days: float = 1.0, *, low_km: float = 100.0, high_km: float = 500.0, name: str = "craft"
) -> Trajectory:
    elements = Elements.from_altitudes(low_km * 1e3, high_km * 1e3, inclination=np.radians(70.0))
    state = elements_to_state(elements, axes="ME", epoch=EPOCH)
    return propagate(state, epoch=EPOCH, duration=days * 86_400.0, degree=10, name=name)


def oem_text(
    times: list[str],
    states_km: np.ndarray,
    *,
    frame: str = "ICRF",
    centre: str = "MOON",
    system: str = "TDB",
    more: str = "",
    name: str = "CRAFT",
    head: bool = True,
) -> str:
    rows = [
        " ".join([time, *(f"{value:.12f}" for value in state)])
        for time, state in zip(times, states_km, strict=True)
    ]
    first = (
        ["CCSDS_OEM_VERS = 2.0", "CREATION_DATE = 2035-01-01T00:00:00", "ORIGINATOR = TEST"] if head else []
    )
    meta = [
        "META_START",
        f"OBJECT_NAME = {name}",
        "OBJECT_ID = 2035-001A",
        f"CENTER_NAME = {centre}",
        f"REF_FRAME = {frame}",
        f"TIME_SYSTEM = {system}",
        f"START_TIME = {times[0]}",
        f"STOP_TIME = {times[-1]}",
        *more.splitlines(),
        "META_STOP",
    ]
    return "\n".join([*first, *meta, *rows, ""])


def message(trajectory: Trajectory, step: float = 60.0, **more: str) -> str:
    et = np.arange(trajectory.et[0], trajectory.et[-1], step)
    return oem_text(tdb_text(et), trajectory.state_icrf(et) / 1e3, **more)
