"""`whenanime serve`: the web page and the API, without any chat."""

from typing import Annotated

import typer

from bot.process import run_server
from config.opening import start

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: WHENANIME_HTTP__HOST).")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0: any (default: WHENANIME_HTTP__PORT).")
    ] = None,
) -> None:
    """Serve the web page and the API on this machine, until told to stop; the address is printed.

    No chat is answered, whatever tokens are set: for those there is `whenanime bot`. Exit code 1 without a library, 2
    when the address cannot be listened on.
    """
    settings = start()
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    run_server(settings.model_copy(update={"http": settings.http.model_copy(update=given)}))
