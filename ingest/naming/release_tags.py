"""What a release says of itself, and how it is taken out: brackets, tags, groups."""

import re

from ingest.naming import episode_patterns as words

_SEGMENT = re.compile(r"\[([^\[\]]*)\]|\(([^()]*)\)|\{([^{}]*)\}")
EDGES = " -_:,·|.、"
_DASHED_SUBTITLE = re.compile(rf"(?:[^\w\-]|[{words.CJK}])-[^\s\-](?:[^\-]*[^\s\-])?-$")
"""`地。-チ。-`: a subtitle between dashes, of which the last is no edge."""

# A strong tag is never part of a title; a weak one is a tag only inside brackets.
_STRONG = "|".join(
    (
        r"(?:[fu]?hd)?\d{3,4}[pi]",
        r"\d{3,4} ?[x×] ?\d{3,4}p?|[48]k|bd-?(?:rip|remux|mv)|blu-?ray(?:rip|-\d+p)?|web-?(?:dl|rip)",
        r"hdtv(?:rip)?|dvd-?(?:rip|scr)|tv-?rip|[xh][ .]?26[45]|hevc(?:-\w+)?|avc(?:-\w+)?|xvid|divx[\d.]*|10-?bits?",
        r"8-?bits?|hi10p?|ma10p|yuv\d+p\d*|flac(?:x\d)?|e?ac-?3|aac(?:x\d|\d\.\d)?|ddp?\d\.\d|dts(?:-\w+)?",
        r"opus\d\.\d|truehd[\d.]*|remux|mp4|mkv|big5",
    )
)
_WEAK = "|".join(
    (
        r"bd|dvd|(?:bd|dvd)-?box|dis[ck] ?\d+",
        r"web|tv|nf|cr|amzn|baha|b-global|mx|at-x|gb|chs|cht|jpn?|jap|eng?|sc|tc|cn|raw|end|fin|finale|complete",
        r"batch|multi|multiple|dual|audio|(?:soft|hard)?(?:sub|dub)(?:s|bed|titles?)?",
        r"ass(?:x\d)?|srt(?:x\d)?|uncensored|uncut|repack|proper|hdr(?:10)?|sdr|[0-9a-f]{8}|[fu]?hd|opus|mp3|pcm|av1",
        r"ver ?\d|v\d|rev|jpsc|jptc",
        r"chap|\d{4}年?|\d{4}[.\-]\d\d?[.\-]\d\d?|\d\.\d(?:ch)?|r\d|完|全|完结|完結",
    )
)
_STRONG_TAG = re.compile(rf"(?<![A-Za-z0-9\-])(?:{_STRONG})(?![A-Za-z0-9])", re.IGNORECASE)
_TAGS_ONLY = re.compile(rf"(?:(?:{_STRONG}|{_WEAK})(?![A-Za-z0-9])[\s,.&+\-]*)+", re.IGNORECASE)
_TAG_CJK = re.compile(
    r"[简簡繁][体體繁日中]|[内內外][嵌封挂掛]|双语|雙語|字幕$|全集|[中日]{2}|国漫|[简簡繁]$|^[简簡繁]|典藏版|修[正复]版|月新番|招募"
)
_NAMED_MARK = re.compile(r"^\s*(第\s?\d{1,4}\s?[话話集回])(?:\s+|(?=[「『]))(\S.*?)\s*$")
"""`[第05话 Name]`."""
_NUMBER_OF_EDITION = re.compile(r"^(\d{1,4}(?:v\d)?)\s?\([^()]*\)$")
"""`[13(OA)]`, `[14(86)]`: which cut it is, or the number counted without seasons."""
_NUMBER_BEHIND_TAGS = re.compile(r"(?<=\s)(?P<a>\d{2,4})$")
_NOISE = re.compile(r"★?\s*\d{1,2}月新番\s*★?|★")
_GROUP = re.compile(r"字幕|[组組社]$|subs?$|raws?$|studio$", re.IGNORECASE)
_TAIL_WORDS = re.compile(
    r"(?:^|\s\(?|(?<=[\d话話集回화])[.(])(?:END|FIN|RAW|完|完结|完結|[終终]|완|완결|TV|(?i:BD|DVD|WEB|dual audio)"
    r"|(?<=\d\s)(?i:end|fin|final|raw)|JAPANESE|ENGLISH|MULTI|DUAL|PROPER|REPACK"
    r"|SUBFRENCH|VOSTFR|TRUEFRENCH|FRENCH|GERMAN|CUSTOM"
    r"|MULTi(?: AD)?|EXTENDED|UNCENSORED|NF|CR|AMZN|DSNP)\)?\s*$"
)


