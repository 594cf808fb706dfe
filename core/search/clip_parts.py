"""Parts of a clip that show different scenes, by the chains of its pictures.

The longest chain takes its pictures first, then the next one those that are left, and so on; a picture that no chain of
several holds is a part by itself.
"""

from collections.abc import Sequence
from typing import Final

from core.search.temporal_alignment import Chain

PARTS: Final = 6
"""So many parts of a clip are looked into at most."""


def split_by_scene(chains: Sequence[Chain], pictures: int) -> list[tuple[int, ...]]:
    """Numbers of the pictures of each part, from 0, in their order; the part of the best chain first. `chains` are best
    first; no picture is in two parts.
    """
    parts: list[tuple[int, ...]] = []
    free = set(range(pictures))
    for chain in chains:
        part = sorted(free & chain.by_picture.keys())
        if len(part) > 1:
            parts.append(tuple(part))
            free -= set(part)
    return [*parts, *((number,) for number in sorted(free))][:PARTS]
