"""View of files with a problem: what could not be read, or only in part, by show, and how many videos are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from bot.http_adapter.operator.paging import ListPage, PageQuery
from bot.http_adapter.services import LibraryEngine
from bot.language.translations import Translator
from core.catalogue.records import FileRecord, FileState
from core.errors import CatalogueError, FileRemovedError
from core.library.layout import DataLayout
from core.library.media import is_missing
from core.library.problem_files import problem_files

PART: Final = "failed"
PAGE_FILES: Final = 50
_LOOKED_FOR_LIMIT: Final = 5000
"""Videos up to which it is looked on the disk whether each is there."""


@dataclass(frozen=True, slots=True)
class ProblemFile:
    """One file. `searchable`: what could be read of it is in the index."""

    path: str
    problem: str
    searchable: bool


@dataclass(frozen=True, slots=True)
class ProblemShow:
    """Files of one show."""

    name: str
    files: tuple[ProblemFile, ...]


@dataclass(frozen=True, slots=True)
class ProblemView:
    """`lines` say how many there are and how many videos are missing; `problem`: why that is not known."""

    lines: tuple[str, ...]
    shows: tuple[ProblemShow, ...]
    page: ListPage[FileRecord] | None
    problem: str = ""


def problem_view(translator: Translator, layout: DataLayout, engine: LibraryEngine, query: PageQuery) -> ProblemView:
    """The view of a page of files. Blocking: reads the catalogue, and looks for videos on the disk."""
    missing = _missing(translator, engine)
    try:
        records = problem_files(layout)
    except CatalogueError as exc:
        return ProblemView(missing, (), None, str(exc))
    page = query.page(PART, records, PAGE_FILES)
    return ProblemView((*_counts(translator, records), *missing), _shows(page.items), page)


def _shows(records: Sequence[FileRecord]) -> tuple[ProblemShow, ...]:
    return tuple(
        ProblemShow(name, tuple(_file(record) for record in of_show))
        for name, of_show in groupby(records, key=lambda record: record.name.show)
    )


def _file(record: FileRecord) -> ProblemFile:
    return ProblemFile(record.stamp.relative, record.outcome.problem, record.searchable)


def _counts(translator: Translator, records: Sequence[FileRecord]) -> tuple[str, ...]:
    failed = sum(record.outcome.state is FileState.FAILED for record in records)
    damaged = len(records) - failed
    if not records:
        return (translator.gettext("Every video could be read."),)
    sentences = []
    if failed:
        sentences.append(translator.ngettext("{n} video could not be read.", "{n} videos could not be read.", failed))
    if damaged:
        sentences.append(
            translator.ngettext(
                "{n} video is damaged and searched as far as it goes.",
                "{n} videos are damaged and searched as far as they go.",
                damaged,
            )
        )
    return tuple(sentences)


def _missing(translator: Translator, engine: LibraryEngine) -> tuple[str, ...]:
    file_ids = list(engine.records)
    if len(file_ids) > _LOOKED_FOR_LIMIT:
        return (translator.gettext("Videos that are gone from the disk are not counted here: there are too many."),)
    missing = 0
    for file_id in file_ids:
        try:
            missing += is_missing(engine.source(file_id).place)
        except FileRemovedError:
            continue
    if not missing:
        return ()
    return (translator.ngettext("{n} video is missing.", "{n} videos are missing.", missing),)
