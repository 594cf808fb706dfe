"""Button presses: another candidate, "Wrong?" and the correction, another language; and smaller previews."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2s
from typing import Final

from bot.dispatch.rate_limits import CHEAP_REQUEST_COST, RateLimits
from bot.dispatch.user_languages import UserLanguages
from bot.dispatch.worker import Worker
from bot.language.translations import Translator
from bot.messages import ButtonPress, Chat, ChatKind, Reply, UserId
from bot.replies.album_replies import album_rows
from bot.replies.answers import AnswerReplies
from bot.replies.attachments import AttachmentForm, AttachmentHandle, PreviewAttachments
from bot.replies.button_actions import Action, Verb, parse_action
from bot.replies.canned_replies import expired_reply
from bot.replies.correction_replies import correction_prompt, correction_question, correction_thanks
from bot.storage.answer_store import AnswerStore, StoredAnswer
from core.errors import ServiceError
from core.library.feedback import Correction, CorrectionKind, FeedbackEntry, FeedbackStore

_TEXT_LIMIT: Final = 500
"""Characters of a correction in the user's own words."""


class ButtonPresses:
    """Answers presses. Any user may press a button that they see; the last correction of a user to an answer counts.

    `previews`: without, none are attached. `deadline_s` is for a preview.
    """

    def __init__(
        self,
        *,
        worker: Worker,
        limits: RateLimits,
        store: AnswerStore,
        feedback: FeedbackStore,
        languages: UserLanguages,
        replies: AnswerReplies,
        previews: PreviewAttachments | None,
        deadline_s: float,
    ) -> None:
        self._worker = worker
        self._limits = limits
        self._store = store
        self._feedback = feedback
        self._languages = languages
        self._replies = replies
        self._previews = previews
        self._deadline_s = deadline_s

    async def reply(self, press: ButtonPress, translator: Translator) -> Reply:
        """The reply to a press; one that takes the place of the message with the button says so.

        `LimitError` for too many of them; a correction that the disk refuses raises `StorageError`.
        """
        action = parse_action(press.action)
        if action is None:
            return expired_reply(translator)
        self._limits.take(press.user, CHEAP_REQUEST_COST)
        if action.verb is Verb.LANGUAGE:
            reply = await self._languages.choose(press.user, action.locale, translator)
            alone = press.chat.kind is ChatKind.PRIVATE
            return replace(reply, edits=alone, private=not alone)
        answer = await self._worker.run_unqueued(partial(self._store.get, action.answer_id))
        if answer is None or not 0 <= action.index < max(1, len(answer.result.scenes)):
            return expired_reply(translator)
        if action.verb is Verb.SHOW:
            return await self._show(press, action.index, answer, translator)
        if action.verb is Verb.WRONG:
            return correction_question(translator, self._replies.naming, answer.result, answer.id, press.chat)
        return await self._correct(press, action, answer, translator)

    async def lighter(self, reply: Reply, chat: Chat) -> Reply:
        """The reply with the next smaller form of its preview, or without any."""
        bare = replace(reply, media=None, handle="")
        handle, forms = AttachmentHandle.parse(reply.handle), list(AttachmentForm)
        if handle is None or self._previews is None or handle.form is forms[-1]:
            return bare
        answer = await self._worker.run_unqueued(partial(self._store.get, handle.answer_id))
        if answer is None or not 0 <= handle.index < len(answer.result.scenes):
            return bare
        smaller = replace(handle, form=forms[forms.index(handle.form) + 1])
        return await self._with_preview(self._previews, reply, smaller, answer, chat, answer.facts.user)

    async def _show(self, press: ButtonPress, index: int, answer: StoredAnswer, translator: Translator) -> Reply:
        replies, result = self._replies, answer.result
        reply = replies.answer(translator, result, press.chat, answer.id, index=index, show_guess=True)
        named = replies.named_scene(result, press.chat, index, show_guess=True)
        if named is None:
            return replace(reply, private=True)
        reply = replace(reply, rows=reply.rows + album_rows(answer.facts.album), edits=True)
        if self._previews is None or answer.facts.muted:
            return reply
        handle = AttachmentHandle(answer.id, named, AttachmentForm.MOVING)
        return await self._with_preview(self._previews, reply, handle, answer, press.chat, press.user)

    async def _with_preview(
        self,
        previews: PreviewAttachments,
        reply: Reply,
        handle: AttachmentHandle,
        answer: StoredAnswer,
        chat: Chat,
        user: UserId,
    ) -> Reply:
        """The reply with a preview; without, where the worker is too busy for one."""
        scene, spoiler = answer.result.scenes[handle.index], answer.facts.spoiler
        translator = self._languages.translator(user, answer.facts.locale)
        attach = partial(previews.attach, reply, handle, scene, chat, translator, spoiler=spoiler)
        try:
            return await self._worker.run(user, attach, self._deadline_s)
        except ServiceError:
            return replace(reply, media=None, handle="")

    async def _correct(self, press: ButtonPress, action: Action, answer: StoredAnswer, translator: Translator) -> Reply:
        if action.verb is Verb.OTHER and not press.text.strip():
            return correction_prompt(translator, answer.id)
        await self._worker.run_unqueued(partial(self._store_correction, press.user, answer, _correction(action, press)))
        # the question is answered, so thanks replace it; a prompted text has no message of ours to replace
        edits = action.verb is not Verb.OTHER
        return replace(correction_thanks(translator), edits=edits, private=not edits)

    def _store_correction(self, user: UserId, answer: StoredAnswer, correction: Correction) -> None:
        entry = FeedbackEntry(
            case=answer.id,
            voice=blake2s(f"{answer.id} {user}".encode(), digest_size=3).hexdigest(),
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            generation=answer.facts.generation,
            result=answer.result,
            correction=correction,
        )
        self._feedback.add(entry, self._store.pictures(answer.id))


def _correction(action: Action, press: ButtonPress) -> Correction:
    if action.verb is Verb.RIGHT:
        return Correction(CorrectionKind.SCENE, scene=action.index)
    if action.verb is Verb.OTHER:
        return Correction(CorrectionKind.TEXT, text=press.text.strip()[:_TEXT_LIMIT], moment=press.moment)
    return Correction(CorrectionKind.NONE)
