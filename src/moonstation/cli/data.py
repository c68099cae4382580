"""`moonstation data`: which file serves what, and NASA's products by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from moonstation.cli.console import err, out, shown_bar
from moonstation.errors import DataFileError
from moonstation.formats import download, products
from moonstation.study.sources import packaged_sources

app = typer.Typer(help="Which file serves what, and NASA's products by name.", invoke_without_command=True)

BAD = 2


@app.callback()
def _group(context: typer.Context) -> int:
    """List the data files in use, or list, get and verify NASA's products by name."""
    if context.invoked_subcommand is None:
        _list_packaged()
    return 0


def _list_packaged() -> None:
    for source in packaged_sources():
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in (
            ("serves", source.serves),
            ("version", source.version),
            ("resolution", source.resolution),
            ("limits", source.limits),
            ("SHA-256", source.sha256),
        ):
            if text:
                table.add_row(f"  {label}", text)
        out.print(f"[bold]{source.name}[/bold]")
        out.print(table)


@app.command(name="list")
def list_command() -> int:
    """List the data files in use and the products that 'get' fetches: size, resolution, and whether they are here."""
    _list_packaged()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("product", "size", "resolution", "here", "address", "what it is"):
        table.add_column(name, justify="right" if name == "size" else "left", no_wrap=name == "product")
    for product in products.products().values():
        sizes = [part.size for part in product.files]
        known = sum(size for size in sizes if size is not None)
        here = "yes" if products.cached_path(product) is not None else "no"
        sure = {"high": "sure", "medium": "likely"}.get(product.confidence, "own")
        table.add_row(
            product.id, _bytes(known) if known else "?", product.resolution, here, sure, product.title
        )
    out.print("[bold]Products by name[/bold]: 'moonstation data get NAME' fetches one into", end=" ")
    out.print(str(products.cache_folder()), markup=False, soft_wrap=True)
    out.print(table)
    return 0


@app.command(name="get")
def get_command(
    names: Annotated[
        list[str], typer.Argument(help="Names of products, as 'moonstation data list' gives them.")
    ],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder with files got by hand; what is not there is fetched."),
    ] = None,
) -> int:
    """Have products on this machine: found in the cache folder or a folder, else fetched; checked and recorded.

    A transfer that is stopped goes on where it stopped when the command is given again.
    """
    if source is not None and not source.is_dir():
        raise DataFileError(f"{source}: is no folder; name the one with the files after --from")
    wanted = [products.find_product(name) for name in names]
    for product in wanted:
        for part in product.files:
            with _transfer_bar(part.name) as report:
                path, how = products.get_file(part, source=source, progress=report)
            out.print(f"{path}: {how}", markup=False, soft_wrap=True)
        products.check_product(product)
    return 0


@app.command(name="verify")
def verify_command() -> int:
    """Check the SHA-256 of every file in the cache folder; exit status 2 when one is not as it was."""
    found = products.verify()
    for name, state in found:
        (out if state in products.GOOD else err).print(f"{name}: {state}", markup=False, soft_wrap=True)
    bad = sum(state not in products.GOOD for _, state in found)
    out.print(
        f"{len(found) - bad} of {len(found)} files in {products.cache_folder()} are right",
        markup=False,
        soft_wrap=True,
    )
    return BAD if bad else 0


@contextmanager
def _transfer_bar(name: str) -> Iterator[download.Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with shown_bar(*columns) as bar:
        task = bar.add_task(name, total=None)

        def report(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield report


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000.0
    return f"{size:.3g} GB"
