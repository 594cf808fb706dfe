"""Generations: folders of named indexes that belong together, and the pointer to the current one.

    index/CURRENT                          the name of the current generation, one line
    index/generation-000007/               generation.json
    index/generation-000007/store/         the index of frames, the store's own files
    index/generation-000007/color_layout/  color layouts of the same frames, where they were made

This module reads them; `ingest.publishing.generation_writer` writes them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from core.domain import FileId
from core.errors import EncoderMismatchError, LibraryEmptyError, StoreError
from core.files import LIBRARY_LOCK, is_locked
from core.stores.base import IndexSpec

POINTER = "CURRENT"
INFO = "generation.json"
_NO_INDEX_MESSAGE = (
    "There is no index yet. Add videos with `whenanime library add DIR`; if you have, run `whenanime index rebuild`."
)
_FIRST_ADD_MESSAGE = (
    "The first videos are being added at this moment, and none can be searched yet: try again in a few minutes, when "
    "`whenanime library add` says that the first one is searchable."
)
_NAME_PATTERN = re.compile(r"generation-\d+")


class IndexName(StrEnum):
    """Indexes of a generation; each is searched with its own model. Every generation has `FRAMES`."""

    FRAMES = "frames"
    COLOR_LAYOUT = "color_layout"


_FOLDERS: Final = {IndexName.FRAMES: "store", IndexName.COLOR_LAYOUT: "color_layout"}
"""The folder of the index of frames keeps its name from before there were other indexes."""


@dataclass(frozen=True, slots=True)
class ThemeCut:
    """What an index leaves out of a file, as another occurrence of its themes has it: the number of frames, and a
    `digest` of the occurrences and the method by which they were chosen.
    """

    digest: str
    left_out: int


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """Content of `generation.json`, about the index of frames.

    `encoder` is the fingerprint of its encoder; `files` maps every file in the index to its number of frames there,
    `cuts` those of which frames may have been left out.
    """

    name: str
    backend: str
    encoder: str
    dim: int
    index: IndexSpec
    files: Mapping[FileId, int]
    built_at: str
    cuts: Mapping[FileId, ThemeCut] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        """Number of frames in the index."""
        return sum(self.files.values())

    @property
    def frames_left_out(self) -> int:
        """Number of frames that are not in the index, as other occurrences of their themes are."""
        return sum(cut.left_out for cut in self.cuts.values())

    def cut_digest(self, file_id: FileId) -> str:
        """What decided on the frames of a file; empty where all of them are in the index."""
        cut = self.cuts.get(file_id)
        return cut.digest if cut else ""

    def to_json(self) -> str:
        """Returns the text of `generation.json`."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "GenerationInfo":
        """Parses what `to_json` writes; `ValueError`, `KeyError` or `TypeError` for other text."""
        values = json.loads(text)
        return cls(
            name=str(values["name"]),
            backend=str(values["backend"]),
            encoder=str(values["encoder"]),
            dim=int(values["dim"]),
            index=IndexSpec(**values["index"]),
            files={FileId(int(file_id)): int(frames) for file_id, frames in values["files"].items()},
            built_at=str(values["built_at"]),
            cuts={
                FileId(int(file_id)): ThemeCut(str(cut["digest"]), int(cut["left_out"]))
                for file_id, cut in values.get("cuts", {}).items()
            },
        )

    def require_encoder(self, fingerprint: str) -> None:
        """Raises `EncoderMismatchError` unless the index was made with this encoder."""
        if self.encoder != fingerprint:
            raise encoder_mismatch_error(self.encoder, fingerprint)


def encoder_mismatch_error(made_with: str, set_now: str) -> EncoderMismatchError:
    """Returns the error that names the encoder of the index, the encoder that is set now, and the two remedies."""
    return EncoderMismatchError(
        f"The index was made with encoder {made_with}, the one set now is {set_now}. Set WHENANIME_ENCODER back to the "
        "encoder of the index, or make the library anew with the one set now: `whenanime library reindex`."
    )


def index_path(generation: Path, name: IndexName = IndexName.FRAMES) -> Path:
    """Folder of one index in the folder of a generation."""
    return generation / _FOLDERS[name]


def current_generation(folder: Path) -> tuple[Path, GenerationInfo]:
    """Returns folder and description of the current generation; `folder` is a library's folder of generations.

    `LibraryEmptyError` when there is none; its text says whether the first videos are being added at this moment.
    `StoreError` when the pointer or the description is broken.
    """
    try:
        name = (folder / POINTER).read_text("utf-8").strip()
    except FileNotFoundError as exc:
        raise LibraryEmptyError(
            _FIRST_ADD_MESSAGE if is_locked(folder.parent / LIBRARY_LOCK) else _NO_INDEX_MESSAGE
        ) from exc
    except OSError as exc:
        raise StoreError(f"{folder / POINTER}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise StoreError(f"{folder / POINTER}: is not a generation's name; run `whenanime index rebuild`") from exc
    if not _NAME_PATTERN.fullmatch(name):
        raise StoreError(f"{folder / POINTER}: is not a generation's name; run `whenanime index rebuild`")
    return folder / name, read_generation(folder / name)


def read_generation(folder: Path) -> GenerationInfo:
    """Reads the description in a generation's folder; `StoreError` when it is missing or broken."""
    try:
        return GenerationInfo.from_json((folder / INFO).read_text("utf-8"))
    except OSError as exc:
        raise StoreError(f"{folder / INFO}: cannot be read: {exc.strerror}; run `whenanime index rebuild`") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise StoreError(f"{folder / INFO}: is damaged; run `whenanime index rebuild`") from exc
