"""Previews of a clip whose pictures show their numbers, so that each can be recognised in the result."""

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageSequence
from typing_extensions import override

from core.errors import MediaError
from core.pictures.pixels import Rgb
from core.previews.rendering import render_preview
from core.previews.spec import PreviewFormat, PreviewSpec
from core.timecode import to_millis
from core.video.reading import VideoReader
from tests.clips import ClipSpec, drawing, drawings, write_clip
from tests.clips import number_in as bars_in

FILM = Fraction(24_000, 1001)
CUTS = (0, 96, 192)
"""The clip's shots begin at these pictures, its 288 pictures are 12 s."""
SPEC = PreviewSpec()


def numbered(count: int, *, shots: Sequence[int] = (0,)) -> list[Rgb]:
    """Drawings whose bars change one at a time (a Gray code), so that counting on does not look like a cut."""
    pictures = drawings(count, shots=shots)
    for number, picture in enumerate(pictures):
        picture[150:] = drawing(number ^ number >> 1, 320, 180)[150:]
    return pictures


def _from_gray(code: int) -> int:
    number = 0
    while code:
        number, code = number ^ code, code >> 1
    return number


def number_in(picture: Rgb) -> int:
    """The number of one of `numbered`, of any size."""
    return _from_gray(bars_in(picture))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", numbered(288, shots=CUTS), ClipSpec(rate=FILM))


def preview(
    source: Path | str,
    number: int,
    *,
    preview_format: PreviewFormat = PreviewFormat.MP4,
    spec: PreviewSpec = SPEC,
    scene: tuple[int, int] | None = None,
    rate: Fraction = FILM,
) -> bytes:
    """A preview around picture `number`; `scene` in pictures, else as short as can be."""
    first, last = scene or (number, number)
    at_ms, from_ms, to_ms = (to_millis(index / rate) for index in (number, first, last))
    return render_preview(
        source, at_ms=at_ms, from_ms=from_ms, to_ms=to_ms, spec=spec, preview_format=preview_format
    ).data


def mp4_numbers(data: bytes, folder: Path) -> list[int]:
    path = folder / "preview.mp4"
    path.write_bytes(data)
    with VideoReader(path) as reader:
        width, height = reader.info.width, reader.info.height
        return [number_in(frame.rgb(width, height)) for frame in reader.frames()]


def gif_frames(data: bytes) -> tuple[list[NDArray[np.uint8]], list[int]]:
    with Image.open(BytesIO(data)) as image:
        frames = [(np.asarray(f.convert("RGB")), f.info["duration"]) for f in ImageSequence.Iterator(image)]
    return [frame for frame, _ in frames], [delay for _, delay in frames]


def test_half_a_second_before_to_one_and_a_half_after(clip: Path, tmp_path: Path) -> None:
    numbers = mp4_numbers(preview(clip, 130), tmp_path)
    assert numbers == list(range(118, 118 + 48))


@pytest.mark.parametrize("number", [101, 107, 113, 119, 125, 131, 137, 143])
def test_the_frame_of_the_moment_is_in_every_gif(clip: Path, number: int) -> None:
    """Whatever the index rounded its time to: a GIF has every second picture, and this one among them."""
    frames, _ = gif_frames(preview(clip, number, preview_format=PreviewFormat.GIF))
    numbers = [number_in(frame) for frame in frames]
    assert number in numbers
    assert set(np.diff(numbers)) == {2}


def test_it_grows_over_the_scene_up_to_the_limit(clip: Path, tmp_path: Path) -> None:
    whole = mp4_numbers(preview(clip, 130, scene=(115, 180)), tmp_path)
    assert whole == list(range(115, 180))
    at_most = mp4_numbers(preview(clip, 130, scene=(97, 191), spec=replace(SPEC, limit_s=3.0)), tmp_path)
    assert at_most == list(range(106, 106 + 72))
    late_scene = mp4_numbers(preview(clip, 130, scene=(128, 191)), tmp_path)
    assert (late_scene[0], late_scene[-1]) == (118, 190)


@pytest.mark.parametrize(
    ("number", "first", "last"), [(96, 96, 131), (99, 96, 134), (95, 83, 95), (90, 78, 95), (185, 173, 191), (0, 0, 35)]
)
def test_no_cut_is_crossed(clip: Path, tmp_path: Path, number: int, first: int, last: int) -> None:
    numbers = mp4_numbers(preview(clip, number, scene=(number, number)), tmp_path)
    assert numbers[0] == first
    assert numbers[-1] == pytest.approx(last, abs=1)
    assert not {95, 96} <= set(numbers)
    assert not {191, 192} <= set(numbers)
    assert number in numbers


