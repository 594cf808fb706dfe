"""Removing release tags from names: brackets, quality and language tags, groups."""

import re

from ingest.naming import episode_patterns as patterns

_SEGMENT = re.compile(r"\[([^\[\]]*)\]|\(([^()]*)\)|\{([^{}]*)\}")
EDGES = " -_:,·|.、"
_DASHED_SUBTITLE = re.compile(rf"(?:[^\w\-]|[{patterns.CJK}])-[^\s\-](?:[^\-]*[^\s\-])?-$")
"""`地。-チ。-`: a subtitle between dashes, whose last dash is kept."""

# Unambiguous tags are never part of a title; the others are tags only inside brackets.
_UNAMBIGUOUS_TAGS = "|".join(
    (
        r"(?:[fu]?hd)?\d{3,4}[pi]",
        r"\d{3,4} ?[x×] ?\d{3,4}p?|[48]k|bd-?(?:rip|remux|mv)|blu-?ray(?:rip|-\d+p)?|web-?(?:dl|rip)",
        r"hdtv(?:rip)?|dvd-?(?:rip|scr)|tv-?rip|[xh][ .]?26[45]|hevc(?:-\w+)?|avc(?:-\w+)?|xvid|divx[\d.]*|10-?bits?",
        r"8-?bits?|hi10p?|ma10p|yuv\d+p\d*|flac(?:x\d)?|e?ac-?3|aac(?:x\d|\d\.\d)?|ddp?\d\.\d|dts(?:-\w+)?",
        r"opus\d\.\d|truehd[\d.]*|remux|mp4|mkv|big5",
    )
)
_BRACKETED_TAGS = "|".join(
    (
        r"bd|dvd|(?:bd|dvd)-?box|dis[ck] ?\d+",
        r"web|tv|nf|cr|amzn|baha|b-global|mx|at-x|gb|chs|cht|jpn?|jap|eng?|sc|tc|cn|raw|end|fin|finale|complete",
        r"batch|multi|multiple|dual|audio|(?:soft|hard)?(?:sub|dub)(?:s|bed|titles?)?",
        r"ass(?:x\d)?|srt(?:x\d)?|uncensored|uncut|repack|proper|hdr(?:10)?|sdr|[0-9a-f]{8}|[fu]?hd|opus|mp3|pcm|av1",
        r"ver ?\d|v\d|rev|jpsc|jptc",
        r"chap|\d{4}年?|\d{4}[.\-]\d\d?[.\-]\d\d?|\d\.\d(?:ch)?|r\d|完|全|完结|完結",
    )
)
_UNAMBIGUOUS_TAG = re.compile(rf"(?<![A-Za-z0-9\-])(?:{_UNAMBIGUOUS_TAGS})(?![A-Za-z0-9])", re.IGNORECASE)
_TAGS_ONLY = re.compile(rf"(?:(?:{_UNAMBIGUOUS_TAGS}|{_BRACKETED_TAGS})(?![A-Za-z0-9])[\s,.&+\-]*)+", re.IGNORECASE)
_TAG_CJK = re.compile(
    r"[简簡繁][体體繁日中]|[内內外][嵌封挂掛]|双语|雙語|字幕$|全集|[中日]{2}|国漫|[简簡繁]$|^[简簡繁]|典藏版|修[正复]版|月新番|招募"
)
_MARKER_AND_NAME = re.compile(r"^\s*(第\s?\d{1,4}\s?[话話集回])(?:\s+|(?=[「『]))(\S.*?)\s*$")
"""`[第05话 Name]`."""
_NUMBER_OF_EDITION = re.compile(r"^(\d{1,4}(?:v\d)?)\s?\([^()]*\)$")
"""`[13(OA)]`, `[14(86)]`: the edition, or the number counted without seasons."""
_NUMBER_BEHIND_TAGS = re.compile(r"(?<=\s)(?P<a>\d{2,4})$")
_SEASONAL_LABEL = re.compile(r"★?\s*\d{1,2}月新番\s*★?|★")
_GROUP_NAME = re.compile(r"字幕|[组組社]$|subs?$|raws?$|studio$", re.IGNORECASE)
_TAIL_WORDS = re.compile(
    r"(?:^|\s\(?|(?<=[\d话話集回화])[.(])(?:END|FIN|RAW|完|完结|完結|[終终]|완|완결|TV|(?i:BD|DVD|WEB|dual audio)"
    r"|(?<=\d\s)(?i:end|fin|final|raw)|JAPANESE|ENGLISH|MULTI|DUAL|PROPER|REPACK"
    r"|SUBFRENCH|VOSTFR|TRUEFRENCH|FRENCH|GERMAN|CUSTOM"
    r"|MULTi(?: AD)?|EXTENDED|UNCENSORED|NF|CR|AMZN|DSNP)\)?\s*$"
)


