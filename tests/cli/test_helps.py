"""Helps of every command: words that the terminal's markup does not swallow, paragraphs that fold."""

import ast
from collections.abc import Iterator
from pathlib import Path

import typer
from rich.markup import render

import moonstation.cli
from moonstation.cli.commands import app


def commands(group: object, name: str = "moonstation") -> Iterator[tuple[str, object]]:
    for key, inner in getattr(group, "commands", {}).items():
        yield from commands(inner, f"{name} {key}")
    if not hasattr(group, "commands"):
        yield name, group


def test_no_help_loses_words_to_markup_or_breaks_its_lines() -> None:
    found = dict(commands(typer.main.get_command(app)))
    assert {"moonstation orbit find relay", "moonstation transfer moon", "moonstation map"} <= set(found)
    for name, command in found.items():
        text = render(command.help).plain  # type: ignore[attr-defined]
        assert text, name
        assert " ".join(text.split()) == " ".join((command.callback.__doc__ or "").split()), name  # type: ignore[attr-defined]
        assert "\n" not in text.replace("\n\n", ""), name
        for option in command.params:  # type: ignore[attr-defined]
            words = option.help or ""
            assert words, f"{name} {option.name} has no help"
            # a unit in brackets would be taken for a colour
            assert render(words).plain == words, f"{name} {option.name}"


def test_units_in_heads_of_tables_are_no_styles() -> None:
    # rich takes "[deg]" for a style and prints nothing; "\[deg]" is printed
    for path in sorted(Path(moonstation.cli.__file__).parent.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "add_column" and call.args:
                head = call.args[0]
                if isinstance(head, ast.Constant):
                    plain = str(head.value).replace("\\[", "[")
                    assert render(str(head.value)).plain == plain, f"{path.name}: {head.value}"
