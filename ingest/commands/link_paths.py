"""Links given in place of a picture's path."""

import re
from pathlib import Path
from typing import Final

from core.errors import PictureError, PictureProblem

_LINK: Final = re.compile(r"(https?):/+", re.IGNORECASE)


def require_path(picture: Path) -> None:
    """`PictureError` for an http(s) URL, which has lost a slash as a path."""
    text = str(picture)
    if _LINK.match(text) and not picture.exists():
        link = _LINK.sub(r"\1://", text, count=1)
        raise PictureError(
            f"{link}: is a link; `whenanime chat` takes links, or save the picture and name its file",
            PictureProblem.UNREADABLE,
        )
