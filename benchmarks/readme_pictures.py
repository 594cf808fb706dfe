"""Pictures of the README: the web page, an answer in a chat, frames of a preview and an explanation, all of the demo's
drawn show.

    uv run whenanime demo
    python -m benchmarks.readme_pictures data/demo --out docs/pictures

They show the current answers of engine and bot to the demo's screenshot. The page is drawn by headless Chromium (of
Debian: chromium, chromium-driver) from `whenanime serve`; without Chromium its picture is left as it is.
"""

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cv2
import numpy as np
from PIL import Image

from benchmarks import page_picture
from bot.language.translations import Translations
from bot.messages import Chat, ChatKind, Reply
from bot.replies.answers import AnswerReplies, ReplySpec
from bot.replies.button_actions import AnswerId
from config.opening import open_engine
from config.settings import load_settings
from core.domain import SearchResult
from core.engine import Engine
from core.pictures.pixels import Rgb, area_resized
from core.previews.spec import PreviewFormat
from core.video.reading import VideoReader
from ingest.explain.explanation import write_explanation
from ingest.explain.sheet import INK, MUTED, Sheet, text_width

_COLOURS: Final = 192
_FRAMES: Final = 6
_FRAME_WIDTH: Final = 220
_GAP: Final = 6
_CHAT: Final = (680, 1000)
_CARD: Final = (244, 245, 247)
_FOUND: Final = (0, 140, 90)
_LINK: Final = (20, 90, 170)
_BUTTON: Final = (220, 223, 228)
_EXPLANATION_WIDTH: Final = 1100
_PAGE_WIDTH: Final = 960


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `page.png`, `answer.png`, `preview.png` and `explanation.png`."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.readme_pictures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("demo", type=Path, help="what `whenanime demo` has written, data/demo")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    options = parser.parse_args(arguments)
    picture = options.demo / "screenshot.jpg"
    with open_engine(load_settings(data_dir=options.demo / "data")) as engine, TemporaryDirectory() as folder:
        result = engine.search(picture)
        frames = _preview_frames(engine, result, Path(folder))
        explanation = cv2.imread(str(write_explanation(engine, picture, Path(folder))), cv2.IMREAD_COLOR_RGB)
    options.out.mkdir(parents=True, exist_ok=True)
    if page_picture.is_possible():
        _write(_resized(page_picture.picture(options.demo / "data", picture), _PAGE_WIDTH), options.out / "page.png")
    screenshot = _rgb(cv2.imread(str(picture), cv2.IMREAD_COLOR_RGB))
    _write(_chat(screenshot, _reply(result), frames[len(frames) // 2]), options.out / "answer.png")
    _write(_strip(frames), options.out / "preview.png")
    _write(_resized(_rgb(explanation), _EXPLANATION_WIDTH), options.out / "explanation.png")


def _reply(result: SearchResult) -> Reply:
    """The bot's reply in a group, with its buttons."""
    return AnswerReplies(ReplySpec()).answer(
        Translations().of("en"), result, Chat(ChatKind.GROUP, 10 << 20), AnswerId("readme0000")
    )


def _preview_frames(engine: Engine, result: SearchResult, folder: Path) -> list[Rgb]:
    """Frames of the moving preview, evenly spread."""
    path = folder / "preview.mp4"
    path.write_bytes(engine.preview(result.scenes[0], PreviewFormat.MP4).data)
    with VideoReader(path) as video:
        frames = [frame.rgb(video.info.width, video.info.height) for frame in video.frames()]
    return [frames[number] for number in np.linspace(0, len(frames) - 1, _FRAMES).round().astype(int)]


def _chat(screenshot: Rgb, reply: Reply, frame: Rgb) -> Rgb:
    """A picture that was posted, and the answer below it."""
    width, height = _CHAT
    sheet = Sheet(width, height)
    _name(sheet, "Mika", (180, 90, 150), 40)
    placed = sheet.picture(screenshot, 76, 58, 300, 180)
    top = 58 + placed.height + 44
    _name(sheet, "WhenAnime", _FOUND, top)
    card = top + 16
    lines = len(reply.lines)
    preview = card + 56 + 24 * lines
    shown = round(420 * frame.shape[0] / frame.shape[1])
    end = preview + shown + 16
    _box(sheet, (76, card, width - 24, end), _CARD)
    _box(sheet, (76, card, 80, end), _FOUND)
    sheet.text(reply.title, 96, card + 32, size=19, colour=_LINK, weight=700)
    for number, line in enumerate(reply.lines):
        sheet.text(line, 96, card + 62 + 24 * number, size=16)
    sheet.picture(frame, 96, preview, 420, shown)
    below = _buttons(sheet, reply, 76, end + 10)
    return sheet.rgb[: below + 16]


def _buttons(sheet: Sheet, reply: Reply, left: int, top: int) -> int:
    """Draw the rows of buttons of a reply; returns their lower edge."""
    for row in reply.rows:
        x = left
        for button in row:
            wide = text_width(button.label, 15, 600) + 28
            _box(sheet, (x, top, x + wide, top + 32), _BUTTON)
            sheet.text(button.label, x + 14, top + 21, size=15, weight=600)
            x += wide + 8
        top += 40
    return top


def _name(sheet: Sheet, name: str, colour: tuple[int, int, int], y: int) -> None:
    cv2.circle(sheet.rgb, (46, y + 2), 20, colour, cv2.FILLED, cv2.LINE_AA)
    sheet.text(name[0], 46 - text_width(name[0], 18, 700) // 2, y + 9, size=18, colour=(255, 255, 255), weight=700)
    sheet.text("just now", sheet.text(name, 76, y, size=16, colour=INK, weight=700) + 10, y, size=12, colour=MUTED)


def _box(sheet: Sheet, edges: tuple[int, int, int, int], colour: tuple[int, int, int]) -> None:
    """A filled rectangle: left, top, right, bottom."""
    cv2.rectangle(sheet.rgb, edges[:2], edges[2:], colour, cv2.FILLED)


def _strip(frames: Sequence[Rgb]) -> Rgb:
    """Frames side by side, in two rows."""
    small = [_resized(frame, _FRAME_WIDTH) for frame in frames]
    height, columns = small[0].shape[0], len(small) // 2
    sheet = Sheet(columns * (_FRAME_WIDTH + _GAP) + _GAP, 2 * (height + _GAP) + _GAP)
    for number, frame in enumerate(small):
        row, column = divmod(number, columns)
        sheet.picture(frame, _GAP + column * (_FRAME_WIDTH + _GAP), _GAP + row * (height + _GAP), _FRAME_WIDTH, height)
    return sheet.rgb


def _rgb(picture: object) -> Rgb:
    return np.asarray(picture, np.uint8)


def _resized(rgb: Rgb, width: int) -> Rgb:
    return area_resized(rgb, width, round(rgb.shape[0] * width / rgb.shape[1]))


def _write(rgb: Rgb, path: Path) -> None:
    """As a PNG of few colours, which is a third of the bytes."""
    data = io.BytesIO()
    Image.fromarray(rgb).quantize(_COLOURS, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    path.write_bytes(data.getvalue())


if __name__ == "__main__":
    main()
