"""Slash commands: registers `/whenanime`, `/help`, `/lang` and “Find the scene” with Discord, in every language of the
bot.
"""

from collections.abc import Sequence
from typing import Protocol

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.discord_adapter.chat_context import Interaction
from bot.discord_adapter.connection import logged_in, portal_settings
from bot.discord_adapter.slash_options import SlashOptions
from bot.discord_adapter.spec import DiscordSpec
from bot.discord_adapter.wording import MENU
from bot.dispatch.show_suggestions import ShowSuggestion
from bot.intake.typed_options import COMMAND
from bot.language.translations import LANGUAGES, SOURCE_LOCALE, Translations
from bot.messages import CommandName

CHOICES_LIMIT = 25
"""Discord's limit for the choices shown while an option is typed."""
_CHOICE_LENGTH_LIMIT = 100
"""Discord's limit for a choice, in characters."""

_SEARCH = "Which show, season, episode and second a picture is from"
_PICTURE = "The picture; without one, and without a link, the channel's last one"
_LINK = "A link to the picture"
_SEASON = "Look in these seasons only: 2, or 1,3-5"
_SHOW = "Look in this show only"
_PRIVATE = "Only you see the answer"
_HELP = "What I can do, and how to ask"
_LANGUAGE = "Choose the language that I speak with you"
_LANGUAGE_OPTION = "The language; without one you are asked"


_Command = app_commands.Command[app_commands.Group, ..., None]


class CommandHandlers(Protocol):
    """Answers the commands."""

    async def on_slash(self, interaction: Interaction, options: SlashOptions) -> None:
        """`/whenanime` was used."""

    async def on_menu(self, interaction: Interaction, message: discord.Message) -> None:
        """“Find the scene” was chosen."""

    async def on_command(self, interaction: Interaction, name: CommandName, argument: str) -> None:
        """Another command was used."""

    async def on_show_typed(self, interaction: Interaction, text: str) -> Sequence[ShowSuggestion]:
        """A user is typing the name of a show."""


class _NoHandlers:
    """Handlers for a process that registers commands and answers none."""

    async def on_slash(self, interaction: Interaction, options: SlashOptions) -> None:
        """Not called."""

    async def on_menu(self, interaction: Interaction, message: discord.Message) -> None:
        """Not called."""

    async def on_command(self, interaction: Interaction, name: CommandName, argument: str) -> None:
        """Not called."""

    async def on_show_typed(self, interaction: Interaction, text: str) -> Sequence[ShowSuggestion]:
        """Not called."""
        del interaction, text
        return ()


class CommandTree(app_commands.CommandTree[discord.Client]):
    """The bot's commands."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Ignore an error: the command was removed but Discord still shows it, or its error is logged already."""


class _Translator(app_commands.Translator):
    """Translates the commands' texts; discord.py asks for each in every language of Discord."""

    def __init__(self, texts: Translations) -> None:
        self._texts = texts

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in a language of the bot, unless it is equal to the source."""
        del context
        if not self._texts.supports(locale.value) or locale.value.split("-")[0] == SOURCE_LOCALE:
            return None
        translated = self._texts.of(locale.value).gettext(string.message)
        return translated if translated != string.message else None


async def new_tree(
    client: discord.Client, texts: Translations, handlers: CommandHandlers, *, user_install: bool
) -> CommandTree:
    """The commands of a client. `user_install`: users may install the app for themselves and then use its commands in
    any chat, which Discord accepts only when the developer portal allows it.
    """
    tree = CommandTree(client)
    if user_install:
        tree.allowed_installs = app_commands.AppInstallationType(guild=True, user=True)
        tree.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
    await tree.set_translator(_Translator(texts))
    tree.add_command(_search_command(handlers))
    tree.add_command(_help_command(handlers))
    tree.add_command(_language_command(handlers))

    async def find(interaction: Interaction, message: discord.Message) -> None:
        await handlers.on_menu(interaction, message)

    tree.add_command(app_commands.ContextMenu(name=locale_str(MENU), callback=find))
    return tree


def _search_command(handlers: CommandHandlers) -> _Command:
    @app_commands.describe(
        picture=locale_str(_PICTURE),
        link=locale_str(_LINK),
        season=locale_str(_SEASON),
        show=locale_str(_SHOW),
        private=locale_str(_PRIVATE),
    )
    async def search(
        interaction: Interaction,
        picture: discord.Attachment | None = None,
        link: app_commands.Range[str, 1, 2000] | None = None,
        season: app_commands.Range[str, 1, 100] | None = None,
        show: app_commands.Range[str, 1, 200] | None = None,
        private: bool = False,  # discord.py reads the options from the signature
    ) -> None:
        await handlers.on_slash(interaction, SlashOptions(picture, link, show, season, private))

    async def complete_show(interaction: Interaction, text: str) -> list[app_commands.Choice[str]]:
        return [
            app_commands.Choice(name=show.title[:_CHOICE_LENGTH_LIMIT], value=show.name)
            for show in await handlers.on_show_typed(interaction, text)
            if len(show.name) <= _CHOICE_LENGTH_LIMIT
        ]

    command: _Command = app_commands.Command(name=COMMAND, description=locale_str(_SEARCH), callback=search)
    command.autocomplete("show")(complete_show)
    return command


def _help_command(handlers: CommandHandlers) -> _Command:
    async def show_help(interaction: Interaction) -> None:
        await handlers.on_command(interaction, CommandName.HELP, "")

    return app_commands.Command(name=CommandName.HELP.value, description=locale_str(_HELP), callback=show_help)


def _language_command(handlers: CommandHandlers) -> _Command:
    @app_commands.describe(language=locale_str(_LANGUAGE_OPTION))
    @app_commands.choices(language=[app_commands.Choice(name=name, value=locale) for locale, name in LANGUAGES.items()])
    async def choose_language(interaction: Interaction, language: str | None = None) -> None:
        await handlers.on_command(interaction, CommandName.LANGUAGE, language or "")

    return app_commands.Command(
        name=CommandName.LANGUAGE.value, description=locale_str(_LANGUAGE), callback=choose_language
    )


async def sync_commands(spec: DiscordSpec) -> int:
    """Register the commands with Discord; returns their number. `PlatformError` when Discord refuses."""
    async with logged_in(spec) as client:
        tree = await new_tree(
            client, Translations(spec.locale), _NoHandlers(), user_install=portal_settings(client).user_install
        )
        return len(await tree.sync())
