"""What people type beside a picture: options, links, and whether they mean us."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from bot.messages import Options
from core.domain import SearchFilter
from core.errors import FilterError
from core.filters import parse_seasons

COMMAND: Final = "whenanime"

_SHOW: Final = "show|anime|title|番剧|番名|番|动画|作品|アニメ|作品名|タイトル"
_SEASON: Final = "seasons?|季度|季|期|シーズン"
_QUOTED: Final = r'"[^"]*"|“[^”]*”|„[^“”]*[“”]|「[^」]*」|『[^』]*』|《[^》]*》|\'[^\']*\''
_NUMBERS: Final = r"\d+(?:\s*[-–~～,，、;；]\s*\d+)*(?=[\s,，、;；.。!！?？]|$)"
_STOPS: Final = r",，;；"
_VALUE: Final = re.compile(
    rf"(?:(?<=^)|(?<=[\s{_STOPS}]))(?:"
    rf"(?P<show>{_SHOW})\s*[:：]\s*(?P<name>{_QUOTED}|[^\s]*)"
    rf"|(?P<season>{_SEASON})\s*[:：]\s*(?P<numbers>{_QUOTED}|{_NUMBERS}|[^\s]*))",
    re.IGNORECASE,
)
_PRIVATE: Final = frozenset({"private", "私密", "私下", "仅自己", "悄悄", "非公開", "内緒", "プライベート"})
_MUTED: Final = frozenset(
    {"mute", "muted", "nopreview", "静音", "无预览", "不要预览", "ミュート", "プレビューなし", "プレビュー無し"}
)
_TOGETHER: Final = frozenset({"together", "一起", "同一场景", "合并", "まとめて", "一緒に", "一緒"})

_LINK: Final = re.compile(r"https?://[^\s<>\"“”「」『』《》【】（），。、；！？]+", re.IGNORECASE)
_TRAILING: Final = ".,;:!?…'*_~`|"
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}
_NAME_CHARACTER: Final = "A-Za-z0-9_"


def parse_options(text: str) -> Options:
    """What a caption, a mention or a slash command asks for; words that mean nothing to us are passed over.

    `show:Name`, `show:"Two words"`, `season:1,3-5`, `together`, `private`, `mute`; in English, Chinese or Japanese,
    whatever their case. `FilterError` when a show is empty or a season cannot be read.
    """
    text = _LINK.sub(" ", text)
    shows: list[str] = []
    seasons: frozenset[int] = frozenset()
    for match in _VALUE.finditer(text):
        if match["season"]:
            seasons |= parse_seasons(_unquoted(match["numbers"]).replace("～", "-"))
            continue
        name = _unquoted(match["name"])
        if not name:
            raise FilterError('Show: there is no name in it; write it like show:Name or show:"Two words".')
        shows.append(name)
    words = {word.casefold() for word in re.split(rf"[\s{_STOPS}]+", _VALUE.sub(" ", text))}
    return Options(
        where=SearchFilter(tuple(dict.fromkeys(shows)), seasons),
        together=not words.isdisjoint(_TOGETHER),
        private=not words.isdisjoint(_PRIVATE),
        muted=not words.isdisjoint(_MUTED),
    )


def find_links(text: str) -> tuple[str, ...]:
    """The http(s) addresses in a text, each once, in order, without what a sentence puts around them."""
    links = (_trimmed(match[0]) for match in _LINK.finditer(text))
    return tuple(dict.fromkeys(link for link in links if _has_host(link)))


def is_addressed(text: str, names: Collection[str]) -> bool:
    """Whether a text mentions one of `names` or gives the command `/whenanime`, whatever their case.

    A name is written `@name`, unless it is a whole mention already, such as `<@123>`. `/whenanime@other` is another
    bot's.
    """
    plain = [name.lstrip("@") for name in names if name and not name.startswith("<")]
    whole = [re.escape(name) for name in names if name.startswith("<")]
    named = "|".join(map(re.escape, plain)) or "(?!)"
    mention = rf"(?<![{_NAME_CHARACTER}.])@(?:{named})(?![{_NAME_CHARACTER}])"
    command = rf"(?<!\S)/{COMMAND}(?:@(?:{named})(?![{_NAME_CHARACTER}])|(?![{_NAME_CHARACTER}@/]))"
    return re.search("|".join((mention, command, *whole)), text, re.IGNORECASE) is not None


def _unquoted(value: str) -> str:
    if re.fullmatch(_QUOTED, value):
        return value[1:-1].strip()
    return value.strip(_STOPS)


def _trimmed(link: str) -> str:
    """Without the sentence's own marks at its end; a bracket stays when it was opened inside."""
    unopened = {last: link.count(last) - link.count(first) for last, first in _BRACKETS.items()}
    end = len(link)
    while end and (link[end - 1] in _TRAILING or unopened.get(link[end - 1], 0) > 0):
        end -= 1
        if link[end] in unopened:
            unopened[link[end]] -= 1
    return link[:end]


def _has_host(link: str) -> bool:
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:
        return False
