"""`python -m moonstation`: the same as the `moonstation` command."""

from moonstation.cli.main import run

run()
