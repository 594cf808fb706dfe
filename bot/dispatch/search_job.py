"""A search job: one or several pictures for the engine, and the outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.search_engine import SearchEngine
from core.domain import Scene, SearchFilter, SearchResult, Verdict
from core.errors import FilterError, InputError


@dataclass(frozen=True, slots=True)
class SearchKey:
    """Equal for two jobs with the same outcome: hashes of the pictures' bytes, the filter, and `together`."""

    digests: tuple[bytes, ...]
    where: SearchFilter
    together: bool


@dataclass(frozen=True, slots=True)
class SearchJob:
    """Pictures as they were sent, to be searched within `where`. `together`: they are of one scene, in the order of
    time.
    """

    pictures: tuple[bytes, ...]
    where: SearchFilter
    together: bool

    def key(self) -> SearchKey:
        """The key of this job; hashes every byte."""
        return SearchKey(tuple(sha256(picture).digest() for picture in self.pictures), self.where, self.together)


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """One result for all pictures of a job; or one, or what is wrong with it, for each in their order.

    `generation` names the index that was current when the search began; `exact`: whether the exact frame was looked
    for.
    """

    generation: str
    results: tuple[SearchResult | InputError, ...]
    exact: bool = True

    @property
    def complete(self) -> bool:
        """Whether nothing was wrong with any picture."""
        return all(isinstance(result, SearchResult) for result in self.results)


def search(engine: SearchEngine, job: SearchJob, *, exact: bool = True) -> SearchOutcome:
    """Search a job's pictures; blocking. `exact`: to the exact frame, where there is one.

    Several pictures that are not marked as `together` are searched together and each by itself. They get one result
    when they are found as one sequence that the result of none contradicts, else one each. Raises what the engine
    raises; a problem with one of several pictures only when all of them have one.
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
    except InputError:  # one is not a picture, or they are too many: each may still be found by itself
        return None


def _belongs_to(sequence: Scene, result: SearchResult | InputError) -> bool:
    """Whether a picture belongs to a sequence, by its own result; a sequence may leave pictures out.

    A picture with too little on it always does. A certain scene has to lie in the sequence or be repeated there; of an
    uncertain result, one of the candidates.
    """
    if isinstance(result, InputError):
        return False
    if result.too_little:
        return True
    scenes = result.scenes[:1] if result.verdict is Verdict.FOUND else result.scenes
    return any(_overlap(sequence, scene) for scene in scenes)


def _overlap(sequence: Scene, scene: Scene) -> bool:
    if scene.file_id == sequence.file_id and scene.from_ms <= sequence.to_ms and sequence.from_ms <= scene.to_ms:
        return True
    return any(
        sighting.file_id == sequence.file_id and sequence.from_ms <= sighting.at_ms <= sequence.to_ms
        for sighting in scene.repeats
    )


def _result_or_problem(
    engine: SearchEngine, picture: bytes, where: SearchFilter, *, exact: bool
) -> SearchResult | InputError:
    try:
        return engine.search(picture, where=where, exact=exact)
    except InputError as exc:
        return exc
