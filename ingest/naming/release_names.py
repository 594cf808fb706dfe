"""Parsing the name of one file or folder, without the folders around it."""

import re
from dataclasses import dataclass, replace

from core.domain import EpisodeKind
from ingest.naming import episode_patterns as patterns
from ingest.naming.release_tags import EDGES, brackets_to_dashes, without_edges, without_tail_words

_CAMERA_FILE_NAME = re.compile(
    r"^(?:IMG|VID|DSC[FN]?|MVI|PXL|GOPR|GX|GH|WIN|MOV|mmexport|screen ?(?:shot|recording)|video|clip"
    r"|录屏|截图|视频)[\s\-]*\d"
    r"|^\d{5,}|^\d{4}-?\d{2}-?\d{2}[\s\-]",
    re.IGNORECASE,
)
_RANGE_AT_END = re.compile(r"\s\(?\d{1,3}\s?[-~]\s?\d{1,3}\)?$")
_ABSOLUTE_NUMBER = re.compile(r"^\s*-\s*\d{2,4}\s+-\s+")
_ABSOLUTE_AT_END = re.compile(r"(?<=\S)(?:\s-\s\d{2,4}|\s(?:0\d\d|1[0-8]\d\d))$")
_NUMBER_AT_END = re.compile(r"(?:^|\s-\s)(\d{1,4})$")
_QUOTED = re.compile(r"^[「『《“\"](.*)[」』》”\"]$")
_EXTRA_KINDS = (EpisodeKind.OPENING, EpisodeKind.ENDING, EpisodeKind.TRAILER, EpisodeKind.OTHER)
_RANGE_MAX_EPISODES = 60
_SPACED_RANGE_MAX_EPISODES = 3


@dataclass(frozen=True, slots=True)
class ParsedName:
    """The parts of one name; `show` is empty when the name has none.

    `season_name` is a part of the season (`Season 3 Part 2`). `is_show_uncertain`: the number is glued to the title, so
    a folder with the show's name is preferred. `is_assumed_film`: a film only because there is no number.
    `has_season_code`: the name has `S01E02`, so the title keeps its number and the folders' season is ignored.
    """

    show: str = ""
    season: int | None = None
    season_name: str = ""
    kind: EpisodeKind = EpisodeKind.EPISODE
    first: float | None = None
    last: float | None = None
    name: str = ""
    understood: bool = False
    is_show_uncertain: bool = False
    is_assumed_film: bool = False
    has_season_code: bool = False


@dataclass(frozen=True, slots=True)
class _ParsedTitle:
    show: str
    season: int | None = None
    season_name: str = ""
    kind: EpisodeKind | None = None


def parse_file_name(stem: str, *, numbered_first: bool = False) -> ParsedName:
    """Parse a file name without its suffix; with `numbered_first` a leading number is the episode."""
    text = patterns.GLUED_END.sub(r"\1", patterns.normalise(stem))
    if _CAMERA_FILE_NAME.search(text):
        return ParsedName()
    main, tagged = brackets_to_dashes(text)
    has_marker = any(pattern.match(main) for pattern in patterns.EXPLICIT)
    if numbered_first and not has_marker and (parsed := _parse_leading_number(main)):
        return parsed
    return _parse_by_marker(main) or _parse_by_position(main) or _parse_film(main, tagged)


def parse_title(text: str, *, keep_number: bool = False) -> ParsedName:
    """Parse the name of a show's folder: the title without tags, and the season and kind if it has them.

    With `keep_number` a bare number at the end (`Show III`) is part of the title, as the season is known otherwise.
    """
    main, _ = brackets_to_dashes(patterns.normalise(text))
    title = _split_title(_RANGE_AT_END.sub("", main), keep_number=keep_number)
    return ParsedName(title.show, title.season, title.season_name, title.kind or EpisodeKind.EPISODE)


def _parse_by_marker(main: str) -> ParsedName | None:
    """Parse by `S01E05`, `第05话`, `NCOP1` or ` - 05`; of several, by the one that concerns the whole file."""
    explicit = next((match for pattern in patterns.EXPLICIT if (match := pattern.search(main))), None)
    dashed = next(
        (match for match in reversed(list(patterns.DASHED.finditer(main))) if _is_episode_number(main, match)), None
    )
    kind = _kind_match(main)
    if kind and _number_text(kind) and not any(match and match.start() < kind.start() for match in (explicit, dashed)):
        return _parse_special(main, kind)
    if explicit:
        return _parse_episode(main, explicit)
    if kind and (not dashed or kind.start() < dashed.start() or _is_kind_alone(main[dashed.end() :], kind)):
        return _parse_special(main, kind, before=dashed)
    return _parse_episode(main, dashed) if dashed else None


def _is_episode_number(main: str, match: re.Match[str]) -> bool:
    """Whether a dashed number is neither a year, nor alone, nor the end of a range (`01 - 02`)."""
    before = main[: match.start()].strip(EDGES)
    is_range = before.isdecimal() and 0 < float(match["a"]) - float(before) <= _SPACED_RANGE_MAX_EPISODES
    return not patterns.YEAR.match(match["a"]) and bool(before) and not is_range


def _kind_match(main: str) -> re.Match[str] | None:
    if match := patterns.KIND_ONLY.match(main):
        return match
    matches = list(patterns.KIND.finditer(main))
    if matches and patterns.kind_of(matches[-1]) in _EXTRA_KINDS:
        return matches[-1]
    return matches[0] if matches else None


def _is_kind_alone(rest: str, kind: re.Match[str]) -> bool:
    """True for `Show - 05 - NCOP`, false for `Show - 05 - The Pool Opening`."""
    return rest.strip(EDGES) == kind[0].strip(EDGES) and kind[0].isupper() and patterns.kind_of(kind) in _EXTRA_KINDS