def is_tag(text: str) -> bool:
    """Whether the text in a bracket is about the release, not the show."""
    return bool(_TAG_CJK.search(text) or _UNAMBIGUOUS_TAG.search(text) or _TAGS_ONLY.fullmatch(text))


def without_edges(text: str) -> str:
    """`- Name: ` → `Name`; a subtitle between dashes keeps them."""
    return _without_end(text.lstrip(EDGES))


def _without_end(text: str) -> str:
    stripped = text.rstrip(EDGES)
    closed = f"{stripped}-"
    return closed if text.startswith(closed) and _DASHED_SUBTITLE.search(closed) else stripped


def without_tail_words(text: str) -> str:
    """`05 END` → `05`."""
    while tail := _TAIL_WORDS.search(text):
        text = text[: tail.start()]
    return text


def without_bracketed_tags(text: str) -> str:
    """`Name (2019) [1080p]` → `Name`."""
    for match in reversed(list(_SEGMENT.finditer(text))):
        if is_tag(match[0][1:-1]):
            text = text[: match.start()] + text[match.end() :]
    return without_edges(text)


def brackets_to_dashes(text: str) -> tuple[str, bool]:
    """Rewrite brackets to `Title - 05 - Name`, the form that is parsed; and whether there were tags.

    `[Group] Title [05][1080p]`, `[Group][Title][05][1080p]` and `Title - 05 (1080p)` all come out as `Title - 05`.
    """
    segments = _segments(text)
    parts = [(bracket, part if bracket else _without_loose_tags(part)) for bracket, part in segments]
    tagged = parts != segments or any(bracket and is_tag(part) for bracket, part in parts)
    parts = [(bracket, part) for bracket, part in parts if part]
    untagged = [(bracket, part) for bracket, part in parts if _is_marker(part) or not (bracket and is_tag(part))]
    plain = [
        words_only
        for bracket, part in untagged
        if not bracket and (words_only := _SEASONAL_LABEL.sub("", part).strip(EDGES))
    ]
    named = _join_brackets_and_name(parts, plain)
    if named:
        main = named
    elif plain and not (
        all(map(_is_marker, plain)) and any(bracket and not _is_marker(part) for bracket, part in untagged)
    ):
        main = _join_outside_text(parts)
    else:
        main = _join_brackets(
            [without_edges(part) for bracket, part in untagged if bracket or _is_marker(part)], bool(plain)
        )
    if tag := _UNAMBIGUOUS_TAG.search(main, 1):
        main, tagged = _before_tags(main, tag), True
    main = without_tail_words(_without_end(main.strip(" ")))
    main = re.sub(r"\s+", " ", patterns.GLUED_END.sub(r"\1", main))
    return _without_end(main.strip(" ")), tagged


def _segments(text: str) -> list[tuple[str, str]]:
    """`("[", text)` or `("(", text)` for text in brackets, `("", text)` for the rest."""
    parts: list[tuple[str, str]] = []
    end = 0
    for match in _SEGMENT.finditer(text):
        inner = _NUMBER_OF_EDITION.sub(r"\1", next(group for group in match.groups() if group is not None).strip())
        inside = _MARKER_AND_NAME.match(inner) if match[2] is None else None
        pieces = inside.groups() if inside else (inner.strip(),)
        parts += [("", text[end : match.start()]), *(("(" if match[2] is not None else "[", piece) for piece in pieces)]
        end = match.end()
    parts.append(("", text[end:]))
    return [(bracket, part) for bracket, part in parts if part.strip()]


def _is_marker(text: str) -> bool:
    """Whether the text is an episode and nothing else."""
    text = without_tail_words(text.strip(EDGES))
    pure = patterns.PURE.match(text)
    return bool(
        (pure and not _is_descending_range(pure))
        or patterns.KIND_ONLY.match(text)
        or any(pattern.fullmatch(text) for pattern in patterns.EXPLICIT)
    )


def _without_loose_tags(text: str) -> str:
    """Text outside of brackets, without its tags if there is nothing else, or nothing but the episode."""
    tag = _UNAMBIGUOUS_TAG.search(text)
    if tag and _is_marker(text[: tag.start()]):
        return text[: tag.start()]
    return "" if tag and _TAGS_ONLY.fullmatch(text.strip(EDGES)) else text


