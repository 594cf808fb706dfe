"""Patterns of names: episode numbers, kinds of videos, seasons, parts, years.

All patterns expect text from `normalise`: digits are ASCII, brackets are `[]`, `()` or `{}`, words are separated by
spaces. Groups: `a` (or `c`, `d` in another branch) is the first episode, `b` the last, `s` the season.
"""

import re
import unicodedata

from core.domain import EpisodeKind

_WIDE = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_TRANSLATION = _WIDE | str.maketrans("【】［］〔〕（）｛｝　＃＿～〜－–—", "[][][](){} #_~~---")
_BRACKETED = re.compile(r"[\[({][^\[\](){}]*[\])}]")
CJK = r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_CJK_DIGITS = "〇一二三四五六七八九"
_BEFORE = r"(?<![A-Za-z0-9])"
_AFTER = r"(?![A-Za-z0-9])"


def normalise(text: str) -> str:
    """Text in NFC with full-width letters, digits, brackets and dashes as ASCII, and `_` and the dots of `A.Name` as
    spaces.
    """
    text = unicodedata.normalize("NFC", text).translate(_TRANSLATION)
    outside = _BRACKETED.sub("", text).strip()
    spaced = bool(re.search(r"\s", outside))
    text = text.replace("_", " ")
    if not spaced and outside.count(".") > 1:
        text = re.sub(r"(?<!\d)\.|\.(?!\d)|\.(?=\d{3,4}[pi]\b)|(?<=\d{2})\.(?=\d{2,})", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def to_number(text: str) -> float:
    """The value of `05`, `5.5`, `十二`, `一百零三` or `一〇三`."""
    if text[0].isdecimal():
        return float(text)
    digits = [_CJK_DIGITS.find(char) for char in text.replace("两", "二").replace("零", "〇")]
    if -1 not in digits:
        return float("".join(map(str, digits)))
    total = digit = 0
    for char, value in zip(text, digits, strict=True):
        if value == -1:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
        digit = max(value, 0)
    return float(total + digit)


_NUM = r"\d{1,4}(?:\.\d)?(?!\d)"
_THOUSANDS = r"1[0-8]\d\d"
"""Episode numbers from 1000 that need no dash; from 1900 on, a number without one is a year or part of the title."""
_VERSION = r"(?:[a-c](?![A-Za-z]))?(?:\s?[vV]\d)?"
_COUNT = r"(?:\d{1,4}(?:\.\d)?|[〇零一二两三四五六七八九十百千]+)"
_RANGE = rf"(?P<a>{_NUM}){_VERSION}(?:\s?[-~&+]\s?(?P<b>{_NUM}){_VERSION}|\s(?:of|из)\s\d{{1,4}})?"
_EPISODE_WORDS = r"Episodes?|Epis[oó]dio|[ÉE]pisode|Epi?|Folge|Cap(?:[íi]tulo)?|Серия|Эпизод|Выпуск|에피소드|#"
_EPISODE_SIGNS = r"(?:[话話集回]|[화회](?![가-힣])|[\s\-]?[яй]?\s?(?:сери[яий]|эпизод|выпуск)(?!\w))"

EXPLICIT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_BEFORE}S(?P<s>\d{{1,2}})\s?[-x]?\s?EP?\s?(?P<a>{_NUM}){_VERSION}"
        rf"(?:(?:\s?[-~&+]?\s?(?:S\d{{1,2}})?E|[-~&+])(?P<b>\d{{1,4}}){_AFTER})?",
        rf"{_BEFORE}(?P<s>\d{{1,2}})x(?P<a>\d{{2,3}}){_VERSION}(?:-(?:\d{{1,2}}x)?(?P<b>\d{{2,3}}))?{_AFTER}",
        rf"[第제]\s?(?P<a>{_COUNT})(?:\s?[-~&+]\s?(?P<b>\d{{1,4}}))?\s?{_EPISODE_SIGNS}{_VERSION}",
        rf"(?<![A-Za-z0-9.])(?P<a>{_NUM})(?:[-~&+](?P<b>{_NUM}))?{_EPISODE_SIGNS}{_VERSION}",
        rf"{_BEFORE}(?:{_EPISODE_WORDS})[\s.:]*{_RANGE}{_AFTER}",
        rf"{_BEFORE}E(?P<a>\d{{2,4}}){_VERSION}(?:-?E(?P<b>\d{{2,4}}))?{_AFTER}",
    )
)
"""Episode numbers with a marker, the least ambiguous first."""
WITH_SEASON = EXPLICIT[:2]
"""Those of them with a season."""
GLUED_END = re.compile(
    r"(?<=[0-9话話集回화회])(v\d)?-?(?:END|FIN|FINAL|完|完结|完結|[終终]|완|완결)(?=\s*(?:$|[\[\]()\-]))", re.IGNORECASE
)
"""`12END`, `第12话完`; the group is the version before it."""

