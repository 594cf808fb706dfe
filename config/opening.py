"""Opens engine and encoder from settings, for several packages; called at the process edge only."""

import logging
from functools import partial
from typing import Final

from config.log_setup import set_up_logging
from config.settings import Settings, load_settings
from core.encoders.base import Encoder
from core.encoders.loading import open_encoder
from core.engine import Engine, EngineSpec
from core.errors import InputError
from core.library.encoder_choice import encoder_folder
from core.previews.spec import PreviewSpec
from core.search.picture_search import SearchSpec

_SERVER_TIMEOUT_S: Final = 3.0
_log = logging.getLogger(__name__)


def start() -> Settings:
    """Read the settings and set up logging: the first line of every command."""
    settings = load_settings()
    set_up_logging(settings.log_level, log_format=settings.log_format)
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        raise InputError(f"WHENANIME_DATA_DIR: {settings.data_dir} is not a folder.")
    return settings


def encoder_of(settings: Settings) -> Encoder:
    """The encoder that the settings name, else the one that the library was made with, else the bundled one."""
    folder = encoder_folder(settings.data_dir, settings.encoder)
    return open_encoder(folder, threads=settings.threads, runtime=settings.runtime)


def engine_spec(settings: Settings) -> EngineSpec:
    """The engine's settings."""
    return EngineSpec(
        data_dir=settings.data_dir,
        media_root=settings.media_root,
        search=SearchSpec(**settings.search.model_dump()),
        preview=PreviewSpec(**settings.preview.model_dump()),
    )


def open_engine(settings: Settings) -> Engine:
    """An engine on the current generation; it follows the library to another encoder, unless the settings name one.

    A problem with the media root is logged only: answers do not need the videos.
    """
    engine = Engine(engine_spec(settings), encoder_of(settings), reopen=partial(encoder_of, settings))
    if problem := engine.videos.root_problem():
        _log.warning("%s", problem)
    return engine


def warn_of_videos(engine: Engine) -> None:
    """Log which of the library's videos cannot be read; of a server one is requested."""
    if not engine.videos.root_problem() and (problem := engine.videos.problem(_SERVER_TIMEOUT_S)):
        _log.warning("%s", problem)
