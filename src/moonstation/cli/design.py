"""`moonstation design`: what a station weighs, needs and costs."""

import typer

from moonstation.cli import design_budget

app = typer.Typer(help="Budgets of a station with margins.", no_args_is_help=True)

app.command(name="budget")(design_budget.command)
