"""Typed options: filters, flags and links beside a picture, and at a terminal the picture itself."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from bot.messages import Options, PictureUrl
from core.domain import SearchFilter
from core.errors import FilterError, FilterProblem
from core.retrieval.filters import name_key, parse_seasons

COMMAND: Final = "whenanime"

_SHOW: Final = "show|anime|title|番剧|番劇|番名|番|动画|動畫|作品|アニメ|作品名|タイトル"
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
_PRIVATE: Final = frozenset({"private", "私密", "私下", "仅自己", "僅自己", "悄悄", "非公開", "内緒", "プライベート"})
_MUTED: Final = frozenset(
    {
        "mute",
        "muted",
        "nopreview",
        "静音",
        "靜音",
        "无预览",
        "無預覽",
        "不要预览",
        "不要預覽",
        "ミュート",
        "プレビューなし",
        "プレビュー無し",
    }
)
_TOGETHER: Final = frozenset({"together", "一起", "同一场景", "同一場景", "合并", "合併", "まとめて", "一緒に", "一緒"})

_NO_THEMES: Final = frozenset(
    {
        "nothemes",
        "no-themes",
        "无片头片尾",
        "不含片头片尾",
        "無片頭片尾",
        "不含片頭片尾",
        "op無し",
        "opなし",
        "op・edなし",
        "opedなし",
    }
)

_LINK: Final = re.compile(r"https?://[^\s<>\"“”「」『』《》【】（），。、；！？]+", re.IGNORECASE)
_PUNCTUATION: Final = ".,;:!?…'*_~`|"
_QUOTES: Final = "'\""
_SUFFIX: Final = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}


def parse_options(text: str) -> Options:
    """Parses the options in a caption, a mention or a command; other words are ignored.

    `show:Name`, `show:"Two words"`, `season:1,3-5`, `nothemes`, `together`, `private`, `mute`; in English, Chinese
    or Japanese, whatever their case. `FilterError` when a show is empty or a season cannot be read.
    """
    text = _LINK.sub(" ", text)
    shows: list[str] = []
    seasons: frozenset[int] = frozenset()
    for match in _VALUE.finditer(text):
        if match["season"]:
            seasons |= parse_seasons(_without_quotes(match["numbers"]).replace("～", "-"))
            continue
        name = _without_quotes(match["name"])
        if not name:
            raise FilterError(
                'Show: there is no name in it; write it like show:Name or show:"Two words".', FilterProblem.NO_SHOW_NAME
            )
        shows.append(name)
    words = {word.casefold() for word in re.split(rf"[\s{_STOPS}]+", _VALUE.sub(" ", text))}
    return Options(
        where=SearchFilter(tuple(dict.fromkeys(shows)), seasons, words.isdisjoint(_NO_THEMES)),
        together=not words.isdisjoint(_TOGETHER),
        private=not words.isdisjoint(_PRIVATE),
        muted=not words.isdisjoint(_MUTED),
    )


class ShowTitles:
    """Library names of shows by their titles. `titles`: of a show, by its name in the library, by locale."""

    def __init__(self, titles: Mapping[str, Mapping[str, str]]) -> None:
        self._shows: dict[str, list[str]] = {}
        for show, translated in titles.items():
            for title in translated.values():
                shows = self._shows.setdefault(name_key(title), [])
                if title.strip() and show not in shows:
                    shows.append(show)
        for show in titles:  # a name in the library means that show, even if another has it as a title
            self._shows[name_key(show)] = [show]

    def library_names(self, where: SearchFilter) -> SearchFilter:
        """The filter with the library's names for titles, compared by `name_key`; other names stay."""
        shows = [show for name in where.shows for show in self._shows.get(name_key(name)) or [name]]
        return replace(where, shows=tuple(dict.fromkeys(shows)))


def find_links(text: str) -> tuple[str, ...]:
    """The http(s) addresses in a text, each once, in order, without the punctuation around them."""
    links = (_without_punctuation(match[0]) for match in _LINK.finditer(text))
    return tuple(dict.fromkeys(link for link in links if _has_host(link)))


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A parsed line: pictures and links in their order, other words, and paths of files that do not exist."""

    pictures: tuple[Path | PictureUrl, ...] = ()
    options: str = ""
    missing: tuple[str, ...] = ()


def parse_line(line: str) -> TypedLine:
    """Parses a line with paths as terminals and file managers write them: quoted, escaped, or as `file://` URLs.

    A line that is the path of a file as it stands is that file, blanks and quotation marks included.
    """
    whole = line.strip()
    bare = whole[1:-1] if whole[:1] in _QUOTES and whole[:1] == whole[-1:] else whole
    for text in (whole, bare):
        path = _local_path(text)
        if path is not None and _is_file(path):
            return TypedLine((path,))
    pictures: list[Path | PictureUrl] = []
    option_words: list[str] = []
    missing: list[str] = []
    for part in _parts(whole):
        path = _local_path(part)
        if path is None:
            pictures += [PictureUrl(url) for url in find_links(part)]
        elif _is_file(path):
            pictures.append(path)
        elif part.startswith("file:") or _looks_like_path(part):
            missing.append(str(path))
        else:
            option_words.append(_as_option(part))
    return TypedLine(tuple(pictures), " ".join(option_words), tuple(missing))


def _without_quotes(value: str) -> str:
    if re.fullmatch(_QUOTED, value):
        return value[1:-1].strip()
    return value.strip(_STOPS)


def _without_punctuation(link: str) -> str:
    """The link without punctuation at its end; a bracket stays when it was opened inside."""
    unopened = {last: link.count(last) - link.count(first) for last, first in _BRACKETS.items()}
    end = len(link)
    while end and (link[end - 1] in _PUNCTUATION or unopened.get(link[end - 1], 0) > 0):
        end -= 1
        if link[end] in unopened:
            unopened[link[end]] -= 1
    return link[:end]


def _has_host(link: str) -> bool:
    try:
        return bool(urlsplit(link).hostname)
    except ValueError:
        return False


def _parts(line: str) -> list[str]:
    """Words as a shell splits them; split at blanks where quotation marks do not pair up."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _local_path(text: str) -> Path | None:
    """The path that a text may be; `None` for a link."""
    if text.lower().startswith(("http://", "https://", "<http")):
        return None
    if text.startswith("file://"):
        return Path(url2pathname(urlsplit(text).path))
    try:
        return Path(text).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        return Path(text)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a line that is too long for a name, or with a null character
        return False


def _looks_like_path(text: str) -> bool:
    return ":" not in text and ("/" in text or bool(_SUFFIX.search(text)))


def _as_option(word: str) -> str:
    """The word with the quotation marks that the shell removed: `show:Two words` was `show:"Two words"`."""
    name, colon, value = word.partition(":")
    return f'{name}:"{value}"' if colon and " " in value else word
