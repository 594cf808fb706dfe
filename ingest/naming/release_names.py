"""One name, of a file or of a folder, on its own: what it says before anybody looks at where it lies."""

import re
from dataclasses import dataclass, replace

from core.domain import EpisodeKind
from ingest.naming import episode_patterns as words
from ingest.naming.release_tags import EDGES, to_dashes, without_edges, without_tail_words

_CAMERA = re.compile(
    r"^(?:IMG|VID|DSC[FN]?|MVI|PXL|GOPR|GX|GH|WIN|MOV|mmexport|screen ?(?:shot|recording)|video|clip"
    r"|录屏|截图|视频)[\s\-]*\d"
    r"|^\d{5,}|^\d{4}-?\d{2}-?\d{2}[\s\-]",
    re.IGNORECASE,
)
_BATCH = re.compile(r"\s\(?\d{1,3}\s?[-~]\s?\d{1,3}\)?$")
_ABSOLUTE_NUMBER = re.compile(r"^\s*-\s*\d{2,4}\s+-\s+")
_ABSOLUTE_AT_END = re.compile(r"(?<=\S)(?:\s-\s\d{2,4}|\s(?:0\d\d|1[0-8]\d\d))$")
_NUMBER_AT_END = re.compile(r"(?:^|\s-\s)(\d{1,4})$")
_QUOTED = re.compile(r"^[「『《“\"](.*)[」』》”\"]$")
_ON_TOP_OF_A_KIND = (EpisodeKind.OPENING, EpisodeKind.ENDING, EpisodeKind.TRAILER, EpisodeKind.OTHER)
_LONGEST_RANGE = 60
_LONGEST_SPACED_RANGE = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What one name says; `show` is empty when the name has none.

    `season_name` is a part of the season (`Season 3 Part 2`). `weak` marks a number glued to the title: a folder that
    names the show is to be preferred. `guessed` marks a film that is one only because there is no number. `explicit`
    marks `S01E02`, beside which the title keeps its number and folders say no season.
    """

    show: str = ""
    season: int | None = None
    season_name: str = ""
    kind: EpisodeKind = EpisodeKind.EPISODE
    first: float | None = None
    last: float | None = None
    name: str = ""
    understood: bool = False
    weak: bool = False
    guessed: bool = False
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class _Title:
    show: str
    season: int | None = None
    season_name: str = ""
    kind: EpisodeKind | None = None


def read_release(stem: str, *, numbered_first: bool = False) -> Reading:
    """Read a file name without its suffix; with `numbered_first` a number in front is the episode's."""
    text = words.GLUED_END.sub(r"\1", words.normalise(stem))
    if _CAMERA.search(text):
        return Reading()
    main, tagged = to_dashes(text)
    says_so = any(pattern.match(main) for pattern in words.EXPLICIT)
    if numbered_first and not says_so and (reading := _leading(main)):
        return reading
    return _marked(main) or _placed(main) or _film(main, tagged)


def read_title(text: str, *, keep_number: bool = False) -> Reading:
    """Read a show folder's name: the title without tags, the season and the kind when it names them.

    With `keep_number` a bare number at its end (`Show III`) is the title's, as the season is said elsewhere.
    """
    main, _ = to_dashes(words.normalise(text))
    title = _title(_BATCH.sub("", main), keep_number=keep_number)
    return Reading(title.show, title.season, title.season_name, title.kind or EpisodeKind.EPISODE)


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
    """Not a year, nor alone, nor the end of a range (`01 - 02`)."""
    before = main[: match.start()].strip(EDGES)
    is_range = before.isdecimal() and 0 < float(match["a"]) - float(before) <= _LONGEST_SPACED_RANGE
    return not words.YEAR.match(match["a"]) and bool(before) and not is_range


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
        if match and words.is_counting_word(main[: match.start() + 1], _number(match)):
            continue
        if match and not any(start <= match.start() + 1 < end or match.start() < start for start, end in seasons):
            return replace(_numbered(main, match), weak=pattern is words.GLUED)
    return None if words.YEAR_AT_END.search(main) else _leading(main)


def _leading(main: str) -> Reading | None:
    match = words.PURE.match(main) or words.LEADING_ANY.match(main)
    return _numbered(main, match) if match else None