def is_tag(text: str) -> bool:
    """Whether what stands in a bracket speaks of the release and not of the show."""
    return bool(_TAG_CJK.search(text) or _STRONG_TAG.search(text) or _TAGS_ONLY.fullmatch(text))


def without_edges(text: str) -> str:
    """`- Name: ` → `Name`; a subtitle between dashes keeps both."""
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


def to_dashes(text: str) -> tuple[str, bool]:
    """Rewrite brackets into `Title - 05 - Name`, so that one reader does for all styles; whether there were tags.

    `[Group] Title [05][1080p]`, `[Group][Title][05][1080p]` and `Title - 05 (1080p)` all come out as `Title - 05`.
    """
    segments = _segments(text)
    parts = [(bracket, part if bracket else _without_loose_tags(part)) for bracket, part in segments]
    tagged = parts != segments or any(bracket and is_tag(part) for bracket, part in parts)
    parts = [(bracket, part) for bracket, part in parts if part]
    kept = [(bracket, part) for bracket, part in parts if _is_mark(part) or not (bracket and is_tag(part))]
    plain = [words_only for bracket, part in kept if not bracket and (words_only := _NOISE.sub("", part).strip(EDGES))]
    named = _named_behind(parts, plain)
    if named:
        main = named
    elif plain and not (all(map(_is_mark, plain)) and any(bracket and not _is_mark(part) for bracket, part in kept)):
        main = _around_plain(parts)
    else:
        main = _all_brackets([without_edges(part) for bracket, part in kept if bracket or _is_mark(part)], bool(plain))
    if cut := _STRONG_TAG.search(main, 1):
        main, tagged = _before_tags(main, cut), True
    main = without_tail_words(_without_end(main.strip(" ")))
    main = re.sub(r"\s+", " ", words.GLUED_END.sub(r"\1", main))
    return _without_end(main.strip(" ")), tagged


def _segments(text: str) -> list[tuple[str, str]]:
    """`("[", text)` or `("(", text)` for what stands in brackets, `("", text)` for the rest."""
    parts: list[tuple[str, str]] = []
    end = 0
    for match in _SEGMENT.finditer(text):
        inner = _NUMBER_OF_EDITION.sub(r"\1", next(group for group in match.groups() if group is not None).strip())
        inside = _NAMED_MARK.match(inner) if match[2] is None else None
        pieces = inside.groups() if inside else (inner.strip(),)
        parts += [("", text[end : match.start()]), *(("(" if match[2] is not None else "[", piece) for piece in pieces)]
        end = match.end()
    parts.append(("", text[end:]))
    return [(bracket, part) for bracket, part in parts if part.strip()]


def _is_mark(text: str) -> bool:
    """The episode and nothing else."""
    text = without_tail_words(text.strip(EDGES))
    pure = words.PURE.match(text)
    return bool(
        (pure and not _is_backwards(pure))
        or words.KIND_ONLY.match(text)
        or any(pattern.fullmatch(text) for pattern in words.EXPLICIT)
    )


def _without_loose_tags(text: str) -> str:
    """Text outside of brackets without its tags when nothing else stands there, or nothing but the episode."""
    tag = _STRONG_TAG.search(text)
    if tag and _is_mark(text[: tag.start()]):
        return text[: tag.start()]
    return "" if tag and _TAGS_ONLY.fullmatch(text.strip(EDGES)) else text


def _is_backwards(pure: re.Match[str]) -> bool:
    """`1999 - 05` is a show and its episode."""
    return bool(pure["b"]) and " - " in pure[0] and float(pure["b"]) < float(pure["a"])


