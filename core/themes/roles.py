"""Roles of what a season repeats, by where it stands, how long it is and how many episodes have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.catalogue.segments import SegmentKind
from core.themes.boundaries import Span
from core.timecode import Millis

_THEMES: Final = frozenset({SegmentKind.OPENING, SegmentKind.ENDING})
_HEAD: Final = 0.4
"""An opening starts in this share of its episode, and an ending ends in what is left of it at the other end."""
_LONG_MS: Final = 900_000
_LONG_HEAD: Final = 0.3
_MIN_THEME_MS: Final = 20_000
_MAX_THEME_MS: Final = 200_000
_USUAL_MS: Final = (55_000, 110_000)
_STANDARD_MS: Final = (84_000, 96_000)
_MIN_SHARE: Final = 0.15
_PICTURES: Final = 0.4
_MAX_ELSEWHERE: Final = 0.25
_MIN_FULL: Final = 0.6
_MIN_RECAP_MS: Final = 12_000
_BESIDE_MS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """Spans of one group that have one role, and how well it fits: one group may have two, as a song that is both."""

    group: int
    kind: SegmentKind
    spans: Sequence[Span]
    score: float


def theme_parts(
    groups: Sequence[Sequence[Span]], durations: Mapping[int, Millis], known: Mapping[int, SegmentKind]
) -> list[Part]:
    """Openings and endings: at most one of each in an episode, none where that is not clear.

    `groups` are the spans of each group in episodes, whose lengths are `durations`; `known` are roles of groups that
    themes from before tell.
    """
    parts = []
    for number, spans in enumerate(groups):
        parts += _theme_parts(number, spans, durations, known.get(number))
    return _exclusive(parts)


def _theme_parts(
    number: int, spans: Sequence[Span], durations: Mapping[int, Millis], known: SegmentKind | None
) -> list[Part]:
    """A group as opening, as ending, or as both; nothing of it where it is something else, as music that returns."""
    if not spans:
        return []
    count = len({span.occurrence.episode for span in spans})
    heads = [span for span in spans if _is_head(span, durations[span.occurrence.episode])]
    tails = [span for span in spans if _is_tail(span, durations[span.occurrence.episode])]
    if known is not None and known not in _THEMES:
        return []
    if known is None and not _is_theme(spans, len(heads), len(tails), len(durations)):
        return []
    kind = known or (SegmentKind.OPENING if len(heads) >= len(tails) else SegmentKind.ENDING)
    main, other = (heads, tails) if kind is SegmentKind.OPENING else (tails, heads)
    other_kind = SegmentKind.ENDING if kind is SegmentKind.OPENING else SegmentKind.OPENING
    score = (count + 100 * (known is not None)) * (1.0 if _USUAL_MS[0] <= _length_ms(spans) <= _USUAL_MS[1] else 0.6)
    parts = [Part(number, kind, main, score)] if main else []
    moved = [span for span in other if _is_theme_length(span)]
    if moved:
        parts.append(Part(number, other_kind, moved, min(score, len(moved)) * 0.5))
    return parts


def _is_theme(spans: Sequence[Span], heads: int, tails: int, episodes: int) -> bool:
    """Whether a group is an opening or an ending, rather than music that returns or a scene that is shown again.

    Music that is cut off earlier each time gives spans of all lengths, a theme few that are shorter than half of it.
    """
    longest = max(span.end_ms - span.start_ms for span in spans)
    full = [span for span in spans if span.end_ms - span.start_ms >= longest / 2]
    count = len({span.occurrence.episode for span in full})
    elsewhere = len(spans) - heads - tails + min(heads, tails)
    if elsewhere > max(_MAX_ELSEWHERE * len(spans), min(1, len(spans) - 3)) or len(full) < _MIN_FULL * len(spans):
        return False
    length = _length_ms(full)
    if count < 2 or not _MIN_THEME_MS <= length <= _MAX_THEME_MS:
        return False
    is_standard = _STANDARD_MS[0] <= length <= _STANDARD_MS[1]
    is_usual = _USUAL_MS[0] <= length <= _USUAL_MS[1]
    if count == 2:
        return is_standard or (episodes == 2 and is_usual)
    pictures = [span.pictures for span in full if span.pictures is not None]
    if not pictures:
        return is_usual and count >= _MIN_SHARE * episodes
    if sum(share > _PICTURES for share in pictures) < len(pictures) / 2:  # music under other pictures each time
        agreement = sum(span.agreement for span in full) / len(full)
        return is_standard and count >= max(3, 0.4 * episodes) and agreement > 0.3
    return count >= _MIN_SHARE * episodes and (length >= 40_000 or count >= 0.5 * episodes)


def _is_theme_length(span: Span) -> bool:
    return span.end_ms - span.start_ms >= _MIN_THEME_MS


def _length_ms(spans: Sequence[Span]) -> float:
    lengths = sorted(span.end_ms - span.start_ms for span in spans)
    return lengths[len(lengths) // 2]


def _is_head(span: Span, duration_ms: int) -> bool:
    share = _LONG_HEAD if duration_ms > _LONG_MS else _HEAD
    return span.start_ms <= share * duration_ms and (span.start_ms + span.end_ms) / 2 < duration_ms / 2


def _is_tail(span: Span, duration_ms: int) -> bool:
    share = _LONG_HEAD if duration_ms > _LONG_MS else _HEAD
    return span.end_ms >= (1 - share) * duration_ms and (span.start_ms + span.end_ms) / 2 > duration_ms / 2


def _exclusive(parts: Sequence[Part]) -> list[Part]:
    """Parts less the spans of episodes in which a better part has the role, or overlaps."""
    chosen: list[Part] = []
    for part in sorted(parts, key=lambda item: (-item.score, item.group)):
        spans = [span for span in part.spans if not any(_rivals(part.kind, span, better) for better in chosen)]
        unique = _one_each(spans, first=part.kind is SegmentKind.OPENING)
        if unique:
            chosen.append(Part(part.group, part.kind, unique, part.score))
    return chosen


def _rivals(kind: SegmentKind, span: Span, better: Part) -> bool:
    return any(
        other.occurrence.episode == span.occurrence.episode
        and (better.kind is kind or min(other.end_ms, span.end_ms) > max(other.start_ms, span.start_ms))
        for other in better.spans
    )


def _one_each(spans: Sequence[Span], *, first: bool) -> list[Span]:
    """Of each episode's spans the first one, or the last."""
    by_episode: dict[int, Span] = {}
    for span in sorted(spans, key=lambda item: item.start_ms, reverse=first):
        by_episode[span.occurrence.episode] = span
    return [by_episode[episode] for episode in sorted(by_episode)]