# Episode numbers by position.
DASHED_LOOSE = re.compile(r"\s-\s(?P<a>\d{2,3})\s(?=\S)|(?<=[^\s\d])-(?P<c>\d\d)-(?=\D)")
DASHED = re.compile(rf"(?:^|(?<=\s))-\s?{_RANGE}(?=\s*$|\s+-|\s*[\[(「『])")
PURE = re.compile(rf"^{_RANGE}\s*$")
LEADING_DASH = re.compile(rf"^{_RANGE}(?:\s+-\s*|\.\s+|-\s+)(?=\S)")
LEADING_GLUED = re.compile(r"^(?P<a>\d{2,4})(?:-(?P<b>\d{2,4}))?-(?=\D)")
LEADING_ANY = re.compile(rf"^(?P<a>{_NUM}){_VERSION}(?:[-~&+](?P<b>{_NUM}){_VERSION})?(?:\s*-\s*|\.\s*|\s+)(?=\S)")
TRAILING = re.compile(
    rf"(?<=\S)(?<!\.)\s(?P<a>(?:\d{{1,3}}|(?<=\D\s){_THOUSANDS})(?:\.\d)?){_VERSION}"
    r"(?:[-~&+](?P<b>\d{1,4})|\s(?:of|из)\s\d{1,4})?$",
    re.IGNORECASE,
)
MIDDLE = re.compile(
    rf"(?<=\S)\s(?:(?P<a>0[1-9]){_VERSION}\s(?=\S)|(?P<c>\d{{2,3}}|{_THOUSANDS}){_VERSION}\s(?=[{CJK}]))"
)
GLUED = re.compile(
    rf"(?<=[{CJK}])(?P<a>\d{{2,3}}|{_THOUSANDS})$|(?<=[A-Za-z]{{3}})-?(?P<c>\d{{2}})$|(?<=[A-Za-z]{{2}}[!?])(?P<d>\d{{2}})$"
)

_CLEAN = r"(?i:creditless|textless|clean)"
_KIND_WORDS = (
    (EpisodeKind.OPENING, rf"(?i:NC ?OP)|{_CLEAN} (?i:OP|Opening)|OP|op(?=\d)|(?i:opening)|片头曲?|オープニング"),
    (EpisodeKind.ENDING, rf"(?i:NC ?ED)|{_CLEAN} (?i:ED|Ending)|ED|ed(?=\d)|(?i:ending)|片尾曲?|エンディング"),
    (
        EpisodeKind.SPECIAL,
        r"SPs?|sp(?=\d)|EX(?=\d)|(?i:specials?(?: episodes?)?|спешл|спецвыпуск)"
        r"|特[别別][篇編编]|(?:映像)?特典(?:映像)?|番外[篇編编]?|总集篇|総集編|특별편",
    ),
    (EpisodeKind.OVA, r"(?i:OVAs?|OADs?|OAVs?)"),
    (EpisodeKind.MOVIE, r"(?i:(?:the )?(?:animated )?movies?(?: part)?|gekijou-?ban|фильм)|剧场版|劇場版|극장판"),
    (
        EpisodeKind.TRAILER,
        r"PVs?|CMs?(?: Collection)?|(?<=- )(?:pv|cm)|(?:pv|cm)(?=\d)|(?i:(?:official )?(?:trailer|teaser)s?|previews?)"
        r"|[预予預]告(?:片|編集?)?|番宣|예고편",
    ),
    (EpisodeKind.OTHER, r"(?i:menus?|making(?: of)?|interviews?|logo)|IV(?=\d)|Event(?=\d)|花絮|(?:人物)?[访訪][谈談]"),
)
_KINDS = "|".join(f"(?P<{kind.value}>{words})" for kind, words in _KIND_WORDS)
_KIND = rf"(?:[Ss](?P<s>\d{{1,2}})\s?)?(?:{_KINDS})"
_KIND_END = r"(?=\s*$|\s+-|\s*[\[()「『:])"
KIND = re.compile(
    rf"{_BEFORE}{_KIND}"
    rf"(?:\s?-?\s?(?:EP ?)?#?(?P<a>\d{{1,3}}(?:\.\d)?)[a-z]?{_VERSION}{_KIND_END}"
    rf"|\s?(?P<c>\d{{1,3}}){_AFTER}|{_VERSION}{_KIND_END})"
)
KIND_ONLY = re.compile(rf"^{_KIND}\s?(?:EP ?)?#?(?P<a>\d{{1,3}}(?:\.\d)?)?[a-z]?{_VERSION}$")
KIND_AT_END = re.compile(rf"(?:^|(?<=[\s\-{CJK}]))(?:{_KINDS})(?<!ovies)$")
MOVIE_FIRST = re.compile(r"^(?:剧场版|劇場版|映画|(?i:gekijou-?ban))\s*(?=\S)")


