"""What buttons do: another candidate, "wrong?" and what is right instead, another language; and lighter previews."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2s
from typing import Final

from bot.dispatch.rate_limits import LIGHT, RateLimits
from bot.dispatch.worker import Worker
from bot.language.translations import Translations, Translator
from bot.language.user_locales import UserLocales
from bot.messages import ButtonPress, Chat, ChatKind, Reply, UserId
from bot.replies.album_buttons import album_rows
from bot.replies.answers import Replies
from bot.replies.attachments import AttachmentForm, AttachmentHandle, PreviewAttachments
from bot.replies.button_actions import Action, Verb, parse_action
from bot.storage.answer_store import AnswerStore, StoredAnswer
from core.errors import ServiceError, StorageError
from core.library.feedback import Correction, CorrectionKind, FeedbackEntry, FeedbackStore

_TEXT_LIMIT: Final = 500
_log = logging.getLogger(__name__)


class ButtonPresses:
    """Answers presses. Whoever sees a button may press it; a user's last word on a case is the one that is kept."""

    def __init__(
        self,
        *,
        worker: Worker,
        limits: RateLimits,
        cases: AnswerStore,
        feedback: FeedbackStore,
        languages: UserLocales,
        texts: Translations,
        replies: Replies,
        previews: PreviewAttachments | None,
        deadline_s: float,
    ) -> None:
        self._worker = worker
        self._limits = limits
        self._cases = cases
        self._feedback = feedback
        self._languages = languages
        self._texts = texts
        self._replies = replies
        self._previews = previews
        self._deadline_s = deadline_s

    async def reply(self, press: ButtonPress, words: Translator) -> Reply:
        """The reply to a press; one that takes the place of the message with the button says so.

        `LimitError` for too many of them; a correction that the disk refuses raises `StorageError`.
        """
        action = parse_action(press.action)
        if action is None:
            return self._replies.expired(words)
        self._limits.take(press.user, LIGHT)
        if action.verb is Verb.LANGUAGE:
            told = await self.language(press.user, action.locale, words)
            alone = press.chat.kind is ChatKind.PRIVATE
            return replace(told, edits=alone, private=not alone)
        case = await self._worker.aside(partial(self._cases.get, action.case))
        if case is None or not 0 <= action.index < max(1, len(case.result.scenes)):
            return self._replies.expired(words)
        if action.verb is Verb.SHOW:
            return await self._show(press, action.index, case, words)
        if action.verb is Verb.WRONG:
            return self._replies.wrong(words, case.result, case.id, press.chat)
        return await self._corrected(press, action, case, words)

    async def _corrected(self, press: ButtonPress, action: Action, case: StoredAnswer, words: Translator) -> Reply:
        if action.verb is Verb.OTHER and not press.text.strip():
            return self._replies.something_else(words, case.id)
        await self._worker.aside(partial(self._correct, press.user, case, _correction(action, press.text)))
        # a question with buttons is done with; a text that was asked for has no message of its own
        asked = action.verb is not Verb.OTHER
        return replace(self._replies.thanks(words), edits=asked, private=not asked)

    async def language(self, user: UserId, locale: str, words: Translator) -> Reply:
        """Speak another language with a user from now on; without one that is spoken, ask which."""
        if not self._texts.speaks(locale):
            return self._replies.language(words)
        chosen = self._texts.of(locale)
        try:
            await self._worker.aside(partial(self._languages.choose, user, chosen.locale))
        except StorageError as exc:  # it holds until the next start all the same
            _log.warning("%s", exc)
            return self._replies.language(chosen, chosen.locale, kept=False)
        return self._replies.language(chosen, chosen.locale)

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        """The reply with the next smaller form of its preview, or without any."""
        bare = replace(reply, media=None, handle="")
        handle, forms = AttachmentHandle.parse(reply.handle), list(AttachmentForm)
        if handle is None or self._previews is None or handle.form is forms[-1]:
            return bare
        case = await self._worker.aside(partial(self._cases.get, handle.case))
        if case is None or not 0 <= handle.index < len(case.result.scenes):
            return bare
        smaller = replace(handle, form=forms[forms.index(handle.form) + 1])
        return await self._attached(self._previews, reply, smaller, case, chat, case.facts.user)

    async def _show(self, press: ButtonPress, index: int, case: StoredAnswer, words: Translator) -> Reply:
        replies, result = self._replies, case.result
        reply = replies.answer(words, result, press.chat, case.id, index=index, show_guess=True)
        at = replies.shown(result, press.chat, index, show_guess=True)
        if at is None:
            return replace(reply, private=True)
        reply = replace(reply, rows=reply.rows + album_rows(case.facts.album), edits=True)
        if self._previews is None or case.facts.muted:
            return reply
        handle = AttachmentHandle(case.id, at, AttachmentForm.MOVING)
        return await self._attached(self._previews, reply, handle, case, press.chat, press.user)

    async def _attached(
        self,
        previews: PreviewAttachments,
        reply: Reply,
        handle: AttachmentHandle,
        case: StoredAnswer,
        chat: Chat,
        user: UserId,
    ) -> Reply:
        scene, spoiler = case.result.scenes[handle.index], case.facts.spoiler
        words = self._texts.of(self._languages.of(user) or case.facts.locale)
        attach = partial(previews.attach, reply, handle, scene, chat, words, spoiler=spoiler)
        try:
            return await self._worker.run(user, attach, self._deadline_s)
        except ServiceError:  # what is said does not wait for what is shown
            return replace(reply, media=None, handle="")

    def _correct(self, user: UserId, case: StoredAnswer, correction: Correction) -> None:
        entry = FeedbackEntry(
            case=case.id,
            voice=blake2s(f"{case.id} {user}".encode(), digest_size=3).hexdigest(),
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            generation=case.facts.generation,
            result=case.result,
            correction=correction,
        )
        self._feedback.add(entry, self._cases.pictures(case.id))


def _correction(action: Action, text: str) -> Correction:
    if action.verb is Verb.RIGHT:
        return Correction(CorrectionKind.SCENE, scene=action.index)
    if action.verb is Verb.OTHER:
        return Correction(CorrectionKind.TEXT, text=text.strip()[:_TEXT_LIMIT])
    return Correction(CorrectionKind.NONE)
