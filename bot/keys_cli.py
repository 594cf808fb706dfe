"""`whenanime bot key`: make, list and revoke keys of the HTTP API."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.http_wiring import api_keys_path
from bot.storage.api_keys import ApiKey, ApiKeyStore
from config.opening import start
from core.errors import InputError

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Keys of the HTTP API (docs/http.md)."
)

_WIDTH: Final = 100


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what uses it.")],
    quota: Annotated[
        int | None, typer.Option(help="Pictures in 24 hours, one at least (default: WHENANIME_HTTP__QUOTA).")
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Searches at one time (default: WHENANIME_HTTP__CONCURRENCY).")
    ] = None,
    operator: Annotated[bool, typer.Option("--operator", help="Opens the operator's page and /metrics.")] = False,
) -> None:
    """Make a key and print it. It is kept as a hash only, so nobody can print it again.

    A server that runs accepts it at once. Exit code 2 when there is a key of this name, or a number makes no sense.
    """
    settings = start()
    http = settings.http
    pictures = http.quota if quota is None else quota
    if pictures < 1:
        named = "--quota" if quota is not None else "WHENANIME_HTTP__QUOTA (--quota overrules it)"
        raise InputError(
            f"{named} is {pictures}, and a key with it could search nothing: give it 1 at least. "
            "`whenanime bot key remove` revokes a key."
        )
    path = api_keys_path(settings.data_dir)
    secret = ApiKeyStore(path).add(
        name,
        quota=pictures,
        concurrency=http.concurrency if concurrency is None else concurrency,
        operator=operator,
    )
    typer.echo(secret)
    typer.echo(f"This is the key of {name.strip()}. Keep it: it is not shown again.", err=True)
    typer.echo(f"It opens the server of the data directory {settings.data_dir.absolute()}.", err=True)


@app.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a key.")] = False) -> None:
    """List the keys, without what would let anybody in, in the order in which they were made."""
    keys = _store().keys
    if as_json:
        for key in keys:
            typer.echo(json.dumps(_key_json(key), ensure_ascii=False))
    elif keys:
        console = Console(highlight=False)
        console.print(_table(keys), width=None if console.is_terminal else _WIDTH)
    else:
        typer.echo("There are no keys. `whenanime bot key add NAME` makes one.")


@app.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="As in `list`.")]) -> None:
    """Revoke a key: a server that runs refuses it at once. Exit code 2 when there is none of this name."""
    _store().remove(name)
    typer.echo(f"The key of {name} works no more.")


def _store() -> ApiKeyStore:
    return ApiKeyStore(api_keys_path(start().data_dir))


def _key_json(key: ApiKey) -> Mapping[str, object]:
    return {
        "name": key.name,
        "quota": key.quota,
        "concurrency": key.concurrency,
        "operator": key.operator,
        "created": _created(key),
    }


def _table(keys: tuple[ApiKey, ...]) -> Table:
    table = Table("name", "pictures a day", "at one time", "operator", "made", box=None, pad_edge=False)
    for key in keys:
        operator = "yes" if key.operator else ""
        table.add_row(Text(key.name), f"{key.quota:,}", str(key.concurrency), operator, _created(key))
    return table


def _created(key: ApiKey) -> str:
    return datetime.fromtimestamp(key.created_s, UTC).isoformat(timespec="seconds")
