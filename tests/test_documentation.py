"""Examples of the documentation are run, and links between its pages lead somewhere."""

import re
from pathlib import Path

import pytest

from moonstation.station.loading import check_station

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize(
    "code",
    [
        code
        for page in (
            "docs/tutorial.md",
            "docs/windows.md",
            "docs/orbits.md",
            "docs/transfers.md",
            "docs/links.md",
            "docs/network.md",
            "docs/partners.md",
            "README.md",
        )
        for code in blocks(page, "python")
    ],
)
def test_python_examples_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "example", "exec"), {})


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_the_first_station_file_of_a_page_is_right(page: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(blocks(page, "toml")[0], encoding="utf-8")
    assert check_station(path) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not t.startswith(("http", "#"))]
    missing = [target for target in targets if not (page.parent / target.split("#")[0]).exists()]
    assert missing == []


def test_the_api_exports_what_it_says() -> None:
    import moonstation.api as api

    assert api.__all__ == sorted(api.__all__)
    assert [name for name in api.__all__ if not hasattr(api, name)] == []
    assert [name for name in api.__all__ if not getattr(api, name).__doc__] == []
