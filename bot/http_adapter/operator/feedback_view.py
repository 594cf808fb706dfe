"""View of feedback: the user's picture beside the frame of the answer, what was answered and what the user said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.http_adapter.media_links import MediaMoment
from bot.http_adapter.operator.access import COOKIE_PATH
from bot.http_adapter.operator.paging import ListPage, PageQuery
from bot.http_adapter.operator.wording import Moment
from bot.http_adapter.pages.page_language import translator_of
from bot.http_adapter.search_request import CHAT
from bot.http_adapter.services import SERVICES
from bot.language.translations import Translator
from core.domain import Scene, Verdict
from core.library.feedback import CorrectionKind, FeedbackEntry, FeedbackStore

PART: Final = "feedback"
PAGE_ENTRIES: Final = 10
PICTURES_LIMIT: Final = 4
"""Pictures of one entry that are shown."""


@dataclass(frozen=True, slots=True)
class SceneFrame:
    """A scene in one line, and the address of its frame; `None` when its video has left the library."""

    text: str
    still: str | None


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """One entry. `is_agreement`: the user says what the answer said. `correct` is the scene that the user chose, where
    that is another one than was `answered`.
    """

    id: str
    path: str
    given: Moment
    pictures: tuple[str, ...]
    answered: SceneFrame | None
    verdict: str
    said: str
    is_agreement: bool
    correct: SceneFrame | None
    looked_at: bool


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Entries of one page; `toggle`: the address of the other choice of `looked`, whether those that were looked at
    are shown too; `None` where that is the same."""

    entries: tuple[FeedbackView, ...]
    page: ListPage[FeedbackEntry]
    title: str
    toggle: str | None
    looked: bool


def feedback_page(
    request: web.Request, store: FeedbackStore, entries: Sequence[FeedbackEntry], query: PageQuery
) -> FeedbackPage:
    """The page of entries, the newest first. Blocking: looks on the disk which pictures there are."""
    newest = list(reversed(entries))
    fresh = [entry for entry in newest if not store.is_looked_at(entry)]
    page = query.page(PART, newest if query.looked else fresh, PAGE_ENTRIES)
    translator = translator_of(request)
    if not entries:
        title = translator.gettext("Nobody has said anything about an answer yet.")
    elif not fresh:
        title = translator.gettext("All feedback was looked at.")
    else:
        title = translator.ngettext("{n} entry to look at", "{n} entries to look at", len(fresh))
    words = EntryWords(request)
    return FeedbackPage(
        tuple(words.view(store, entry) for entry in page.items),
        page,
        title,
        query.address(PART, looked=not query.looked) if len(fresh) < len(entries) or query.looked else None,
        query.looked,
    )


class EntryWords:
    """Words entries in the language of a request."""

    def __init__(self, request: web.Request) -> None:
        self._services = request.app[SERVICES]
        self._translator: Translator = translator_of(request)
        self._text = self._services.replies.naming.scene_text(self._translator, CHAT)

    def view(self, store: FeedbackStore, entry: FeedbackEntry) -> FeedbackView:
        """The view of an entry."""
        path = f"{COOKIE_PATH}/feedback/{entry.id}"
        pictures = range(min(len(store.pictures(entry)), PICTURES_LIMIT))
        scenes = entry.result.scenes
        is_agreement = agrees(entry)
        other = entry.right if entry.right is not None and not is_agreement else None
        return FeedbackView(
            id=entry.id,
            path=path,
            given=Moment.of_iso(entry.when),
            pictures=tuple(f"{path}/picture/{index}" for index in pictures),
            answered=self._frame(scenes[0]) if scenes else None,
            verdict=self._verdict(entry),
            said=self._said(entry),
            is_agreement=is_agreement and entry.result.verdict is not Verdict.NOT_IN_LIBRARY,
            correct=self._frame(other) if other else None,
            looked_at=store.is_looked_at(entry),
        )

    def _frame(self, scene: Scene) -> SceneFrame:
        services = self._services
        known = scene.file_id in services.engine.records
        still = f"/image/{services.links.sign(MediaMoment.of(scene))}?size=l" if known else None
        return SceneFrame(self._text.one_line(scene), still)

    def _verdict(self, entry: FeedbackEntry) -> str:
        translator, scenes = self._translator, entry.result.scenes
        words = {
            Verdict.FOUND: translator.gettext("found"),
            Verdict.UNSURE: translator.gettext("unsure"),
            Verdict.NOT_IN_LIBRARY: translator.gettext("not in the library"),
        }[entry.result.verdict]
        if not scenes or scenes[0].probability <= 0:
            return words
        percent = translator.percent(scenes[0].probability)
        return translator.gettext("{verdict}, {percent}", verdict=words, percent=percent)

    def _said(self, entry: FeedbackEntry) -> str:
        translator, correction = self._translator, entry.correction
        if correction.kind is CorrectionKind.NONE:
            return translator.gettext("It is no anime.")
        if correction.kind is CorrectionKind.TEXT:
            return translator.gettext("“{text}”", text=correction.text)
        if agrees(entry):
            return translator.gettext("This scene is right.")
        return translator.gettext("Another scene is right.")


def agrees(entry: FeedbackEntry) -> bool:
    """Whether the user chose the scene that was answered first."""
    return entry.correction.kind is CorrectionKind.SCENE and entry.correction.scene == 0 and bool(entry.result.scenes)
