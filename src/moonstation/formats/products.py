"""NASA's products by name: the catalogue of them, and the folder on this machine that holds what was fetched.

The folder is MOONSTATION_DATA, else XDG_CACHE_HOME/moonstation, else ~/.cache/moonstation. SHA-256 sums stand in it as
SHA256SUMS, which `sha256sum -c` reads. A `products.toml` in it adds products of one's own.
"""

import difflib
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from moonstation.errors import DataFileError
from moonstation.formats.download import Progress, TransferError, download
from moonstation.formats.drafts import discard, draft_folder, place, replace_file
from moonstation.formats.pds3 import find_label, read_label
from moonstation.formats.provenance import file_sha256

CATALOGUE = Path(str(files("moonstation") / "data" / "catalogues" / "products.toml"))
SUMS = "SHA256SUMS"

GOOD = ("ok", "recorded")
"""What `verify` finds of files that are as they should be."""


@dataclass(frozen=True)
class ProductFile:
    """A file of a product: its name, where it can be had, and what is known of it."""

    name: str
    urls: tuple[str, ...]
    size: int | None
    sha256: str | None


@dataclass(frozen=True)
class StatedError:
    """Error of the heights of a product as the catalogue states it, where it comes from and how sure it is."""

    value: str
    source: str
    confidence: str


@dataclass(frozen=True)
class Product:
    """A product of an archive; the first of its files is the one to open."""

    id: str
    title: str
    kind: str
    resolution: str
    confidence: str
    files: tuple[ProductFile, ...]
    height_error: StatedError | None = None


def cache_folder() -> Path:
    """Folder that holds what was fetched; it need not exist yet."""
    own = os.environ.get("MOONSTATION_DATA")
    if own:
        return Path(own).expanduser().absolute()
    shared = os.environ.get("XDG_CACHE_HOME")
    # relative paths are to be ignored (XDG Base Directory Specification)
    base = Path(shared) if shared and Path(shared).is_absolute() else Path.home() / ".cache"
    return base / "moonstation"


def products() -> dict[str, Product]:
    """Every product that is known by name, packaged ones and one's own.

    Raises
    ------
    DataFileError
        If one's own catalogue cannot be read.
    """
    known = _read_catalogue(CATALOGUE)
    own = cache_folder() / "products.toml"
    return known | _read_catalogue(own) if own.is_file() else known


def _read_catalogue(path: Path) -> dict[str, Product]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _product(name, table) for name, table in tables.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise DataFileError(
            f"{path}: cannot be read as a catalogue of products ({reason}); each is a table with title, kind and "
            'files = [{ name = "...", urls = ["https://..."] }]'
        ) from error


def _product(name: str, table: dict[str, Any]) -> Product:
    parts = []
    for part in table["files"]:
        if Path(part["name"]).name != part["name"] or part["name"] in {"", ".", ".."}:
            raise ValueError(f"{part['name']!r} is no plain file name")
        size, digest = part.get("size"), part.get("sha256")
        if digest is not None and not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise ValueError(f"sha256 of {part['name']} is not 64 hexadecimal digits")
        parts.append(
            ProductFile(part["name"], tuple(part["urls"]), size if size is None else int(size), digest)
        )
    if not parts:
        raise ValueError(f"{name} has no files")
    return Product(
        name,
        table["title"],
        table["kind"],
        table.get("resolution", ""),
        table.get("confidence", ""),
        tuple(parts),
        StatedError(**table["height_error"]) if "height_error" in table else None,
    )


def find_product(name: str) -> Product:
    """Look a product up.

    Raises
    ------
    DataFileError
        If there is none; names the nearest ones.
    """
    known = products()
    if name.lower() in known:
        return known[name.lower()]
    near = difflib.get_close_matches(name.lower(), known, n=3)
    cure = f"did you mean {' or '.join(near)}?" if near else "see 'moonstation data list'"
    raise DataFileError(f"{name[:80]!r} is no product that is known by name; {cure}")


def is_product_name(name: str) -> bool:
    """Whether terrain is named as a product is: without folder or ending."""
    return bool(name) and not Path(name).suffix and "/" not in name and "\\" not in name


def cached_path(product: Product) -> Path | None:
    """Return the file of a product to open; None unless all of its files are in the cache folder."""
    folder = cache_folder()
    places = [_in_folder(folder, part.name) for part in product.files]
    return places[0] if all(places) else None


def resolve_terrain(names: Sequence[str | Path]) -> list[Path]:
    """Files behind the terrain of a site: paths as they are, names of products as files of the cache folder.

    Raises
    ------
    DataFileError
        If a product is not known, or not in the cache folder; says how to get it.
    """
    return [terrain_file(str(name)) if is_product_name(str(name)) else Path(name) for name in names]


def terrain_file(name: str) -> Path:
    """Return the file of a product of terrain in the cache folder; errors as `resolve_terrain`."""
    product = find_product(name)
    if product.kind != "terrain":
        raise DataFileError(f"{product.id}: is no terrain but {product.kind}; see 'moonstation data list'")
    path = cached_path(product)
    if path is None:
        raise DataFileError(
            f"{product.id}: is not on this machine; get it with 'moonstation data get {product.id}', or put "
            f"{' and '.join(part.name for part in product.files)} into {cache_folder()}"
        )
    return path


