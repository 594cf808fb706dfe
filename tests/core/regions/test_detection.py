"""Frames drawn here are put between bars, on pages, into phones and collages, and must be found again."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from core.pictures.pixels import Rgb, mirror
from core.regions.detection import FIRST_PASS_MIN_CERTAINTY, Box, Region, RegionKind, RegionSpec, find_regions

_BLACK, _WHITE, _TEAL = (0, 0, 0), (255, 255, 255), (20, 120, 140)
_NIGHT, _DAY = (24, 24, 28), (246, 246, 248)


def frame(number: int, width: int = 480, height: int = 270) -> Rgb:
    """A drawing: soft sky, outlined round figures of flat colours, a little texture below."""
    rng = np.random.default_rng(number)
    sky = cv2.resize(rng.integers(60, 220, (3, 4, 3)).astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    picture = np.ascontiguousarray(sky)
    for _ in range(14):
        centre = int(rng.integers(0, width)), int(rng.integers(0, height))
        axes = int(rng.integers(15, width // 5)), int(rng.integers(15, height // 4))
        colour = tuple(int(value) for value in rng.integers(0, 256, 3))
        angle = float(rng.integers(0, 180))
        cv2.ellipse(picture, centre, axes, angle, 0, 360, colour, -1, cv2.LINE_AA)
        cv2.ellipse(picture, centre, axes, angle, 0, 360, (30, 20, 20), 2, cv2.LINE_AA)
    noise = rng.normal(0, 2, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def ground(width: int, height: int, colour: Sequence[int]) -> Rgb:
    return np.full((height, width, 3), colour, np.uint8)


def laid(picture: Rgb, on: Rgb, left: int, top: int) -> tuple[Rgb, Box]:
    height, width = picture.shape[:2]
    out = on.copy()
    out[top : top + height, left : left + width] = picture
    return out, Box(left, top, width, height)


def blurred(picture: Rgb, width: int, height: int) -> Rgb:
    scale = max(width / picture.shape[1], height / picture.shape[0])
    large = cv2.resize(picture, None, fx=scale, fy=scale)
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return np.asarray(cv2.GaussianBlur(large[top : top + height, left : left + width], (0, 0), 20), np.uint8)


def gradient(width: int, height: int) -> Rgb:
    across = np.linspace((10, 20, 60), (200, 120, 90), width)
    return np.broadcast_to(across[None].astype(np.uint8), (height, width, 3)).copy()


def jpeg(picture: Rgb, quality: int = 60) -> Rgb:
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.ascontiguousarray(decoded[..., ::-1])


def page(width: int, height: int, paper: Sequence[int], ink: Sequence[int]) -> Rgb:
    """Lines of words."""
    out = ground(width, height, paper)
    rng = np.random.default_rng(5)
    for y in range(20, height - 10, 18):
        x = 16
        while x < width * 0.8:
            word = int(rng.integers(10, 45))
            out[y : y + 5, x : x + word] = ink
            x += word + 8
    return out


def phone(picture: Rgb, paper: Sequence[int], ink: Sequence[int]) -> tuple[Rgb, Box]:
    """A picture across a phone: status line above, text lines and round buttons below."""
    width, height = picture.shape[1], round(picture.shape[1] * 19.5 / 9)
    top = height // 5
    screen = ground(width, height, paper)
    cv2.putText(screen, "21:07", (20, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.6, tuple(ink), 1, cv2.LINE_AA)
    for number, y in enumerate(range(top + picture.shape[0] + 60, height - 90, 36)):
        cv2.line(screen, (28, y), (width * (6 + number * 5 % 4) // 10, y), tuple(ink), 5)
    for x in range(60, width, 110):
        cv2.circle(screen, (x, height - 40), 16, tuple(ink), 3, cv2.LINE_AA)
    return laid(picture, screen, 0, top)


def best(regions: Sequence[Region], truth: Box) -> Region:
    return max(regions, key=lambda region: region.box.overlap(truth))


def assert_found(picture: Rgb, truth: Box, *, kind: RegionKind | None = None, at_once: bool = True) -> None:
    region = best(find_regions(picture), truth)
    assert region.box.overlap(truth) > 0.92, (region, truth)
    assert kind in {None, region.kind}
    assert not at_once or region.certainty >= FIRST_PASS_MIN_CERTAINTY, region


@pytest.mark.parametrize("colour", [_BLACK, _WHITE, _TEAL])
@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"), [(0, 45, 0, 45), (80, 0, 80, 0), (0, 20, 0, 110), (60, 30, 40, 70)]
)
def test_bars_of_one_colour(colour: Sequence[int], left: int, top: int, right: int, bottom: int) -> None:
    inner = frame(1)
    on = ground(inner.shape[1] + left + right, inner.shape[0] + top + bottom, colour)
    picture, truth = laid(inner, on, left, top)
    kind = None if left and top else RegionKind.BORDERS
    assert_found(picture, truth, kind=kind)
    assert_found(jpeg(picture), truth, kind=kind)


def test_bars_of_a_gradient() -> None:
    picture, truth = laid(frame(2), gradient(480, 390), 0, 60)
    assert_found(jpeg(picture), truth)


@pytest.mark.parametrize(("width", "height"), [(480, 410), (700, 270)])
def test_bars_of_the_blurred_picture(width: int, height: int) -> None:
    inner = frame(3)
    picture, truth = laid(inner, blurred(inner, width, height), (width - 480) // 2, (height - 270) // 2)
    assert_found(picture, truth)


def test_edges_are_found_to_the_pixel_and_never_outside() -> None:
    inner = cv2.resize(frame(4), (1600, 900), interpolation=cv2.INTER_CUBIC)
    picture, truth = laid(np.asarray(inner, np.uint8), ground(1600, 1210, _BLACK), 0, 155)
    box = best(find_regions(picture), truth).box
    assert truth.top <= box.top <= truth.top + 4
    assert truth.top + truth.height - 4 <= box.top + box.height <= truth.top + truth.height


@pytest.mark.parametrize(("paper", "ink"), [(_NIGHT, (150, 150, 154)), (_DAY, (90, 90, 92))])
def test_phones(paper: Sequence[int], ink: Sequence[int]) -> None:
    picture, truth = phone(frame(5), paper, ink)
    assert_found(jpeg(picture), truth)


def test_a_player_with_bars_of_its_own_in_a_phone() -> None:
    wide, _ = laid(frame(6, 360, 270), ground(480, 270, _BLACK), 60, 0)
    picture, outer = phone(wide, _DAY, (90, 90, 92))
    assert_found(picture, Box(60, outer.top, 360, 270), at_once=False)


@pytest.mark.parametrize(("paper", "ink"), [((255, 255, 255), (40, 40, 40)), ((21, 32, 43), (200, 200, 205))])
def test_a_picture_on_a_page(paper: Sequence[int], ink: Sequence[int]) -> None:
    picture, truth = laid(frame(7), page(900, 620, paper, ink), 210, 190)
    assert_found(picture, truth, kind=RegionKind.PANEL, at_once=False)


def test_a_picture_in_another_picture() -> None:
    for left, top in ((0, 0), (130, 90), (360, 250)):
        picture, truth = laid(frame(8, 440, 248), frame(9, 800, 498), left, top)
        assert_found(picture, truth, at_once=False)


@pytest.mark.parametrize("gutter", [0, 6, 15])
@pytest.mark.parametrize(("down", "across"), [(1, 2), (2, 1), (2, 2), (3, 3), (4, 1)])
def test_collages(down: int, across: int, gutter: int) -> None:
    width, height = 320, 180
    picture = ground(across * width + (across + 1) * gutter, down * height + (down + 1) * gutter, _WHITE)
    cells = []
    for row in range(down):
        for column in range(across):
            left, top = gutter + column * (width + gutter), gutter + row * (height + gutter)
            picture, cell = laid(frame(10 + row * across + column, width, height), picture, left, top)
            cells.append(cell)
    regions = find_regions(picture)
    cell_regions = [best(regions, cell) for cell in cells]
    assert all(region.box.overlap(cell) > 0.9 for region, cell in zip(cell_regions, cells, strict=True))
    assert sum(region.kind is RegionKind.CELL for region in cell_regions) == len(cells)


def test_frames_by_themselves_have_next_to_nothing_in_them() -> None:
    regions_of_frames = [find_regions(frame(number)) for number in range(30, 42)]
    assert all(regions[0].kind is RegionKind.WHOLE for regions in regions_of_frames)
    assert all(region.certainty < FIRST_PASS_MIN_CERTAINTY for regions in regions_of_frames for region in regions[1:])
    assert sum(len(regions) > 1 for regions in regions_of_frames) <= 8


def test_a_dark_scene_has_no_bars() -> None:
    scene = ground(480, 270, _BLACK)
    cv2.circle(scene, (330, 150), 40, (200, 200, 180), -1, cv2.LINE_AA)
    assert all(region.certainty < FIRST_PASS_MIN_CERTAINTY for region in find_regions(scene)[1:])


def test_the_whole_comes_first_then_the_surest_within_the_budget() -> None:
    picture, _ = phone(frame(5), _NIGHT, (150, 150, 154))
    for limit in (1, 3, 12):
        regions = find_regions(picture, RegionSpec(limit=limit))
        assert len(regions) <= limit
        assert regions[0] == Region(Box(0, 0, picture.shape[1], picture.shape[0]), RegionKind.WHOLE, 1.0)
        certainties = [region.certainty for region in regions]
        assert certainties == sorted(certainties, reverse=True)
        assert all(0 <= certainty <= 1 for certainty in certainties)
        assert all(
            region.box.overlap(earlier.box) <= 0.9 for n, region in enumerate(regions) for earlier in regions[:n]
        )


@pytest.mark.parametrize("size", [(32, 32), (16, 900), (900, 16), (33, 57), (2000, 40), (1, 1)])
@pytest.mark.parametrize("kind", ["plain", "noise", "stripes"])
def test_any_picture_has_regions_inside_of_it(size: tuple[int, int], kind: str) -> None:
    width, height = size
    picture = ground(width, height, _TEAL)
    if kind == "noise":
        picture = np.random.default_rng(1).integers(0, 256, picture.shape).astype(np.uint8)
    elif kind == "stripes":
        picture[::7] = 255
        picture[:, ::5] = 0
    for region in find_regions(picture):
        box = region.box
        assert box.left >= 0
        assert box.top >= 0
        assert 1 <= box.width <= width - box.left
        assert 1 <= box.height <= height - box.top


def test_the_picture_is_not_changed_and_the_answer_is_the_same_again() -> None:
    picture, _ = laid(frame(1), ground(480, 390, _BLACK), 0, 60)
    before = picture.copy()
    first = find_regions(picture)
    assert find_regions(picture) == first
    assert np.array_equal(picture, before)
    picture.flags.writeable = False
    assert find_regions(picture) == first


def test_a_mirror_image_is_a_picture_of_its_own() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    turned = mirror(picture)
    assert np.array_equal(turned, picture[:, ::-1])
    assert turned.flags.c_contiguous


def test_a_box_cuts_and_overlaps() -> None:
    picture = frame(1)
    assert np.array_equal(Box(10, 20, 30, 40).crop(picture), picture[20:60, 10:40])
    assert Box(0, 0, 10, 10).overlap(Box(0, 0, 10, 10)) == 1
    assert Box(0, 0, 10, 10).overlap(Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert Box(0, 0, 10, 10).overlap(Box(20, 0, 10, 10)) == 0