def _is_descending_range(pure: re.Match[str]) -> bool:
    """Whether a range descends: `1999 - 05` is a show and its episode."""
    return bool(pure["b"]) and " - " in pure[0] and float(pure["b"]) < float(pure["a"])


def _has_season(marker: str) -> bool:
    return any(pattern.search(marker) for pattern in patterns.WITH_SEASON)


def _has_marker(text: str) -> bool:
    return bool(
        patterns.DASHED.search(text) or patterns.KIND.search(text) or any(p.search(text) for p in patterns.EXPLICIT)
    )


def _join_outside_text(parts: list[tuple[str, str]]) -> str:
    """The text outside of brackets, joined with those brackets that belong to it."""
    main = ""
    closed = False
    last_marker = max((index for index, (bracket, part) in enumerate(parts) if bracket and _is_marker(part)), default=0)
    for index, (bracket, part) in enumerate(parts):
        if not bracket:
            main += _SEASONAL_LABEL.sub(" ", part) if not closed or _has_marker(part) else " "
        elif not main.strip(EDGES):
            continue
        elif patterns.YEAR.match(part) and (bracket == "(" or index < last_marker):
            main += "" if closed else f" ({part}) "
        elif _is_marker(part):
            is_repeated = bracket == "(" and _has_marker(main) and not _has_season(part)
            main += " " if is_repeated else f" - {part} - "
        elif patterns.SEASON_WORD.fullmatch(part):
            number = patterns.DASHED.search(main)
            end = number.start() if number else len(main)
            main = f"{main[:end]} {part} {main[end:]}"
        elif bracket == "(" and not closed and (part == "TV" or not is_tag(part)):
            main += f"({part})"
        elif (
            index < last_marker
            and not closed
            and not is_tag(part)
            and not _has_marker(main)
            and not _GROUP_NAME.search(part)
        ):
            main += f" {part} "
        else:
            closed = closed or is_tag(part)
            main += " "
    return re.sub(r"(?:\s-)+(?=\s-)", "", re.sub(r"\s+", " ", main))


def _join_brackets(parts: list[str], has_outside_marker: bool) -> str:
    """Join `[Group][Title][Other title][05][Name]`; `has_outside_marker`: the episode was outside of brackets, so that
    a single bracket may be a group."""
    markers = [index for index, part in enumerate(parts) if _is_marker(part)]
    if len(markers) > 1:
        markers = [index for index in markers if not patterns.YEAR.match(parts[index])] or markers
    numbers = [parts[index] for index in markers]
    seasons = [part for part in parts if patterns.SEASON_WORD.fullmatch(part)]
    texts = [part for part in parts[: markers[0] if markers else None] if not _is_marker(part) and part not in seasons]
    if len(texts) > 1:
        title = texts[1:2]
    elif len(numbers) > 1 and patterns.PURE.match(numbers[0]):
        title = [numbers.pop(0)]
    else:
        title = texts if not has_outside_marker or not _GROUP_NAME.search("".join(texts)) else []
    name = [part for part in parts[markers[-1] + 1 :][:1] if not _is_marker(part)] if markers else []
    return " - ".join([*(" ".join([part, *seasons]) for part in title), *numbers, *name])


def _join_brackets_and_name(parts: list[tuple[str, str]], plain: list[str]) -> str:
    """Join `[Group][Title][05][1080p] Name`; empty for other forms."""
    while parts and parts[-1][0] and is_tag(parts[-1][1]):
        parts = parts[:-1]
    *brackets, (last_bracket, last) = parts or [("", "")]
    texts = [without_edges(part) for bracket, part in brackets if bracket and (_is_marker(part) or not is_tag(part))]
    if (
        last_bracket
        or len(plain) != 1
        or _has_marker(last)
        or not any(map(_is_marker, texts))
        or not is_tag(brackets[-1][1])
    ):
        return ""
    main = _join_brackets(texts, has_outside_marker=False)
    return f"{main} - {last.strip(EDGES)}" if len([text for text in texts if not _is_marker(text)]) > 1 else ""


def _before_tags(main: str, tag: re.Match[str]) -> str:
    """The text before its first tag, with the episode if it is only after the tags."""
    head, tail = main[: tag.start()], main[tag.end() :]
    if not _has_marker(head):
        for pattern in patterns.EXPLICIT:
            if match := pattern.search(tail):
                return head + _UNAMBIGUOUS_TAG.sub(" ", tail[match.start() :])
        number = _NUMBER_BEHIND_TAGS.search(_UNAMBIGUOUS_TAG.sub(" ", tail))
        if number and not patterns.TRAILING.search(head.rstrip()) and not patterns.YEAR.match(number["a"]):
            return f"{head} - {number['a']}"
    return head
