"""One question to the engine: a picture, or several, and what came of it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bot.search_engine import SearchEngine
from core.domain import SearchFilter, SearchResult
from core.errors import FilterError, InputError


@dataclass(frozen=True, slots=True)
class QuestionKey:
    """What makes two questions the same: the bytes of the pictures by their hashes, where to look, how to take them."""

    digests: tuple[bytes, ...]
    where: SearchFilter
    together: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Pictures as they were sent. `together`: they are of one scene, in the order of time."""

    pictures: tuple[bytes, ...]
    where: SearchFilter
    together: bool

    def key(self) -> QuestionKey:
        """Hashes every byte."""
        return QuestionKey(tuple(sha256(one).digest() for one in self.pictures), self.where, self.together)


@dataclass(frozen=True, slots=True)
class Findings:
    """One result for all pictures of a question, or one, or what is wrong with it, for each in their order.

    `generation` names the index it was when the search began.
    """

    generation: str
    results: tuple[SearchResult | InputError, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was wrong with any picture."""
        return all(isinstance(result, SearchResult) for result in self.results)


def search(engine: SearchEngine, question: Question) -> Findings:
    """Look a question's pictures up; blocking.

    Several pictures of which nobody said that they belong together are looked up together first; that answer is kept
    when they are found as one movement, else each is looked up by itself. Raises what the engine raises; what is wrong
    with one of several pictures only when it is so with all of them.
    """
    generation = engine.generation.name
    with tempfile.TemporaryDirectory(prefix="whenanime-") as folder:
        paths = [Path(folder) / f"picture-{number}" for number in range(len(question.pictures))]
        for path, picture in zip(paths, question.pictures, strict=True):
            path.write_bytes(picture)
        return Findings(generation, _results(engine, paths, question))


def _results(engine: SearchEngine, paths: Sequence[Path], question: Question) -> tuple[SearchResult | InputError, ...]:
    if len(paths) == 1:
        return (engine.search(paths[0], where=question.where),)
    if question.together:
        return (engine.search_together(paths, where=question.where),)
    joint = _joint(engine, paths, question.where)
    if joint is not None and joint.sequence:
        return (joint,)
    results = [_one(engine, path, question.where) for path in paths]
    problems = [result for result in results if isinstance(result, InputError)]
    if len(problems) == len(results):
        raise problems[0]
    return tuple(results)


def _joint(engine: SearchEngine, paths: Sequence[Path], where: SearchFilter) -> SearchResult | None:
    try:
        return engine.search_together(paths, where=where)
    except FilterError:
        raise
    except InputError:  # one is no picture, or they are too many: the others may still be found by themselves
        return None


def _one(engine: SearchEngine, path: Path, where: SearchFilter) -> SearchResult | InputError:
    try:
        return engine.search(path, where=where)
    except InputError as exc:
        return exc
