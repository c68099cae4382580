"""The made-up station of three partners."""

import pytest
from made_up_partners import trio


@pytest.fixture
def three(tmp_path):
    """Three partners that bring something and one that does not."""
    return trio(tmp_path)