def _film(main: str, tagged: bool) -> Reading:
    """No number at all: a release or a title with its year is a film, anything else is not understood."""
    title = _title(main)
    if title.show and (title.kind or tagged or words.YEAR_AT_END.search(main)):
        kind = EpisodeKind.MOVIE
        return Reading(title.show, title.season, title.season_name, kind, understood=True, guessed=title.kind is None)
    return Reading()


def _special(main: str, match: re.Match[str], *, before: re.Match[str] | None = None) -> Reading:
    number = _number(match)
    first = float(number) if number else None
    kind = words.kind_of(match)
    explicit = bool(match["s"])
    title = _title(main[: min(match.start(), before.start() if before else match.start())], keep_number=explicit)
    season = int(match["s"]) if explicit else title.season
    show, name = title.show, _name(main[match.end() :], first)
    if kind is EpisodeKind.MOVIE and not show:
        show, name = name, ""
    return Reading(show, season, title.season_name, kind, first, first, name, understood=True, explicit=explicit)


def _numbered(main: str, match: re.Match[str]) -> Reading:
    groups = match.groupdict()
    first = words.to_number(_number(match))
    last = float(groups["b"]) if groups.get("b") else first
    end = match.end()
    if groups.get("b") and not first < last <= first + _LONGEST_RANGE:
        last, end = first, match.start("b")
    explicit = bool(groups.get("s"))
    title = _title(_without_number(main[: match.start()], first, explicit=explicit), keep_number=explicit)
    season = int(groups["s"]) if explicit else title.season
    return Reading(
        title.show,
        season,
        title.season_name,
        title.kind or EpisodeKind.EPISODE,
        first,
        last,
        _name(_ABSOLUTE_NUMBER.sub("", main[end:]), first),
        understood=True,
        explicit=explicit,
    )


def _without_number(before: str, number: float, *, explicit: bool) -> str:
    """What stands before the episode's number, without the same number said once more, or counted without seasons."""
    before = without_edges(before)
    if (match := _NUMBER_AT_END.search(before)) and float(match[1]) == number:
        return before[: match.start()]
    if not explicit:
        return before
    for pattern in words.EXPLICIT:
        for match in pattern.finditer(before):
            if match.end() == len(before):
                return before[: match.start()]
    return _ABSOLUTE_AT_END.sub("", before)


def _number(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next((text for key in "acd" if (text := groups.get(key))), "")


def _title(text: str, *, keep_number: bool = False) -> _Title:
    """Take kind, volume and season off a title; with `keep_number` only a season that is called so."""
    text = without_edges(text)
    season = kind = None
    season_name = ""
    if (match := words.KIND_AT_END.search(text)) and match.start():
        kind = words.kind_of(match)
        text = without_edges(text[: match.start()])
    elif match := words.MOVIE_FIRST.match(text):
        kind = EpisodeKind.MOVIE
        text = text[match.end() :]
    text = words.VOLUME_AT_END.sub("", text)
    if match := words.SEASON_WORD.search(text) or (None if keep_number else _season_at_end(text)):
        season = words.season_of(match)
        if part := words.PART.match(text[match.end() :].strip(EDGES)):
            season_name = part[0]
        text = without_edges(text[: match.start()])
    return _Title(words.YEAR_AT_END.sub(r" (\g<year>)", text), season, season_name, kind)


def _season_at_end(text: str) -> re.Match[str] | None:
    match = words.SEASON_AT_END.search(text)
    return None if match and words.is_counting_word(text[: match.start() + 1], match[0].strip()) else match


def _name(text: str, number: float | None) -> str:
    """What stands behind the number; nothing when it only says the number once more, or a year or date."""
    text = without_tail_words(text).strip(EDGES + "：")
    quoted = _QUOTED.match(text)
    name = (quoted[1] if quoted else text).strip(EDGES)
    return "" if _is_number(name, number) or words.DATE.match(name.strip("()")) else name


def _is_number(name: str, number: float | None) -> bool:
    match = next((match for pattern in (*words.EXPLICIT, words.PURE) if (match := pattern.fullmatch(name))), None)
    return match is not None and words.to_number(_number(match)) == number
