"""Patterns of folders that are not a show: seasons, kinds of videos, media, and collections of shows."""

import re

from core.domain import EpisodeKind
from ingest.naming.episode_patterns import PART, SEASON, normalise

SEASON_FOLDER = re.compile(rf"^(?:{SEASON}|(?P<s8>\d{{1,2}})$)(?![A-Za-z0-9])[\s\-:.]*(?P<rest>.*)$")
BARE_NUMBER = re.compile(r"^\d{1,2}$")
NUMBERLESS_SEASON_FOLDER = re.compile(r"^(?:the )?final season$|^最[终終]季$", re.IGNORECASE)
NUMBERED_NAME_FOLDER = re.compile(r"^(?P<s1>\d{1,2})(?P<separator>\s*[-_]\s*|\s)(?P<rest>\S.*)$")
"""`2-Name of the season`, for text that still has `_`."""

_KIND_FOLDERS = (
    (EpisodeKind.OVA, r"ovas?|oads?"),
    (EpisodeKind.MOVIE, r"(?:the )?movies?|films?|剧场版|劇場版"),
    (EpisodeKind.SPECIAL, r"sps?|specials?|(?:映像)?特典(?:映像)?|番外[篇編编]?|特[别別][篇編编]"),
    (EpisodeKind.TRAILER, r"(?:(?:pvs?|cms?|trailers?|previews?|预告片?|予告)(?: ?[&+]? ?(?!$)|$))+"),
    (
        EpisodeKind.OTHER,
        r"extras?|bonus(?:es)?|menus?|featurettes|interviews?|(?:(?:nc)?op|(?:nc)?ed|nc)s?"
        r"(?: ?[&+] ?(?:nc)?(?:op|ed)s?)?"
        r"|creditless|花絮",
    ),
)
KIND_FOLDER = re.compile("|".join(f"(?P<{kind.value}>^(?:{words})$)" for kind, words in _KIND_FOLDERS), re.IGNORECASE)

_MEDIA = (
    r"(?:bd|dvd|blu-?ray|web|tv)(?:-?(?:rip|box|mv|dl))?",
    r"(?:vol(?:ume)?|dis[ck]|cd|dvd|bd|卷)[ .]*\d+|第\d+卷",
    r"stream|bdmv|main|video|正片|本[编編篇]|episodes?|\d{3,4}p",
)
MEDIA_FOLDER = re.compile(rf"^(?:{'|'.join(_MEDIA)})$", re.IGNORECASE)

_YEAR = r"(?:19|20)\d\d"
_COLLECTIONS = (
    r"animes?|动画片?|動畫|动漫|動漫|番剧?|新番|アニメ|(?:tv|anime)? ?(?:shows|series)|tv|movies?|films?|videos?|media",
    r"downloads?|torrents?|completed?|library|misc|new folder|data|files|incoming|desktop|[a-z#]",
    r"新建文件夹|未整理|视频|影片|电影|下载",
    rf"{_YEAR}(?:年(?:\d{{1,2}}月)?)?|\d{{1,2}}月(?:新番)?",
    rf"(?:{_YEAR})?[ \-]?(?:winter|spring|summer|fall|autumn|q[1-4])[ \-]?(?:{_YEAR})?",
)
COLLECTION_FOLDER = re.compile(rf"^(?:{'|'.join(_COLLECTIONS)})$", re.IGNORECASE)


def is_inside_show(name: str) -> bool:
    """Whether a folder is one inside a show's (`Season 2`, `Part 2`, `SPs`, `BD`) by its name alone."""
    text = normalise(name)
    patterns = (SEASON_FOLDER, NUMBERLESS_SEASON_FOLDER, MEDIA_FOLDER, KIND_FOLDER, PART)
    return any(pattern.match(text) for pattern in patterns) or bool(NUMBERED_NAME_FOLDER.match(name))
