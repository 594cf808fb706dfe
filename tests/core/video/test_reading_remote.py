"""Reading of video from a web server, in ranges."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from typing_extensions import override

from core.errors import MediaError
from core.video import opening
from core.video.reading import VideoReader
from tests.clips import ClipSpec, drawings, number_in, write_clip


class _RangeHandler(BaseHTTPRequestHandler):
    """Serves `files`, whole or in ranges, and notes where these begin."""

    protocol_version = "HTTP/1.1"
    files: ClassVar[dict[str, bytes]] = {}
    starts: ClassVar[list[int]] = []
    held: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/stuck.mp4":
            self.held.wait()
            return
        if self.path == "/elsewhere.mp4":
            self._answer(HTTPStatus.FOUND, b"", {"Location": self.files["/target"].decode()})
            return
        data = self.files.get(self.path)
        if data is None:
            self._answer(HTTPStatus.NOT_FOUND, b"", {})
            return
        requested = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if requested is None:
            self._answer(HTTPStatus.OK, data, {"Accept-Ranges": "bytes"})
            return
        start, end = int(requested[1]), int(requested[2] or len(data) - 1)
        self.starts.append(start)
        span = f"bytes {start}-{end}/{len(data)}"
        self._answer(HTTPStatus.PARTIAL_CONTENT, data[start : end + 1], {"Content-Range": span})

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@contextmanager
def _served(files: dict[str, bytes]) -> Iterator[str]:
    _RangeHandler.files = files
    _RangeHandler.starts.clear()
    _RangeHandler.held.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _RangeHandler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        _RangeHandler.held.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_part_is_read_without_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = drawings(240)
    for picture in pictures:
        picture[:100] = rng.integers(0, 255, (100, 320, 3))
    data = write_clip(tmp_path / "a.mp4", pictures, ClipSpec()).read_bytes()
    with _served({"/a.mp4": data}) as address, VideoReader(f"{address}/a.mp4") as reader:
        assert reader.info.duration == 10
        frames = list(reader.frames(Fraction(8), Fraction(17, 2)))
        assert [number_in(frame.rgb(320, 180)) for frame in frames] == list(range(192, 204))
    _, *jumps = _RangeHandler.starts
    assert len(jumps) <= 4
    assert any(0.7 * len(data) < start < 0.9 * len(data) for start in jumps)


def test_refusals_of_a_server_are_said(tmp_path: Path) -> None:
    write_clip(tmp_path / "secret.mp4", drawings(3))
    files = {
        "/page.mp4": b"<html><body>no such film</body></html>" * 20,
        "/list.mp4": f"#EXTM3U\n#EXTINF:1,\nfile://{tmp_path}/secret.mp4\n#EXT-X-ENDLIST\n".encode(),
        "/target": f"file://{tmp_path}/secret.mp4".encode(),
    }
    messages = {}
    with _served(files) as address:
        for name in ("none.mp4", "page.mp4", "list.mp4", "elsewhere.mp4"):
            with pytest.raises(MediaError) as caught:
                VideoReader(f"{address}/{name}")
            assert caught.value.path == f"{address}/{name}"
            messages[name] = caught.value.reason
    assert messages["none.mp4"].startswith("the server refused")
    assert messages["page.mp4"] == messages["list.mp4"] == "not a video that can be read"
    assert messages["elsewhere.mp4"]
    with pytest.raises(MediaError, match="the server cannot be reached"):
        VideoReader(f"{address}/a.mp4")


def test_a_server_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_TIMEOUT_S", 0.3)
    with _served({}) as address, pytest.raises(MediaError, match="no answer in time"):
        VideoReader(f"{address}/stuck.mp4")
