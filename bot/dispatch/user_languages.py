"""The language of each user: the one that was chosen, else that of the platform; and the reply to a choice."""

import logging
from functools import partial

from bot.dispatch.worker import Worker
from bot.language.translations import Translations, Translator
from bot.language.user_locales import UserLocales
from bot.messages import Reply, UserId
from bot.replies.canned_replies import language_chosen, language_question
from core.errors import StorageError

_log = logging.getLogger(__name__)


class UserLanguages:
    """Knows users' languages and changes them."""

    def __init__(self, translations: Translations, user_locales: UserLocales, worker: Worker) -> None:
        self._translations = translations
        self._user_locales = user_locales
        self._worker = worker

    def translator(self, user: UserId, locale: str) -> Translator:
        """The language that the user chose, else that of a BCP 47 tag."""
        return self._translations.of(self._user_locales.chosen_locale(user) or locale)

    def use_language(self, user: UserId, locale: str) -> None:
        """Use a language as if the user had chosen it, until another is chosen or the process ends."""
        self._user_locales.set_temporarily(user, self._translations.of(locale).locale)

    async def choose(self, user: UserId, locale: str, translator: Translator) -> Reply:
        """Speak the language of a BCP 47 tag with a user from now on; ask which one where the tag is of none."""
        if not self._translations.supports(locale):
            return language_question(translator)
        chosen = self._translations.of(locale)
        try:
            await self._worker.run_unqueued(partial(self._user_locales.choose, user, chosen.locale))
        except StorageError as exc:  # the choice holds until the next start all the same
            _log.warning("%s", exc)
            return language_chosen(chosen, stored=False)
        return language_chosen(chosen)
