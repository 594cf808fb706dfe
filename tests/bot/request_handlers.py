"""The base of the adapters' fake dispatchers: what a test says nothing about has a plain answer."""

from bot.dispatch.show_suggestions import ShowSuggestion
from bot.language.translations import Translations, Translator
from bot.messages import Chat, Reply, UserId


class PlainRequestHandler:
    """`shows`, `translator` and `lighter` of a `RequestHandler`: no shows, the locale's language, the same reply.

    `chosen_locale` is the language that every user chose.
    """

    chosen_locale = ""

    async def shows(self, text: str, user: UserId, chat: Chat, locale: str, limit: int) -> tuple[ShowSuggestion, ...]:
        del text, user, chat, locale, limit
        return ()

    def translator(self, user: UserId, locale: str) -> Translator:
        del user
        return Translations().of(self.chosen_locale or locale)

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        del chat
        return reply