def smaller_parts(
    groups: Sequence[Sequence[Span]],
    themes: Sequence[Part],
    durations: Mapping[int, Millis],
    known: Mapping[int, SegmentKind],
) -> list[Part]:
    """Recaps, previews, eyecatches and sponsor cards among the groups that are no themes."""
    used = {part.group for part in themes}
    parts = []
    for number, spans in enumerate(groups):
        free = [span for span in spans if not _is_inside(span, themes)]
        if number in used or not free:
            continue
        kind = known.get(number) or _small_kind(free, themes, durations)
        if kind is SegmentKind.RECAP:
            free = [max(free, key=lambda span: span.occurrence.episode)]
        if kind and kind not in _THEMES:
            parts.append(Part(number, kind, free, float(len(free))))
    return parts


def _small_kind(spans: Sequence[Span], themes: Sequence[Part], durations: Mapping[int, Millis]) -> SegmentKind | None:
    count = len({span.occurrence.episode for span in spans})
    length = _length_ms(spans)
    if count == 2 and len(spans) == 2 and _is_recap(spans, durations):
        return SegmentKind.RECAP
    if count < max(3, 0.3 * len(durations)):
        return None
    beside = sum(_is_beside(span, themes) for span in spans)
    ending = sum(span.end_ms > 0.97 * durations[span.occurrence.episode] for span in spans)
    if length <= 15_000 and beside + ending >= 0.7 * len(spans) and beside and length >= 4_000:
        return SegmentKind.SPONSOR
    middles = [(span.start_ms + span.end_ms) / 2 / durations[span.occurrence.episode] for span in spans]
    if length <= 12_000 and sum(0.25 < middle < 0.8 for middle in middles) >= 0.8 * len(spans):
        return SegmentKind.EYECATCH
    late = sum(middle > 0.88 for middle in middles)
    if 10_000 <= length <= 45_000 and late >= 0.8 * len(spans):
        return SegmentKind.PREVIEW
    return None


def _is_recap(spans: Sequence[Span], durations: Mapping[int, Millis]) -> bool:
    """Whether the start of an episode repeats pictures and sound from within an earlier one."""
    earlier, later = sorted(spans, key=lambda span: span.occurrence.episode)
    return (
        later.end_ms - later.start_ms >= _MIN_RECAP_MS
        and (later.pictures or 0.0) > _PICTURES
        and later.start_ms <= 0.12 * durations[later.occurrence.episode]
        and earlier.start_ms > later.start_ms + _BESIDE_MS
    )


def _is_beside(span: Span, themes: Sequence[Part]) -> bool:
    return any(
        other.occurrence.episode == span.occurrence.episode
        and min(abs(span.start_ms - other.end_ms), abs(span.end_ms - other.start_ms)) <= _BESIDE_MS
        for part in themes
        for other in part.spans
    )


def _is_inside(span: Span, themes: Sequence[Part]) -> bool:
    return any(
        other.occurrence.episode == span.occurrence.episode
        and min(span.end_ms, other.end_ms) - max(span.start_ms, other.start_ms) > (span.end_ms - span.start_ms) / 3
        for part in themes
        for other in part.spans
    )