def _parse_by_position(main: str) -> ParsedName | None:
    """Parse by a number that has no marker, by its position."""
    for pattern in (patterns.PURE, patterns.LEADING_DASH, patterns.LEADING_GLUED):
        if match := pattern.match(main):
            return _parse_episode(main, match)
    if (match := patterns.DASHED_LOOSE.search(main)) and main[: match.start()].strip(EDGES):
        return _parse_episode(main, match)
    seasons = [match.span() for match in patterns.SEASON_WORD.finditer(main)]
    for pattern in (patterns.TRAILING, patterns.MIDDLE, patterns.GLUED):
        match = pattern.search(main)
        if match and patterns.is_counting_word(main[: match.start() + 1], _number_text(match)):
            continue
        if match and not any(start <= match.start() + 1 < end or match.start() < start for start, end in seasons):
            return replace(_parse_episode(main, match), is_show_uncertain=pattern is patterns.GLUED)
    return None if patterns.YEAR_AT_END.search(main) else _parse_leading_number(main)


def _parse_leading_number(main: str) -> ParsedName | None:
    match = patterns.PURE.match(main) or patterns.LEADING_ANY.match(main)
    return _parse_episode(main, match) if match else None


def _parse_film(main: str, tagged: bool) -> ParsedName:
    """Parse a name without a number: a release, or a title with its year, is a film; others are not understood."""
    title = _split_title(main)
    if title.show and (title.kind or tagged or patterns.YEAR_AT_END.search(main)):
        kind = EpisodeKind.MOVIE
        return ParsedName(
            title.show, title.season, title.season_name, kind, understood=True, is_assumed_film=title.kind is None
        )
    return ParsedName()


def _parse_special(main: str, match: re.Match[str], *, before: re.Match[str] | None = None) -> ParsedName:
    number = _number_text(match)
    first = float(number) if number else None
    kind = patterns.kind_of(match)
    has_season_code = bool(match["s"])
    title = _split_title(
        main[: min(match.start(), before.start() if before else match.start())], keep_number=has_season_code
    )
    season = int(match["s"]) if has_season_code else title.season
    show, name = title.show, _episode_name(main[match.end() :], first)
    if kind is EpisodeKind.MOVIE and not show:
        show, name = name, ""
    return ParsedName(
        show, season, title.season_name, kind, first, first, name, understood=True, has_season_code=has_season_code
    )


def _parse_episode(main: str, match: re.Match[str]) -> ParsedName:
    groups = match.groupdict()
    first = patterns.to_number(_number_text(match))
    last = float(groups["b"]) if groups.get("b") else first
    end = match.end()
    if groups.get("b") and not first < last <= first + _RANGE_MAX_EPISODES:
        last, end = first, match.start("b")
    has_season_code = bool(groups.get("s"))
    title = _split_title(
        _without_number(main[: match.start()], first, has_season_code=has_season_code), keep_number=has_season_code
    )
    season = int(groups["s"]) if has_season_code else title.season
    return ParsedName(
        title.show,
        season,
        title.season_name,
        title.kind or EpisodeKind.EPISODE,
        first,
        last,
        _episode_name(_ABSOLUTE_NUMBER.sub("", main[end:]), first),
        understood=True,
        has_season_code=has_season_code,
    )


def _without_number(before: str, number: float, *, has_season_code: bool) -> str:
    """The text before the episode's number, without a repetition of it or the number counted without seasons."""
    before = without_edges(before)
    if (match := _NUMBER_AT_END.search(before)) and float(match[1]) == number:
        return before[: match.start()]
    if not has_season_code:
        return before
    for pattern in patterns.EXPLICIT:
        for match in pattern.finditer(before):
            if match.end() == len(before):
                return before[: match.start()]
    return _ABSOLUTE_AT_END.sub("", before)


def _number_text(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next((text for key in "acd" if (text := groups.get(key))), "")


def _split_title(text: str, *, keep_number: bool = False) -> _ParsedTitle:
    """Split kind, volume and season off a title; with `keep_number` only a season with the word for it."""
    text = without_edges(text)
    season = kind = None
    season_name = ""
    if (match := patterns.KIND_AT_END.search(text)) and match.start():
        kind = patterns.kind_of(match)
        text = without_edges(text[: match.start()])
    elif match := patterns.MOVIE_FIRST.match(text):
        kind = EpisodeKind.MOVIE
        text = text[match.end() :]
    text = patterns.VOLUME_AT_END.sub("", text)
    if match := patterns.SEASON_WORD.search(text) or (None if keep_number else _season_at_end(text)):
        season = patterns.season_of(match)
        if part := patterns.PART.match(text[match.end() :].strip(EDGES)):
            season_name = part[0]
        text = without_edges(text[: match.start()])
    return _ParsedTitle(patterns.YEAR_AT_END.sub(r" (\g<year>)", text), season, season_name, kind)


def _season_at_end(text: str) -> re.Match[str] | None:
    match = patterns.SEASON_AT_END.search(text)
    return None if match and patterns.is_counting_word(text[: match.start() + 1], match[0].strip()) else match


def _episode_name(text: str, number: float | None) -> str:
    """The text after the episode's number; empty when it only repeats the number, or is a year or date."""
    text = without_tail_words(text).strip(EDGES + "：")
    quoted = _QUOTED.match(text)
    name = (quoted[1] if quoted else text).strip(EDGES)
    return "" if _is_same_number(name, number) or patterns.DATE.match(name.strip("()")) else name


def _is_same_number(name: str, number: float | None) -> bool:
    match = next((match for pattern in (*patterns.EXPLICIT, patterns.PURE) if (match := pattern.fullmatch(name))), None)
    return match is not None and patterns.to_number(_number_text(match)) == number
