"""`encode_gif`: length, palette, and a still background."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from core.previews.gif import encode_gif


def frames_in(data: bytes) -> list[tuple[NDArray[np.uint8], int]]:
    """Pictures and their delays in milliseconds."""
    with Image.open(BytesIO(data)) as image:
        return [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]


def local_palettes(data: bytes) -> int:
    """How many frames bring a palette of their own: the top bit of the flags of each image descriptor (GIF89a, 20)."""
    with Image.open(BytesIO(data)) as image:
        offsets = []
        for frame in range(image.n_frames):  # type: ignore[attr-defined] # only files of several frames have it
            image.seek(frame)
            offsets.append(image.tile[0].offset)  # the compressed data: after descriptor, palette, one byte
    return sum(data[offset - 11 : offset - 10] != b"," for offset in offsets)


def sliding(count: int = 12) -> NDArray[np.uint8]:
    """A box that slides over a soft sky; the lower half never changes."""
    ramp = np.linspace(0, 1, 80)[:, None, None]
    sky = (ramp * (250, 220, 200) + (1 - ramp) * (60, 120, 220)).astype(np.uint8).repeat(120, 1)
    frames = np.stack([sky] * count)
    for number, frame in enumerate(frames):
        frame[10:30, 5 + 6 * number : 25 + 6 * number] = (220, 40, 30)
    return frames


def test_delays_add_up_and_it_repeats_for_ever() -> None:
    delays = [80, 90, 80, 80, 90, 80, 80, 90, 80, 80, 90, 500]
    data = encode_gif(sliding(), delays)
    assert [delay for _, delay in frames_in(data)] == delays
    with Image.open(BytesIO(data)) as image:
        assert image.info["loop"] == 0


def test_frames_look_like_what_went_in() -> None:
    frames = sliding()
    for (shown, _), frame in zip(frames_in(encode_gif(frames, [80] * 12)), frames, strict=True):
        difference = np.abs(shown.astype(int) - frame)
        assert difference.mean() < 4
        assert np.abs(shown.astype(int).mean((0, 1)) - frame.mean((0, 1))).max() < 2


def test_one_palette_serves_all_and_what_stands_still_does_not_flicker() -> None:
    frames = sliding()
    data = encode_gif(frames, [80] * 12)
    assert local_palettes(data) == 0
    shown = np.stack([frame for frame, _ in frames_in(data)])
    assert (shown[:, 40:] == shown[0, 40:]).all()
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 255


def test_a_soft_sky_does_not_break_into_bands() -> None:
    """A ramp in eight colours: every row changes colour far more often than the seven times that bands would."""
    ramp = np.linspace(40, 90, 128)[None, :, None].repeat(64, 0).repeat(3, 2)
    frames = np.round(ramp)[None].astype(np.uint8)
    (shown, _), *_ = frames_in(encode_gif(frames, [100], colours=8))
    assert len(np.unique(shown)) <= 8
    assert (np.diff(shown[..., 0].astype(int)) != 0).sum(1).mean() > 20
    columns = shown[..., 0].astype(float).reshape(8, 8, 16, 8).mean((0, 1, 3))
    assert np.abs(columns - ramp[0, :, 0].reshape(16, 8).mean(1)).mean() < 1.5


def test_fewer_colours_are_smaller() -> None:
    rng = np.random.default_rng(2)
    frames = rng.integers(0, 256, (4, 60, 80, 3), np.uint8)
    sizes = [len(encode_gif(frames, [80] * 4, colours=colours)) for colours in (255, 32, 4)]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("count", [1, 4])
def test_plain_pictures(count: int) -> None:
    """One colour only, all frames alike: the length still adds up."""
    data = encode_gif(np.full((count, 20, 30, 3), 77, np.uint8), [100] * count)
    shown = frames_in(data)
    assert sum(delay for _, delay in shown) == 100 * count
    assert np.abs(shown[0][0].astype(int) - 77).max() <= 4
