"""View lookup: the regions of a picture, in which order they are looked up, and the frames nearest to each."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.domain import Area, FileId, Hit
from core.encoders.base import Encoder
from core.encoders.preprocess import prepare
from core.pictures.pixels import Rgb, is_plain, mirror, upright
from core.regions.detection import FIRST_PASS_MIN_CERTAINTY, Region, RegionKind, find_regions
from core.retrieval.scene_grouping import best_hits
from core.stores.base import Neighbours, VectorStore

_TURNS_DEGREES: Final = (90, 180, 270)
_TURNED_REGIONS_LIMIT: Final = 2


@dataclass(frozen=True, slots=True)
class View:
    """A region of the picture, or its mirror image, as it is embedded; `turned`: the degrees by which it is assumed
    to be turned clockwise, and was turned back.
    """

    region: Region
    mirrored: bool
    turned: int = 0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the view."""
        width, height = self.region.box.width, self.region.box.height
        return (height, width) if self.turned % 180 else (width, height)

    def on_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Converts (n, 2) pixels of the view to pixels of the whole picture."""
        width, height = self.size
        x, y = points[:, 0], points[:, 1]
        if self.mirrored:
            x = width - 1 - x
        for _ in range(self.turned // 90):
            x, y, width, height = height - 1 - y, x, height, width
        return np.column_stack([x + self.region.box.left, y + self.region.box.top])


def mirror_of(view: int) -> int:
    """Returns the number of a view's mirror image: the two have consecutive numbers."""
    return view ^ 1


def is_mirror_view(view: int) -> bool:
    """Whether the view of this number is a mirror image."""
    return view % 2 == 1


class ViewLookup:
    """Embeds the regions of one picture and searches the index for them.

    First pass, in one batch: the whole picture and the regions that are certainly pictures by themselves, each also
    mirrored. Second pass: the other regions. At most `views` views in all, and as many again in the turned pass.

    Plain regions are left out, as all plain pictures are similar. Frames are looked up in `file_ids` (`None`: in all
    files); of those that are near, `admits` says by the label which are hits.
    """

    def __init__(
        self,
        picture: Rgb,
        encoder: Encoder,
        store: VectorStore,
        *,
        candidates: int,
        views: int,
        file_ids: Collection[FileId] | None = None,
        admits: Callable[[int], bool] | None = None,
    ) -> None:
        self.picture = picture
        self.views: list[View] = []
        self._encoder = encoder
        self._store = store
        self._candidates = candidates
        self._file_ids = file_ids
        self._admits = admits
        self._neighbours: list[Neighbours] = []
        regions = [region for region in find_regions(picture) if self._has_content(region)][: max(1, views // 2)]
        self._certain_regions = [region for region in regions if region.certainty >= FIRST_PASS_MIN_CERTAINTY]
        self._uncertain_regions = [region for region in regions if region.certainty < FIRST_PASS_MIN_CERTAINTY]
        self.pixels = cache(self._pixels)

    def first_pass(self) -> None:
        """Searches the whole picture and the certain regions."""
        self._look_up(self._certain_regions)

    def second_pass(self) -> bool:
        """Searches the other regions; returns whether there were any."""
        self._look_up(self._uncertain_regions)
        return bool(self._uncertain_regions)

    def turned_pass(self) -> list[Hit]:
        """Searches the whole picture and the most certain region as if turned by one, two or three quarters, in one
        batch; returns the frames nearest to those views, best first.
        """
        first = len(self.views)
        self._look_up(self._certain_regions[:_TURNED_REGIONS_LIMIT], _TURNS_DEGREES)
        return self._admitted(best_hits(self._neighbours, first))

    def hits(self) -> list[Hit]:
        """Returns the nearest frames of all passes so far, best first."""
        return self._admitted(best_hits(self._neighbours))

    def area(self, view: int) -> Area:
        """Returns the area of the picture that a view shows."""
        box = self.views[view].region.box
        height, width = self.picture.shape[:2]
        return Area(box.left / width, box.top / height, (box.left + box.width) / width, (box.top + box.height) / height)

    def _admitted(self, hits: list[Hit]) -> list[Hit]:
        admits = self._admits
        return hits if admits is None else [hit for hit in hits if admits(hit.label)]

    def _pixels(self, view: int) -> Rgb:
        """A view as a picture of its own, turned over if it is mirrored."""
        shown = self.views[view]
        part = upright(shown.region.box.crop(self.picture), shown.turned)
        return mirror(part) if shown.mirrored else part

    def _look_up(self, regions: Sequence[Region], turns: Sequence[int] = (0,)) -> None:
        if not regions:
            return
        ways = [(region, turned) for region in regions for turned in turns]
        frames = [
            prepare(upright(region.box.crop(self.picture), turned), self._encoder.spec.preprocess)
            for region, turned in ways
        ]
        self.views += [View(region, mirrored, turned) for region, turned in ways for mirrored in (False, True)]
        batch = np.stack([turned for frame in frames for turned in (frame, mirror(frame))])
        self._neighbours += self._store.search(self._encoder.embed(batch), self._candidates, file_ids=self._file_ids)

    def _has_content(self, region: Region) -> bool:
        return region.kind is RegionKind.WHOLE or not is_plain(region.box.crop(self.picture))