def get_file(
    part: ProductFile, *, source: Path | None = None, progress: Progress | None = None
) -> tuple[Path, str]:
    """Have a file in the cache folder: there already, from a folder, or from its archive; checked and recorded.

    Parameters
    ----------
    source : Path, optional
        Folder that is searched before the archive is asked.
    progress : callable, optional
        Takes bytes that are there and all of them.

    Returns
    -------
    tuple of (Path, str)
        The file, and how it came: "already there", "recorded", "copied" or "fetched".

    Raises
    ------
    DataFileError
        If the file cannot be had, or is not the one that is pinned or recorded.
    """
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    there = _in_folder(folder, part.name)
    if there is not None:
        known = there.name in recorded()
        _check_file(part, there)
        if not known:
            record(there.name, file_sha256(there))
        return there, "already there" if known else "recorded"
    target = folder / part.name
    given = _in_folder(source, part.name) if source is not None else None
    if given is not None:
        _copy(part, given, target)
        return target, "copied"
    digest = _fetch(part, target, progress)
    record(part.name, digest)
    return target, "fetched"


def _copy(part: ProductFile, given: Path, target: Path) -> None:
    draft = draft_folder(target)
    try:
        copy = draft / part.name
        shutil.copyfile(given, copy)
        _check_file(part, copy, given)
        digest = file_sha256(copy)
        place(copy, target)
    finally:
        discard(draft)
    record(part.name, digest)


def _fetch(part: ProductFile, target: Path, progress: Progress | None) -> str:
    reasons = []
    for url in part.urls:
        try:
            return download(url, target, size=part.size, sha256=part.sha256, progress=progress)
        except TransferError as error:
            reasons.append(f"{url} ({error})")
    kept = target.with_name(f"{target.name}.part")
    again = f"run the command again to go on at {kept.stat().st_size} bytes, or " if kept.is_file() else ""
    raise DataFileError(
        f"{part.name}: could not be fetched from {' nor '.join(reasons)}; {again}get it by hand and put it into "
        f"{target.parent}, or name its folder with --from"
    )


def _check_file(part: ProductFile, path: Path, said: Path | None = None) -> None:
    said = said or path
    size = path.stat().st_size
    if part.size is not None and size != part.size:
        raise DataFileError(
            f"{said}: has {size} bytes where {part.size} are expected; delete it and get it again"
        )
    wanted = part.sha256 or recorded().get(path.name)
    if wanted is not None and file_sha256(path) != wanted:
        raise DataFileError(
            f"{said}: has another SHA-256 than is {'pinned' if part.sha256 else 'recorded'} ({wanted[:16]}...); delete "
            f"it{'' if part.sha256 else f' and its line in {SUMS}'} and get it again"
        )


def check_product(product: Product) -> None:
    """Check that label and image of a product belong together, as far as their contents tell.

    Raises
    ------
    DataFileError
        If they do not.
    """
    path = cached_path(product)
    label = find_label(path) if path is not None else None
    if label is not None:
        read_label(label)


def recorded() -> dict[str, str]:
    """SHA-256 sums that were recorded at first use, by file name."""
    path = cache_folder() / SUMS
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    lines = (re.fullmatch(r"([0-9a-f]{64}) [ *](\S.*)", line) for line in text.splitlines())
    return {line[2]: line[1] for line in lines if line}


def record(name: str, digest: str) -> None:
    """Note the SHA-256 of a file of the cache folder."""
    sums = recorded() | {name: digest}
    replace_file(cache_folder() / SUMS, "".join(f"{sums[key]}  {key}\n" for key in sorted(sums)))


def verify(progress: Callable[[str], None] | None = None) -> list[tuple[str, str]]:
    """Check every file of the cache folder that a product names or that is recorded.

    Returns
    -------
    list of (str, str)
        File name and what was found: "ok", "recorded" (at this first use), or what is wrong with it.
    """
    folder = cache_folder()
    parts = {part.name.lower(): part for product in products().values() for part in product.files}
    there = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    found = []
    for name in sorted(set(recorded()) | {name for name in there if name.lower() in parts}):
        if progress is not None:
            progress(name)
        if name not in there:
            found.append((name, f"is recorded but gone; get it again, or delete its line in {SUMS}"))
            continue
        part = parts.get(name.lower(), ProductFile(name, (), None, None))
        known = name in recorded()
        try:
            _check_file(part, folder / name)
        except DataFileError as error:
            found.append((name, str(error).split(": ", 1)[1]))
            continue
        if not known:
            record(name, file_sha256(folder / name))
        found.append((name, "ok" if known else "recorded"))
    return found


def _in_folder(folder: Path, name: str) -> Path | None:
    """Find a file by its name, in any case: the archives differ in theirs."""
    if (folder / name).is_file():
        return folder / name
    if not folder.is_dir():
        return None
    return next((p for p in sorted(folder.iterdir()) if p.name.lower() == name.lower() and p.is_file()), None)
