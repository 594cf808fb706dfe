"""`whenanime bot`: answer in chats and over HTTP; keys of the HTTP API; and two commands that set Discord up."""

import asyncio

import typer

from bot import keys_cli
from bot.__main__ import discord_spec, run_bot
from bot.discord_adapter import DiscordSpec, invite_links, sync_commands
from bot.service.tokens import read_tokens, secrets
from config.log_setup import set_up_logging
from config.opening import start
from config.settings import Settings
from core.errors import InputError

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Answer in Discord and Telegram.")
app.add_typer(keys_cli.app, name="key")

NO_DISCORD = (
    "There is no token for Discord. Set WHENANIME_DISCORD__TOKEN or WHENANIME_DISCORD__TOKEN_FILE; docs/chat.md says "
    "how to get one."
)

_FOR_A_PERSON = "The first link is for a server; by the second one anybody has the commands in every chat of theirs."
_NOT_FOR_A_PERSON = (
    "This link is for a server. To use the commands in any chat without the bot in it, tick “User Install” in the "
    "developer portal (Installation, Installation Contexts), start the bot again, and run this again."
)


@app.callback(invoke_without_command=True)
def bot(context: typer.Context) -> None:
    """Answer in Discord and Telegram: on each platform that has a token (docs/chat.md), until told to stop.

    Ctrl-C or SIGTERM lets what is under way end, a second one does not. SIGHUP looks for a new index at once. Exit code
    2 without a token, 1 without a library or when the platforms refuse the tokens.
    """
    if context.invoked_subcommand is None:
        run_bot(start())


@app.command()
def invite() -> None:
    """Print the link that lets the bot into a Discord server, with exactly the permissions that it needs; and the one
    that installs its commands for one person, in any chat of theirs, where the developer portal allows that.
    """
    links = asyncio.run(invite_links(_discord(start())))
    typer.echo(links.server)
    typer.echo(_FOR_A_PERSON if links.user else _NOT_FOR_A_PERSON, err=True)
    if links.user:
        typer.echo(links.user)


@app.command()
def sync() -> None:
    """Register the slash commands with Discord; the bot does it on every start unless WHENANIME_DISCORD__SYNC=false."""
    number = asyncio.run(sync_commands(_discord(start())))
    typer.echo(f"{number} {'command' if number == 1 else 'commands'} registered.")


def _discord(settings: Settings) -> DiscordSpec:
    tokens = read_tokens(settings)
    if not tokens.discord:
        raise InputError(NO_DISCORD)
    set_up_logging(settings.log_level, log_format=settings.log_format, secrets=secrets(settings, tokens))
    return discord_spec(settings, tokens.discord)
