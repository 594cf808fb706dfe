"""Names of chapters in English, Japanese and Chinese, as releases have them, and what each stands for."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class ChapterRole(StrEnum):
    """What a name of a chapter stands for; what some of them are depends on the chapters beside them.

    `INTRO` and `OUTRO` are an opening and an ending, or story before and after them; `THEME_SONG` and `CREDITS` either,
    by their place. `STORY` is surely no part that is skipped. `UNNAMED`: a number, a time or nothing.
    """

    OPENING = "opening"
    ENDING = "ending"
    INTRO = "intro"
    OUTRO = "outro"
    THEME_SONG = "theme_song"
    CREDITS = "credits"
    COLD_OPEN = "cold_open"
    RECAP = "recap"
    PREVIEW = "preview"
    EYECATCH = "eyecatch"
    SPONSOR = "sponsor"
    STORY = "story"
    UNNAMED = "unnamed"


_BEFORE: Final = (
    r"(?:nc|creditless|textless|clean|non ?credit|no ?credits?|uncredited|full|tv ?size|short|new|final|last|special|"
    r"alternate|alternative|1st|2nd|3rd|4th|first|second|third|main|ノンクレジット|ノンテロップ|ノンクレ|"
    r"新|第 ?[一二三四1-4] ?|无字幕|無字幕|无字|無字)"
)
"""Words before the name of an opening or an ending."""
_AFTER: Final = (
    r"(?:theme|song|music|movie|animation|video|sequence|titles?|credits?|roll|"
    r"テーマ(?:ソング|曲)?|ソング|ムービー|アニメ(?:ーション)?|映像|主題歌|主題曲|曲|歌|动画|動畫|動画|主题曲|主题歌)"
)
"""Words after it."""
_NUMBER: Final = r"(?:(?: ?(?:#|no ?|v|ver ?|version ?|part ?)?\d{1,3}[a-d]?(?: ?v ?\d)?)|(?: (?:i{1,3}|iv|v|[a-d])))"
_PATTERNS: Final[dict[ChapterRole, tuple[str, ...]]] = {
    ChapterRole.OPENING: (
        rf"(?:{_BEFORE} ?)*(?:op|opn|opening|openning|オープニング|オープニングタイトル)(?: ?{_AFTER})*",
        r"(?:title|intro(?:duction)?) (?:sequence|song|theme|credits?)",
        r"main titles",
        r"(?:op ?)?片[头頭](?:曲|歌|动画|動畫|主[题題][曲歌]|音[乐樂])?(?: ?op)?",
        r"开头曲|開頭曲|开场曲|開場曲|开篇曲",
    ),
    ChapterRole.ENDING: (
        rf"(?:{_BEFORE} ?)*(?:ed|ending|エンディング|エンディングタイトル)(?: ?{_AFTER})*",
        r"(?:end(?:ing)?|closing|staff|final|credits?) ?(?:credits?|roll|theme|song|titles?|sequence)",
        r"closing",
        r"outro (?:song|theme|credits?)",
        r"スタッフロール|スタッフクレジット|エンドロール|エンドクレジット|エンディングロール",
        r"(?:ed ?)?片尾(?:曲|歌|动画|動畫|主[题題][曲歌]|音[乐樂])?(?: ?ed)?",
        r"[结結]尾曲|[结結]束曲|[制製]作人[员員](?:名[单單])?|演[职職][员員]表",
    ),
    ChapterRole.INTRO: (r"intro(?:duction)?s?", r"イントロ(?:ダクション)?", r"开场|開場|开头|開頭|导入"),
    ChapterRole.OUTRO: (r"outro", r"アウトロ"),
    ChapterRole.THEME_SONG: (r"(?:main )?theme(?: song| music)?", r"主[题題][曲歌]", r"テーマ(?:ソング|曲)"),
    ChapterRole.CREDITS: (r"credits?", r"クレジット", r"字幕表"),
    ChapterRole.COLD_OPEN: (
        r"avant? ?(?:title|titre|part|opening|op)?s?|avan ?title",
        r"prologue?|prolog|preface",
        r"cold ?open(?:ing)?|teaser|hook",
        r"pre ?(?:op|opening|credits?|titles?)(?: ?(?:scene|sequence))?|before (?:the )?(?:op|opening)",
        r"アバン(?:タイトル|パート)?|プロローグ|序章|序幕|冒頭",
        r"楔子|引子|前导|前導|前奏|先导片段",
    ),
    ChapterRole.RECAP: (
        r"(?:episode )?recap|(?:the )?(?:story|plot) ?so ?far|previously(?: on\b.*)?|last (?:time|episode)(?: on\b.*)?|"
        r"last week|synopsis|summary|review of (?:the )?(?:last|previous) episode|previous(?:ly)? (?:episode|story)",
        r"前回(?:の)?(?:あらすじ|まで|ダイジェスト|のお話)?|(?:これまでの)?(?:あらすじ|粗筋|お話)|これまで|前回の.*|"
        r"リキャップ|おさらい|ダイジェスト",
        r"前情提要|前情回[顾顧]|前集回[顾顧]|前[集期回话話]提要|上[集期回话話](?:回[顾顧]|提要)|剧情回顾|劇情回顧|回[顾顧]|提要",
    ),
    ChapterRole.PREVIEW: (
        r"(?:next ?(?:time|ep|episode|week|story|chapter)?(?: on\b.*)?[ ']*s? ?)?(?:pre ?view|yokoku|trailer|pv)s?",
        r"next(?: ?(?:time|ep|episode|week|story))?(?: on\b.*)?",
        r"preview (?:of|for) (?:the )?next (?:episode|week|time)",
        r"jikai(?: ?yokoku)?|yokokuhen|on the next episode|coming up(?: next)?",
        r"(?:次回|次週|次話|来週|次巻|第?\d+話)?(?:の)?(?:予告(?:編|篇)?|よこく)|次回|次回のお話|次週|次回へ",
        r"(?:下[集期回话話周週]|次[回集]|第?\d+[集话話])?(?:的)?(?:预告|預告|豫告)(?:片|篇)?|下[集回期]",
    ),
    ChapterRole.EYECATCH: (
        r"(?:mid(?:dle)? ?)?eye ?cat?ch(?:er)?(?: ?(?:art|card))?|bumpers?|ec|commercial bumper|intermission",
        r"アイキャッチ(?:画面)?[a-d]?|中間アイキャッチ|アイキャチ",
        r"中场(?:画面|休息)?|中場(?:畫面|休息)?|[过過][场場](?:[动動][画畫])?|[转轉][场場]",
    ),
    ChapterRole.SPONSOR: (
        r"sponsors?(?: ?(?:card|screen|credits?|message|logo|call))?|teikyou?|brought to you by.*",
        r"提供(?:クレジット|画面|ベース|バック|絵|目|読み|表示)?|スポンサー(?:クレジット|表示)?",
        r"[赞贊]助(?:商|畫面|画面)?(?:名[单單])?",
    ),
    ChapterRole.STORY: (
        r"(?:part|act|half|segment|section|block) ?(?:[a-h]|one|two|three|four|i{1,3}|iv|v|\d{1,2})",
        r"[a-h] ?(?:part|パート|part\.?|部分|段|面|片段)|(?:1st|2nd|first|second) (?:part|half)",
        r"[a-d]|main|(?:main )?(?:episode|story|body|feature|show|content|program|part|film|movie)",
        r"epilog(?:ue)?|c ?part|post ?(?:ed|ending|credits?)(?: ?scene)?",
        r"after (?:the )?(?:op|ed|opening|ending|credits).*",
        r"omake|extra|bonus|end ?card|end ?screen|title ?(?:card|call|screen)?|sub ?title|episode title",
        r"cm|commercials?|logos?",
        r"本編|本篇|正片|正篇|[前後后中]編|[前後后中]篇|[前后後上下]半(?:部分?|段|篇)?|[前後]半パート|パート[a-h\d]",
        r"エピローグ|おまけ|エンドカード|サブタイトル|タイトル(?:コール)?|尾声|尾聲|彩蛋|花絮|[广廣]告|[标標][题題]",
    ),
    ChapterRole.UNNAMED: (
        r"(?:chapter|chap|ch|kapitel|chapitre|cap[ií]tulo|capitolo|scene|track|marker|index|untitled|no title)? ?\d*",
        r"(?:チャプター|シーン|章节|章節|章|场景|場景) ?\d*|第 ?[\d一二三四五六七八九十]+ ?(?:章|节|節|段)",
        r"[\d ]+",
    ),
}
_COMPILED: Final = {
    role: re.compile("|".join(f"(?:{pattern}){_NUMBER}?" for pattern in patterns))
    for role, patterns in _PATTERNS.items()
}
_LEADING: Final = re.compile(
    r"^(?:(?:chapter|chap|ch|チャプター|章节|章節)[ .]?\d{1,3}|第 ?\d{1,4} ?(?:章|話|话|集|回)|"
    r"(?:episode|ep|e|#)[ .]?\d{1,4}|\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?|\d{1,3})(?:[ .:|_)、-]+|$)(?=\D)"
)
"""A number or a time before a name."""
_SEPARATOR: Final = re.compile(r"\s*[:|/~〜・…;,、\"“”‟=]+\s*|\s+[-–—―]+\s*|\s*[–—―]+\s*|\s*[-–—]+\s+")
_BRACKETS: Final = re.compile(r"[\[\](){}<>「」『』【】《》〈〉〔〕“”«»]")
_INNER: Final = re.compile(r"[\s._\-'’!?#*+&。！？]+")
_TITLE_LIMIT: Final = 200
"""Characters of a name that are read: it is written by strangers."""
_STRICT: Final = frozenset({ChapterRole.OPENING, ChapterRole.ENDING})


def chapter_role(title: str) -> ChapterRole | None:
    """What a chapter is, by its name alone; `None` for a name that says nothing of it, such as that of a scene.

    Case, width, numbers, brackets and punctuation do not matter. Of `Opening: Gurenge` and `OP「曲名」` the first part
    counts; of `Name (OP)` the last one, if it says nothing but opening or ending.
    """
    text = unicodedata.normalize("NFKC", title[:_TITLE_LIMIT]).casefold().strip()
    text = _BRACKETS.sub(" : ", text)
    text = _LEADING.sub("", text.strip(" :"))
    parts = [part for part in map(_plain, _SEPARATOR.split(text)) if part]
    if not parts:
        return ChapterRole.UNNAMED
    first = _role_of(parts[:1])
    if first is None or (first is ChapterRole.UNNAMED and len(parts) > 1):
        last = _role_of(parts[-1:])
        whole = _role_of([" ".join(parts)])
        return whole or (last if last in _STRICT else None)
    return first


def _plain(part: str) -> str:
    return _INNER.sub(" ", part).strip()


def _role_of(parts: Iterable[str]) -> ChapterRole | None:
    (text,) = parts
    return next((role for role, pattern in _COMPILED.items() if pattern.fullmatch(text)), None)
