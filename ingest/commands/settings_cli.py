"""`whenanime settings`: every setting, its value and its meaning."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.table import Table

from config.list_settings import environment_text
from config.settings import PREFIX, load_settings
from ingest.commands.console import output_console

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def settings(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show every setting with its environment variable, its value now and its meaning."""
    values = load_settings()
    if as_json:
        typer.echo(json.dumps(values.model_dump(mode="json"), ensure_ascii=False))
        return
    table = Table(box=None)
    table.add_column("Environment variable", no_wrap=True)
    table.add_column("Value", overflow="fold")
    table.add_column("Meaning")
    for variable, value, meaning in rows(values):
        table.add_row(variable, value, meaning)
    output_console().print(table)


def rows(values: BaseModel, prefix: str = PREFIX) -> Iterator[tuple[str, str, str]]:
    """(environment variable, value, meaning) of every setting, sections unfolded."""
    for name, field in type(values).model_fields.items():
        value = getattr(values, name)
        if isinstance(value, BaseModel):
            yield from rows(value, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", environment_text(value), field.description or ""
