"""Parts of a clip that show different scenes, by the chains of its pictures.

The best chain gets its pictures first, the next chain those of its pictures that are left, and so on; a picture that no
chain shares with another one is a part by itself.
"""

from collections.abc import Sequence
from typing import Final

from core.search.temporal_alignment import Chain

PARTS_LIMIT: Final = 6
"""Most parts of a clip that are searched."""


def split_by_scene(chains: Sequence[Chain], pictures: int) -> list[tuple[int, ...]]:
    """Returns the numbers, from 0, of the pictures of each part, ascending; the part of the best chain first.

    `chains` are best first; no picture is in two parts.
    """
    parts: list[tuple[int, ...]] = []
    free = set(range(pictures))
    for chain in chains:
        part = sorted(free & chain.by_picture.keys())
        if len(part) > 1:
            parts.append(tuple(part))
            free -= set(part)
    return [*parts, *((number,) for number in sorted(free))][:PARTS_LIMIT]