def test_bounds_of_the_index_that_are_too_wide_do_no_harm(clip: Path) -> None:
    frames, _ = gif_frames(preview(clip, 100, preview_format=PreviewFormat.GIF, scene=(40, 260)))
    numbers = [number_in(frame) for frame in frames]
    assert min(numbers) in (96, 97)
    assert max(numbers) <= 191


def _of_range(clip: Path, first: int, at: int, last: int, folder: Path, spec: PreviewSpec = SPEC) -> list[int]:
    """Numbers of the pictures of the preview of a range that was said."""
    start, moment, end = (to_millis(index / FILM) for index in (first, at, last))
    data = render_preview(
        clip, at_ms=moment, from_ms=start, to_ms=end, spec=spec, preview_format=PreviewFormat.MP4, whole_range=True
    ).data
    return mp4_numbers(data, folder)


def test_the_preview_of_a_range_shows_all_of_it_and_not_only_the_shot_of_its_best_frame(
    clip: Path, tmp_path: Path
) -> None:
    assert _of_range(clip, 60, 70, 220, tmp_path) == list(range(60, 220))


def test_a_cut_just_inside_of_a_range_ends_its_preview(clip: Path, tmp_path: Path) -> None:
    assert _of_range(clip, 92, 130, 196, tmp_path) == list(range(96, 192))


def test_of_a_long_range_the_preview_shows_what_is_around_its_best_frame(clip: Path, tmp_path: Path) -> None:
    short = replace(SPEC, range_limit_s=4.0)
    assert _of_range(clip, 0, 200, 280, tmp_path, short) == list(range(152, 152 + 96))
    assert _of_range(clip, 0, 10, 280, tmp_path, short)[0] == 0


def test_a_very_short_range_has_a_preview_of_the_least_length(clip: Path, tmp_path: Path) -> None:
    assert len(_of_range(clip, 130, 132, 134, tmp_path)) == 48


def test_the_end_of_the_video(clip: Path, tmp_path: Path) -> None:
    assert mp4_numbers(preview(clip, 287), tmp_path) == list(range(275, 288))


