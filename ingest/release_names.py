"""One name, of a file or of a folder, on its own: what it says before anybody looks at where it lies."""

import re
from dataclasses import dataclass, replace

from core.domain import EpisodeKind
from ingest import name_patterns as words
from ingest.release_tags import EDGES, to_dashes, without_tail_words

_CAMERA = re.compile(
    r"^(?:IMG|VID|DSC[FN]?|MVI|PXL|GOPR|GX|GH|WIN|MOV|mmexport|screen ?(?:shot|recording)|video|clip"
    r"|录屏|截图|视频)[\s\-]*\d"
    r"|^\d{5,}|^\d{4}-?\d{2}-?\d{2}[\s\-]",
    re.IGNORECASE,
)
_BATCH = re.compile(r"\s\(?\d{1,3}\s?[-~]\s?\d{1,3}\)?$")
_ABSOLUTE_NUMBER = re.compile(r"^\s*-\s*\d{2,4}\s+-\s+")
_QUOTED = re.compile(r"^[「『《“\"](.*)[」』》”\"]$")
_ON_TOP_OF_A_KIND = (EpisodeKind.OPENING, EpisodeKind.ENDING, EpisodeKind.TRAILER, EpisodeKind.OTHER)
_LONGEST_RANGE = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """What one name says; `show` is empty when the name has none.

    `weak` marks a number glued to the title: a folder that names the show is to be preferred. `guessed` marks a film
    that is one only because there is no number.
    """

    show: str = ""
    season: int | None = None
    kind: EpisodeKind = EpisodeKind.EPISODE
    first: float | None = None
    last: float | None = None
    name: str = ""
    understood: bool = False
    weak: bool = False
    guessed: bool = False


def read_release(stem: str, *, numbered_first: bool = False) -> Reading:
    """Read a file name without its suffix; with `numbered_first` a number in front is the episode's."""
    text = words.normalise(stem)
    if _CAMERA.search(text):
        return Reading()
    main, tagged = to_dashes(text)
    if numbered_first and (reading := _leading(main)):
        return reading
    return _marked(main) or _placed(main) or _film(main, tagged)


def read_title(text: str) -> Reading:
    """Read a show folder's name: the title without tags, the season and the kind when it names them."""
    main, _ = to_dashes(words.normalise(text))
    title, season, kind = _title(_BATCH.sub("", main))
    return Reading(title, season, kind or EpisodeKind.EPISODE)


def _marked(main: str) -> Reading | None:
    """`S01E05`, `第05话`, `NCOP1` or ` - 05`: of those that are there, the one that speaks of the file as a whole."""
    explicit = next((match for pattern in words.EXPLICIT if (match := pattern.search(main))), None)
    dashed = next((match for match in reversed(list(words.DASHED.finditer(main))) if _is_episode(main, match)), None)
    kind = _kind_match(main)
    if kind and _number(kind) and not any(match and match.start() < kind.start() for match in (explicit, dashed)):
        return _special(main, kind)
    if explicit:
        return _numbered(main, explicit)
    if kind and (not dashed or kind.start() < dashed.start() or _is_all_of(main[dashed.end() :], kind)):
        return _special(main, kind, before=dashed)
    return _numbered(main, dashed) if dashed else None


def _is_episode(main: str, match: re.Match[str]) -> bool:
    return not words.YEAR.match(match["a"]) and bool(main[: match.start()].strip(EDGES))


def _kind_match(main: str) -> re.Match[str] | None:
    if match := words.KIND_ONLY.match(main):
        return match
    matches = list(words.KIND.finditer(main))
    if matches and words.kind_of(matches[-1]) in _ON_TOP_OF_A_KIND:
        return matches[-1]
    return matches[0] if matches else None


def _is_all_of(rest: str, kind: re.Match[str]) -> bool:
    """`Show - 05 - NCOP`, but not `Show - 05 - The Pool Opening`."""
    return rest.strip(EDGES) == kind[0].strip(EDGES) and kind[0].isupper() and words.kind_of(kind) in _ON_TOP_OF_A_KIND


def _placed(main: str) -> Reading | None:
    """Numbers known by their place alone."""
    for pattern in (words.PURE, words.LEADING_DASH, words.LEADING_GLUED):
        if match := pattern.match(main):
            return _numbered(main, match)
    if (match := words.DASHED_LOOSE.search(main)) and main[: match.start()].strip(EDGES):
        return _numbered(main, match)
    seasons = [match.span() for match in words.SEASON_WORD.finditer(main)]
    for pattern in (words.TRAILING, words.MIDDLE, words.GLUED):
        match = pattern.search(main)
        if match and not any(start <= match.start() + 1 < end or match.start() < start for start, end in seasons):
            return replace(_numbered(main, match), weak=pattern is words.GLUED)
    return None if words.YEAR_AT_END.search(main) else _leading(main)


def _leading(main: str) -> Reading | None:
    match = words.PURE.match(main) or words.LEADING_ANY.match(main)
    return _numbered(main, match) if match else None


def _film(main: str, tagged: bool) -> Reading:
    """No number at all: a release or a title with its year is a film, anything else is not understood."""
    title, season, kind = _title(main)
    if title and (kind or tagged or words.YEAR_AT_END.search(main)):
        return Reading(title, season, EpisodeKind.MOVIE, understood=True, guessed=kind is None)
    return Reading()


def _special(main: str, match: re.Match[str], *, before: re.Match[str] | None = None) -> Reading:
    number = _number(match)
    first = float(number) if number else None
    kind = words.kind_of(match)
    title, season, _ = _title(main[: min(match.start(), before.start() if before else match.start())])
    name = _name(main[match.end() :])
    if kind is EpisodeKind.MOVIE and not title:
        title, name = name, ""
    return Reading(title, season, kind, first, first, name, understood=True)


def _numbered(main: str, match: re.Match[str]) -> Reading:
    groups = match.groupdict()
    first = words.to_number(_number(match))
    last = float(groups["b"]) if groups.get("b") else first
    end = match.end()
    if groups.get("b") and not first < last <= first + _LONGEST_RANGE:
        last, end = first, match.start("b")
    title, season, kind = _title(main[: match.start()])
    if groups.get("s"):
        season = int(groups["s"])
    name = _name(_ABSOLUTE_NUMBER.sub("", main[end:]))
    return Reading(title, season, kind or EpisodeKind.EPISODE, first, last, name, understood=True)


def _number(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next((text for key in "acd" if (text := groups.get(key))), "")


def _title(text: str) -> tuple[str, int | None, EpisodeKind | None]:
    """Take kind, volume and season off a title."""
    text = text.strip(EDGES)
    season = kind = None
    if (match := words.KIND_AT_END.search(text)) and match.start():
        kind = words.kind_of(match)
        text = text[: match.start()].strip(EDGES)
    elif match := words.MOVIE_FIRST.match(text):
        kind = EpisodeKind.MOVIE
        text = text[match.end() :]
    text = words.VOLUME_AT_END.sub("", text)
    if match := words.SEASON_WORD.search(text) or words.SEASON_AT_END.search(text):
        season = words.season_of(match)
        text = text[: match.start()].strip(EDGES)
    return words.YEAR_AT_END.sub(r" (\g<year>)", text), season, kind


def _name(text: str) -> str:
    text = without_tail_words(text).strip(EDGES + "：")
    quoted = _QUOTED.match(text)
    return (quoted[1] if quoted else text).strip(EDGES)
