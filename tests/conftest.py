"""Shared fixtures: where results of other systems lie, and what to do when they do not."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def _shared_folder(name: str) -> Path:
    folder = SHARED / name
    if folder.is_dir():
        return folder
    reason = f"no shared/{name} beside the checkout: comparison data is not shipped with the package"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; it must be there in continuous integration")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def truth() -> Path:
    """Folder with results of other systems and papers."""
    return _shared_folder("truth")


@pytest.fixture(scope="session")
def facts() -> Path:
    """Folder with facts for scenarios, with source and confidence."""
    return _shared_folder("facts")
