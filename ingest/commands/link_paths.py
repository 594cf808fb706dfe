"""A link where a picture's path is asked for."""

import re
from pathlib import Path
from typing import Final

from core.errors import PictureError, PictureProblem

_LINK: Final = re.compile(r"(https?):/+", re.IGNORECASE)


def require_path(picture: Path) -> None:
    """`PictureError` for what was meant as an http(s) URL, of which a path has lost a slash."""
    text = str(picture)
    if _LINK.match(text) and not picture.exists():
        link = _LINK.sub(r"\1://", text, count=1)
        raise PictureError(
            f"{link}: is a link; `whenanime chat` takes links, or save the picture and name its file",
            PictureProblem.UNREADABLE,
        )
