"""What is registered with Discord: `/whenanime` and “Find the scene”, in every language that is spoken."""

from collections.abc import Awaitable, Callable

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.commands import COMMAND
from bot.discord_adapter.connection import logged_in
from bot.discord_adapter.places import Interaction
from bot.discord_adapter.slash_options import SlashOptions
from bot.discord_adapter.spec import DiscordSpec
from bot.discord_adapter.wording import MENU
from bot.texts import SOURCE_LOCALE, Texts

_LOOK_UP = "Which show, season, episode and second a picture is from"
_PICTURE = "The picture; without one, and without a link, the channel's last one"
_LINK = "A link to the picture"
_SEASON = "Look in these seasons only: 2, or 1,3-5"
_SHOW = "Look in this show only"
_PRIVATE = "Only you see the answer"


OnSlash = Callable[[Interaction, SlashOptions], Awaitable[None]]
OnMenu = Callable[[Interaction, discord.Message], Awaitable[None]]


class Tree(app_commands.CommandTree[discord.Client]):
    """Our commands. One that Discord still shows though it is no more is passed over by discord.py."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """A command that is not known any more, or an error that was logged already."""


class _Translator(app_commands.Translator):
    """discord.py asks for every text in every language of Discord's."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    async def translate(
        self, string: locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in a language that is spoken, unless it says the same as the source."""
        del context
        if not self._texts.speaks(locale.value) or locale.value.split("-")[0] == SOURCE_LOCALE:
            return None
        translated = self._texts.of(locale.value).gettext(string.message)
        return translated if translated != string.message else None


async def new_tree(client: discord.Client, texts: Texts, on_slash: OnSlash, on_menu: OnMenu) -> Tree:
    """The commands of a client, which call `on_slash` and `on_menu`."""
    tree = Tree(client)
    await tree.set_translator(_Translator(texts))

    @app_commands.describe(
        picture=locale_str(_PICTURE),
        link=locale_str(_LINK),
        season=locale_str(_SEASON),
        show=locale_str(_SHOW),
        private=locale_str(_PRIVATE),
    )
    async def look_up(
        interaction: Interaction,
        picture: discord.Attachment | None = None,
        link: app_commands.Range[str, 1, 2000] | None = None,
        season: app_commands.Range[str, 1, 100] | None = None,
        show: app_commands.Range[str, 1, 200] | None = None,
        private: bool = False,  # discord.py reads the options from the signature
    ) -> None:
        await on_slash(interaction, SlashOptions(picture, link, show, season, private))

    async def find(interaction: Interaction, message: discord.Message) -> None:
        await on_menu(interaction, message)

    tree.add_command(app_commands.Command(name=COMMAND, description=locale_str(_LOOK_UP), callback=look_up, nsfw=False))
    tree.add_command(app_commands.ContextMenu(name=locale_str(MENU), callback=find))
    return tree


async def sync_commands(spec: DiscordSpec) -> int:
    """Register the commands with Discord; how many they are. `PlatformError` when it refuses."""

    async def nothing(*_args: object, **_kwargs: object) -> None:
        """Nobody calls commands that are only registered."""

    async with logged_in(spec) as client:
        tree = await new_tree(client, Texts(spec.locale), nothing, nothing)
        return len(await tree.sync())
