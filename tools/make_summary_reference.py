"""Write docs/summary.md from the schema of summary.json."""

from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from moonstation.study.summary import Summary

PAGE = Path(__file__).parents[1] / "docs" / "summary.md"
HEAD = """# summary.json

What `moonstation study` writes for programs. UTF-8 JSON; numbers are finite, what has no meaning is `null`. Written by
`tools/make_summary_reference.py` from `moonstation.study.summary`; do not edit.
"""


def page() -> str:
    """Return the page as Markdown."""
    parts: list[type[BaseModel]] = [Summary]
    text = HEAD
    for part in parts:
        title = "The file" if part is Summary else part.__name__.removesuffix("Part")
        text += f"\n## {title}\n\n{part.__doc__}\n\n| key | type | meaning |\n|---|---|---|\n"
        for name, field in part.model_fields.items():
            inner = _parts(field.annotation)
            parts += [found for found in inner if found not in parts]
            meaning = field.description or " ".join(found.__doc__ or "" for found in inner) or _plain(name)
            text += f"| `{field.alias or name}` | {_type(field.annotation)} | {meaning} |\n"
    return text


def _parts(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for argument in get_args(annotation) for part in _parts(argument)]


def _type(annotation: Any) -> str:
    if annotation is type(None):
        return "null"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"object of {_type(arguments[1])}"
    if origin in (Union, UnionType):
        return " or ".join(_type(argument) for argument in arguments)
    if arguments:
        return " or ".join(f'"{argument}"' for argument in arguments)
    if issubclass(annotation, BaseModel):
        return f"[{annotation.__name__.removesuffix('Part')}](#{annotation.__name__.removesuffix('Part').lower()})"
    return {str: "text", float: "number", int: "integer", bool: "true or false"}[annotation]


def _plain(name: str) -> str:
    if name.endswith("_gbit"):
        return f"{name.removesuffix('_gbit').capitalize()} in the span [Gbit]."
    return f"{name.replace('_', ' ').capitalize()}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