def test_a_cut_just_before_the_end(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", numbered(60, shots=(0, 56)), ClipSpec(rate=FILM))
    assert mp4_numbers(preview(clip, 50), tmp_path) == list(range(38, 56))


def test_a_gif_lasts_as_long_as_it_shows_and_repeats(clip: Path) -> None:
    data = preview(clip, 130, preview_format=PreviewFormat.GIF)
    frames, delays = gif_frames(data)
    assert len(frames) == 24
    assert sum(delays) == pytest.approx(2000, abs=10)
    assert set(delays) <= {80, 90}
    with Image.open(BytesIO(data)) as image:
        assert image.info["loop"] == 0


def test_an_mp4_plays_everywhere(clip: Path, tmp_path: Path) -> None:
    data = preview(clip, 130)
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with av.open(path) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert container.streams.video[0].average_rate == FILM
        assert not container.streams.audio


@pytest.mark.parametrize("preview_format", PreviewFormat)
def test_width_is_the_wish_or_the_video_s_own(clip: Path, tmp_path: Path, preview_format: PreviewFormat) -> None:
    for wish, size in ((480, (320, 180)), (200, (200, 112)), (161, (160, 90))):
        data = preview(clip, 130, preview_format=preview_format, spec=replace(SPEC, width=wish))
        path = tmp_path / f"a.{preview_format}"
        path.write_bytes(data)
        with VideoReader(path) as reader:
            assert (reader.info.width, reader.info.height) == size


@pytest.mark.parametrize(("rate", "gif_hz", "mp4_hz"), [(25, 12.5, 25), (30, 15, 30), (60, 15, 30), (15, 15, 15)])
def test_rates_are_the_video_s_own_divided(tmp_path: Path, rate: int, gif_hz: float, mp4_hz: float) -> None:
    clip = write_clip(tmp_path / "a.mp4", numbered(3 * rate), ClipSpec(rate=Fraction(rate)))
    frames, _ = gif_frames(preview(clip, rate, preview_format=PreviewFormat.GIF, rate=Fraction(rate)))
    assert len(frames) == 2 * gif_hz
    assert set(np.diff([number_in(frame) for frame in frames])) == {rate / gif_hz}
    assert len(mp4_numbers(preview(clip, rate, rate=Fraction(rate)), tmp_path)) == 2 * mp4_hz


def test_a_picture_that_stands_for_long(tmp_path: Path) -> None:
    """Of variable rate: the picture shown at 7.5 s began at 3 s, and the next comes at 8 s."""
    times = [Fraction(k, 10) for k in range(31)] + [Fraction(8) + Fraction(k, 10) for k in range(20)]
    clip = write_clip(tmp_path / "a.mkv", numbered(51), ClipSpec(rate=Fraction(10), times=times))
    data = render_preview(clip, at_ms=7500, from_ms=7500, to_ms=7500, spec=SPEC, preview_format=PreviewFormat.GIF).data
    frames, delays = gif_frames(data)
    assert [number_in(frame) for frame in frames[:3]] == [30, 31, 32]
    assert delays[0] == pytest.approx(1000, abs=110)
    assert sum(delays) == pytest.approx(2000, abs=110)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 s of pictures that take many bytes."""
    rng = np.random.default_rng(5)
    pictures = numbered(288)
    for picture in pictures:
        picture[:140] = rng.integers(0, 256, (140, 320, 3), np.uint8)
    return write_clip(tmp_path_factory.mktemp("noise") / "noise.mp4", pictures, ClipSpec(rate=FILM))


@pytest.mark.parametrize(("preview_format", "limit"), [(PreviewFormat.GIF, 220_000), (PreviewFormat.MP4, 100_000)])
def test_a_limit_in_bytes_is_kept(noise: Path, tmp_path: Path, preview_format: PreviewFormat, limit: int) -> None:
    assert len(preview(noise, 130, preview_format=preview_format)) > 2 * limit
    data = preview(noise, 130, preview_format=preview_format, spec=replace(SPEC, limit_bytes=limit))
    assert limit / 4 < len(data) <= limit
    if preview_format is PreviewFormat.GIF:
        frames, delays = gif_frames(data)
        numbers = [number_in(frame) for frame in frames]
        assert sum(delays) == pytest.approx(2000, abs=10)
    else:
        numbers = mp4_numbers(data, tmp_path)
        assert len(numbers) == 48
    assert 130 in numbers


def test_a_limit_that_cannot_be_kept(clip: Path) -> None:
    with pytest.raises(MediaError, match="no preview of 100 bytes or fewer") as caught:
        preview(clip, 130, preview_format=PreviewFormat.GIF, spec=replace(SPEC, limit_bytes=100))
    assert caught.value.path == clip


def test_a_missing_video_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "gone.mkv"
    with pytest.raises(MediaError, match=r"gone\.mkv: no such file"):
        preview(missing, 10)


def test_nothing_is_shown_after_the_end(clip: Path) -> None:
    with pytest.raises(MediaError, match=r"clip\.mp4: it shows nothing at 00:00:20\.000"):
        render_preview(clip, at_ms=20_000, from_ms=19_000, to_ms=21_000, spec=SPEC, preview_format=PreviewFormat.MP4)


class _Handler(BaseHTTPRequestHandler):
    """Serves one file, in ranges below /ranges/, whole below /whole/; counts the bytes that leave."""

    protocol_version = "HTTP/1.1"
    wbufsize = 0
    data: ClassVar[bytes] = b""
    sent: ClassVar[int] = 0

    @override
    def setup(self) -> None:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 14)  # what left should soon have arrived
        super().setup()

    def do_GET(self) -> None:
        byte_range = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not self.path.startswith(("/ranges/", "/whole/")):
            self._answer(HTTPStatus.NOT_FOUND, b"")
        elif byte_range is None or self.path.startswith("/whole/"):
            self._answer(HTTPStatus.OK, self.data)
        else:
            start, end = int(byte_range[1]), int(byte_range[2] or len(self.data) - 1)
            body = self.data[start : end + 1]
            self._answer(HTTPStatus.PARTIAL_CONTENT, body, f"bytes {start}-{end}/{len(self.data)}")

    def _answer(self, status: HTTPStatus, body: bytes, content_range: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        try:
            for start in range(0, len(body), 1 << 14):
                type(self).sent += self.wfile.write(body[start : start + (1 << 14)])
        except ConnectionError:
            self.close_connection = True

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def server(noise: Path) -> Iterator[str]:
    _Handler.data, _Handler.sent = noise.read_bytes(), 0
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def test_over_http_only_a_part_is_fetched(server: str, noise: Path, tmp_path: Path) -> None:
    data = preview(f"{server}/ranges/noise.mp4", 200)
    assert mp4_numbers(data, tmp_path) == mp4_numbers(preview(noise, 200), tmp_path) == list(range(188, 236))
    assert len(_Handler.data) > 10_000_000
    assert 1_000_000 < _Handler.sent < 0.6 * len(_Handler.data)


def test_a_server_without_ranges_is_refused_at_once(server: str) -> None:
    url = f"{server}/whole/noise.mp4"
    with pytest.raises(MediaError, match="does not answer range requests") as caught:
        preview(url, 200)
    assert caught.value.path == url


def test_what_a_server_does_not_have(server: str) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4: the server answers 404 Not Found"):
        preview(f"{server}/none.mp4", 200)


def test_a_server_that_is_not_there(server: str) -> None:
    port = int(server.rsplit(":", 1)[1])
    with pytest.raises(MediaError, match="the server cannot be reached"):
        preview(f"http://127.0.0.2:{port}/a.mp4", 200)