def kind_of(match: re.Match[str]) -> EpisodeKind:
    """The kind of video by the named group of a match."""
    groups = match.groupdict()
    return next(kind for kind in EpisodeKind if groups.get(kind.value))


_WORDS_TO_NUMBERS = {
    **{word: number for number, word in enumerate(("II", "III", "IV", "V", "VI", "VII", "VIII", "IX"), 2)},
    **{word: number for number, word in enumerate("ⅡⅢⅣⅤⅥⅦⅧⅨ", 2)},
    **{word: number for number, word in enumerate(("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX"), 1)},
    **{word: number for number, word in enumerate(("FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH"), 1)},
}
_SEASON_WORDS = r"seasons?|series|saison|staffel|temporada|stagione|сезон"
SEASON = (
    rf"(?i:{_SEASON_WORDS})[ .]?(?P<s1>\d{{1,2}}|II|III|IV|VI{{0,3}}|IX|(?i:one|two|three|four|five|six))"
    rf"|(?P<s2>\d{{1,2}})(?i:st|nd|rd|th) (?i:{_SEASON_WORDS})"
    rf"|(?P<s3>(?i:first|second|third|fourth|fifth|sixth)) (?i:{_SEASON_WORDS})"
    rf"|[Ss](?P<s4>\d{{1,2}})"
    rf"|第\s?(?P<s5>{_COUNT})\s?[季期]|(?P<s6>\d{{1,2}})期|シーズン\s?(?P<s7>\d{{1,2}})"
    rf"|(?i:TV|ТВ)-(?P<s12>\d{{1,2}})"
    rf"|시즌\s?(?P<s9>\d{{1,2}})|제?(?P<s10>\d{{1,2}})기(?![가-힣])|(?P<s11>\d{{1,2}})(?:-?[йя])?\s(?i:сезон)"
)
SEASON_WORD = re.compile(rf"{_BEFORE}\(?(?:{SEASON}){_AFTER}\)?")
SEASON_AT_END = re.compile(r"(?<=\S)(?:\s(?P<s1>II|III|IV|VI|VII|VIII|IX|[2-4])|\s?(?P<s2>[ⅡⅢⅣⅤⅥⅦⅧⅨ]))$")
_COUNTED = "|".join(
    rf"{word}[. ]*" for word in ("part", "pt", "cour", "act", "book", "chapter", "stage", "часть", "파트", "パート")
)
_PART_NUMBER = rf"(?:{_COUNT}|(?<=[. ])(?:[IVX]+|one|two|three|four|five|six)(?![A-Za-z]))"
_PART_ORDER = r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth)"
PART = re.compile(
    rf"^(?:(?:{_COUNTED}){_PART_NUMBER}|{_PART_ORDER}\s(?:part|cour|act|book|chapter|stage|half)"
    rf"|第\s?{_COUNT}\s?(?:部分?|クール|章|幕)|제?\s?\d{{1,2}}\s?(?:부|쿨))(?![A-Za-z0-9가-힣])",
    re.IGNORECASE,
)
"""A numbered part of a show or season that need not be a season."""
_NAMED_NUMBER = re.compile(
    rf"(?<![A-Za-z])(?:{_COUNTED}|(?:vol|volume|no|ver|version|phase|day|level|type|disc)[. ]*)$", re.IGNORECASE
)
VOLUME_AT_END = re.compile(r"\s*[-(]?\s*\bvol(?:ume)?[ .]*\d+(?:v\d)?(?:\s?[-&]\s?\d+)?\)?$", re.IGNORECASE)
YEAR = re.compile(r"^(?:19[5-9]\d|20[0-3]\d)$")
DATE = re.compile(rf"{YEAR.pattern}|^(?:\d\d|(?:19|20)\d\d)[.\- ]?(?:0[1-9]|1[0-2])[.\- ]?(?:0[1-9]|[12]\d|3[01])$")
YEAR_AT_END = re.compile(r"(?<=\S)\s?\(?(?<![^\s(])(?P<year>19[5-9]\d|20[0-3]\d)\)?$")


def is_counting_word(before: str, number: str) -> bool:
    """Whether a number belongs to the word before it (`Part 2`, `Stage 4`, `No 8`), so that it is no season or
    episode.
    """
    match = _NAMED_NUMBER.search(before)
    return match is not None and not (
        number.startswith("0") and match[0].strip(" .").casefold() in {"book", "stage", "day"}
    )


def season_of(match: re.Match[str]) -> int:
    """The number in a match of a season pattern, from whichever group `s…` matched."""
    text = next(
        text for name, text in match.groupdict().items() if text and name.startswith("s") and name[1:].isdigit()
    )
    return _WORDS_TO_NUMBERS.get(text.upper()) or int(to_number(text))