def _says_season(mark: str) -> bool:
    return any(pattern.search(mark) for pattern in words.WITH_SEASON)


def _has_mark(text: str) -> bool:
    return bool(words.DASHED.search(text) or words.KIND.search(text) or any(p.search(text) for p in words.EXPLICIT))


def _around_plain(parts: list[tuple[str, str]]) -> str:
    """The text outside of brackets, with what in brackets belongs to it."""
    main = ""
    closed = False
    marked = max((index for index, (bracket, part) in enumerate(parts) if bracket and _is_mark(part)), default=0)
    for index, (bracket, part) in enumerate(parts):
        if not bracket:
            main += _NOISE.sub(" ", part) if not closed or _has_mark(part) else " "
        elif not main.strip(EDGES):
            continue
        elif words.YEAR.match(part) and (bracket == "(" or index < marked):
            main += "" if closed else f" ({part}) "
        elif _is_mark(part):
            again = bracket == "(" and _has_mark(main) and not _says_season(part)
            main += " " if again else f" - {part} - "
        elif words.SEASON_WORD.fullmatch(part):
            number = words.DASHED.search(main)
            end = number.start() if number else len(main)
            main = f"{main[:end]} {part} {main[end:]}"
        elif bracket == "(" and not closed and (part == "TV" or not is_tag(part)):
            main += f"({part})"
        elif index < marked and not closed and not is_tag(part) and not _has_mark(main) and not _GROUP.search(part):
            main += f" {part} "
        else:
            closed = closed or is_tag(part)
            main += " "
    return re.sub(r"(?:\s-)+(?=\s-)", "", re.sub(r"\s+", " ", main))


def _all_brackets(parts: list[str], outside: bool) -> str:
    """`[Group][Title][Other title][05][Name]`; `outside`: the episode stood outside, and one bracket may be a group."""
    marks = [index for index, part in enumerate(parts) if _is_mark(part)]
    if len(marks) > 1:
        marks = [index for index in marks if not words.YEAR.match(parts[index])] or marks
    numbers = [parts[index] for index in marks]
    seasons = [part for part in parts if words.SEASON_WORD.fullmatch(part)]
    texts = [part for part in parts[: marks[0] if marks else None] if not _is_mark(part) and part not in seasons]
    if len(texts) > 1:
        title = texts[1:2]
    elif len(numbers) > 1 and words.PURE.match(numbers[0]):
        title = [numbers.pop(0)]
    else:
        title = texts if not outside or not _GROUP.search("".join(texts)) else []
    name = [part for part in parts[marks[-1] + 1 :][:1] if not _is_mark(part)] if marks else []
    return " - ".join([*(" ".join([part, *seasons]) for part in title), *numbers, *name])


def _named_behind(parts: list[tuple[str, str]], plain: list[str]) -> str:
    """`[Group][Title][05][1080p] Name`; empty when it is not of this shape."""
    while parts and parts[-1][0] and is_tag(parts[-1][1]):
        parts = parts[:-1]
    *brackets, (last_bracket, last) = parts or [("", "")]
    texts = [without_edges(part) for bracket, part in brackets if bracket and (_is_mark(part) or not is_tag(part))]
    if (
        last_bracket
        or len(plain) != 1
        or _has_mark(last)
        or not any(map(_is_mark, texts))
        or not is_tag(brackets[-1][1])
    ):
        return ""
    main = _all_brackets(texts, outside=False)
    return f"{main} - {last.strip(EDGES)}" if len([text for text in texts if not _is_mark(text)]) > 1 else ""


def _before_tags(main: str, cut: re.Match[str]) -> str:
    """Cut the text at its first tag; an episode that is named only behind the tags is brought along."""
    head, tail = main[: cut.start()], main[cut.end() :]
    if not _has_mark(head):
        for pattern in words.EXPLICIT:
            if match := pattern.search(tail):
                return head + _STRONG_TAG.sub(" ", tail[match.start() :])
        number = _NUMBER_BEHIND_TAGS.search(_STRONG_TAG.sub(" ", tail))
        if number and not words.TRAILING.search(head.rstrip()) and not words.YEAR.match(number["a"]):
            return f"{head} - {number['a']}"
    return head
