"""One question to the engine: a picture, or several, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.search_engine import SearchEngine
from core.domain import Scene, SearchFilter, SearchResult, Verdict
from core.errors import FilterError, InputError


@dataclass(frozen=True, slots=True)
class SearchKey:
    """What makes two questions the same: the bytes of the pictures by their hashes, where to look, how to take them."""

    digests: tuple[bytes, ...]
    where: SearchFilter
    together: bool


@dataclass(frozen=True, slots=True)
class SearchJob:
    """Pictures as they were sent. `together`: they are of one scene, in the order of time."""

    pictures: tuple[bytes, ...]
    where: SearchFilter
    together: bool

    def key(self) -> SearchKey:
        """Hashes every byte."""
        return SearchKey(tuple(sha256(picture).digest() for picture in self.pictures), self.where, self.together)


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """One result for all pictures of a question, or one, or what is wrong with it, for each in their order.

    `generation` names the index it was when the search began; `exact`: whether the exact frame was looked for.
    """

    generation: str
    results: tuple[SearchResult | InputError, ...]
    exact: bool = True

    @property
    def whole(self) -> bool:
        """Whether nothing was wrong with any picture."""
        return all(isinstance(result, SearchResult) for result in self.results)


def search(engine: SearchEngine, job: SearchJob, *, exact: bool = True) -> SearchOutcome:
    """Look a question's pictures up; blocking. `exact`: to the frame, where that can be had.

    Several pictures of which nobody said that they belong together are looked up together and each by itself. They get
    one answer when they are found as one movement that none of them contradicts, else one each. Raises what the engine
    raises; what is wrong with one of several pictures only when it is so with all of them.
    """
    generation = engine.generation.name
    return SearchOutcome(generation, _results(engine, job, exact=exact), exact)


def _results(engine: SearchEngine, job: SearchJob, *, exact: bool) -> tuple[SearchResult | InputError, ...]:
    pictures = job.pictures
    if len(pictures) == 1:
        return (engine.search(pictures[0], where=job.where, exact=exact),)
    if job.together:
        return (engine.search_together(pictures, where=job.where, exact=exact),)
    joint = _joint_result(engine, pictures, job.where, exact=exact)
    results = [_result_or_problem(engine, picture, job.where, exact=exact) for picture in pictures]
    if joint is not None and joint.sequence and all(_belongs_to(joint.scenes[0], result) for result in results):
        return (joint,)
    problems = [result for result in results if isinstance(result, InputError)]
    if len(problems) == len(results):
        raise problems[0]
    return tuple(results)


def _joint_result(
    engine: SearchEngine, pictures: Sequence[bytes], where: SearchFilter, *, exact: bool
) -> SearchResult | None:
    try:
        return engine.search_together(pictures, where=where, exact=exact)
    except FilterError:
        raise
    except InputError:  # one is no picture, or they are too many: the others may still be found by themselves
        return None


def _belongs_to(movement: Scene, result: SearchResult | InputError) -> bool:
    """Whether a picture belongs to a movement, by what was found for it alone: a movement may leave pictures out.

    One with too little on it is passed over. What is found for sure has to be in the movement or be repeated there;
    of what is not, one of the candidates.
    """
    if isinstance(result, InputError):
        return False
    if result.too_little:
        return True
    scenes = result.scenes[:1] if result.verdict is Verdict.FOUND else result.scenes
    return any(_overlap(movement, scene) for scene in scenes)


def _overlap(movement: Scene, scene: Scene) -> bool:
    if scene.file_id == movement.file_id and scene.from_ms <= movement.to_ms and movement.from_ms <= scene.to_ms:
        return True
    return any(
        sighting.file_id == movement.file_id and movement.from_ms <= sighting.at_ms <= movement.to_ms
        for sighting in scene.repeats
    )


def _result_or_problem(
    engine: SearchEngine, picture: bytes, where: SearchFilter, *, exact: bool
) -> SearchResult | InputError:
    try:
        return engine.search(picture, where=where, exact=exact)
    except InputError as exc:
        return exc
