"""Settings: defaults, then `whenanime.toml`, then the environment (`WHENANIME_…`, nested with `__`).

`load_settings` is called at the process edge; what it returns is frozen and travels down as values. Each section has
the fields of the frozen spec it becomes (`SamplingSettings` of `ingest.indexing.frame_sampling.SamplingSpec` and so on;
a test compares them), so that an edge writes `SamplingSpec(**settings.sampling.model_dump())`.
"""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError as SourceError

from config.bot_settings import BotSettings, DiscordSettings, HttpSettings, TelegramSettings
from config.section import Section

PREFIX = "WHENANIME_"
FILE_VARIABLE = "WHENANIME_CONFIG"
DEFAULT_FILE = Path("whenanime.toml")
_TRIM_PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([s%]?)\s*")
_IS_A_SECTION = "is a section with settings of its own; set those"
_USER_INFO_PATTERN = re.compile(r"^(\W?(?:[\w+.-]+://)?).*@")
_URL_QUERY_PATTERN = re.compile(r"(://[^?\s'\"]*)\?[^\s'\"]*")
_MASK = "***"
_SETTING_DEPTH = 2
"""A section and a setting in it; deeper keys are part of the setting's value."""
_SECRET_FIELDS = frozenset({"token", "secret"})
_MESSAGE_BY_ERROR_TYPE = {
    "path_type": "should be a path, as text in quotes",
    "finite_number": "should be a finite number",
}
"""By pydantic's type of an error, in place of its technical message."""


class SettingsError(Exception):
    """Unknown settings and bad values; the text names each with its source, one a line."""

    exit_code = 2


def _trim(value: str) -> str:
    match = _TRIM_PATTERN.fullmatch(value)
    if match is None or (match[2] == "%" and float(match[1]) > 100):
        raise ValueError("should be seconds (`90`, `90s`) or a share of at most 100 % (`5%`)")
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Trimmed = Annotated[str, AfterValidator(_trim)]


class SamplingSettings(Section):
    """Which frames of a video are kept."""

    rate_hz: Annotated[float, Field(gt=0, le=60, description="samples a second")] = 4.0
    repeat_threshold: Annotated[float, Field(ge=0, le=255, description="a sample nearer than this is a repeat")] = 2.0
    max_gap_s: Annotated[float, Field(gt=0, description="longest time without a kept frame, seconds")] = 1.0
    plain_deviation: Annotated[float, Field(ge=0, le=128, description="plainer frames are dropped")] = 6.0
    skip_head: Annotated[Trimmed, Field(description="left out at the start: `90`, `90s` or `5%`")] = "0"
    skip_tail: Annotated[Trimmed, Field(description="left out at the end: `90`, `90s` or `5%`")] = "0"
    keep_first_episodes: Annotated[bool, Field(description="first episodes keep head and tail")] = True


class StillsSettings(Section):
    """Small pictures of the indexed frames, kept so that answers can be verified without the videos."""

    width: Annotated[int, Field(ge=0, le=1920, description="longer side of a stored picture, pixels; 0: none")] = 368
    quality: Annotated[int, Field(ge=1, le=100, description="JPEG's quality, higher is better and larger")] = 70


class IndexSettings(Section):
    """The index: HNSW, and color layouts beside it."""

    m: Annotated[int, Field(ge=2, le=128, description="links a node")] = 16
    ef_construction: Annotated[int, Field(ge=8, le=2000, description="candidates while building")] = 300
    ef: Annotated[int, Field(ge=8, le=4000, description="candidates while searching")] = 256
    color_layout: Annotated[
        bool, Field(description="index color layouts too, which clients of trace.moe may send: 43 bytes a frame")
    ] = True
    themes_once: Annotated[
        bool, Field(description="index what openings, endings and the like show once a theme, not once an episode")
    ] = True


class SearchSettings(Section):
    """From nearest frames to scenes and a verdict."""

    limit: Annotated[int, Field(ge=1, le=100, description="scenes in an answer")] = 5
    candidates: Annotated[int, Field(ge=1, le=1000, description="nearest frames looked at, each view")] = 100
    views: Annotated[
        int, Field(ge=2, le=64, description="parts of a picture that are looked up, mirrored ones too")
    ] = 16
    checks: Annotated[int, Field(ge=0, le=50, description="scenes checked against stored pictures; 0: none")] = 6
    sure_at: Annotated[float, Field(ge=0, le=1, description="at this probability one look and one check do")] = 0.99
    exact: Annotated[bool, Field(description="find the exact frame in the video")] = True
    frames: Annotated[int, Field(ge=1, le=64, description="pictures looked up of an animation or a video")] = 8
    found_at: Annotated[float, Field(ge=0, le=1, description="probability from which the verdict is `found`")] = 0.9
    unsure_at: Annotated[float, Field(ge=0, le=1, description="probability from which it is `unsure`")] = 0.3

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.unsure_at > self.found_at:
            raise ValueError(f"found_at ({self.found_at:g}) should not be below unsure_at ({self.unsure_at:g})")
        return self


class PreviewSettings(Section):
    """The moving preview of a scene."""

    before_s: Annotated[float, Field(ge=0, le=30, description="shown before the frame at least, cuts permitting")] = 0.5
    after_s: Annotated[float, Field(ge=0, le=30, description="shown after it at least, cuts permitting")] = 1.5
    limit_s: Annotated[float, Field(gt=0, le=60, description="longest preview, seconds")] = 4.0
    range_limit_s: Annotated[float, Field(gt=0, le=60, description="longest preview of a sequence, seconds")] = 8.0
    width: Annotated[int, Field(ge=64, le=1920, description="pixels")] = 480
    gif_rate_hz: Annotated[float, Field(gt=0, le=50, description="pictures a second of a GIF")] = 12.0
    mp4_rate_hz: Annotated[float, Field(gt=0, le=120, description="pictures a second of an MP4")] = 24.0
    gif_colours: Annotated[int, Field(ge=2, le=255, description="colours of a GIF")] = 255
    mp4_crf: Annotated[int, Field(ge=0, le=51, description="x264's quality, lower is better and larger")] = 25
    limit_bytes: Annotated[int, Field(ge=10_000, description="largest preview file")] = 8 * 1024 * 1024


class ThemesSettings(Section):
    """Openings, endings and what else the episodes of a season share."""

    on_add: Annotated[bool, Field(description="`library add` looks for them when a season gains episodes")] = True


class Settings(BaseSettings):
    """All settings. Top-level fields are `WHENANIME_DATA_DIR` and so on."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        nested_model_default_partial_update=True,
    )

    data_dir: Annotated[Path, Field(description="everything we write lives under it")] = Path("data")
    media_root: Annotated[
        str | None,
        Field(description="where the videos are now: a folder or an http(s) URL; as added if not set"),
    ] = None
    encoder: Annotated[
        Path | None, Field(description="an encoder's folder; if not set the library's, else the bundled one")
    ] = None
    runtime: Annotated[Literal["auto", "onnx", "openvino"], Field(description="what runs the encoder")] = "auto"
    threads: Annotated[int, Field(ge=0, le=256, description="threads to compute with; 0: all cores")] = 0
    publish_s: Annotated[
        float,
        Field(ge=0, le=86400, description="seconds until finished videos are searchable while `library add` goes on"),
    ] = 120
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper), Field(description="least level logged")
    ] = "WARNING"
    log_format: Annotated[Literal["text", "json"], Field(description="a line for people or a JSON object a record")] = (
        "text"
    )
    sampling: SamplingSettings = SamplingSettings()
    stills: StillsSettings = StillsSettings()
    index: IndexSettings = IndexSettings()
    themes: ThemesSettings = ThemesSettings()
    search: SearchSettings = SearchSettings()
    preview: PreviewSettings = PreviewSettings()
    bot: BotSettings = BotSettings()
    discord: DiscordSettings = DiscordSettings()
    telegram: TelegramSettings = TelegramSettings()
    http: HttpSettings = HttpSettings()

    @field_validator("data_dir", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if isinstance(value, str) and not value.strip():
            raise ValueError("should name a folder; leave it out for `data` in the current folder")
        return value

    @field_validator("encoder", mode="before")
    @classmethod
    def _or_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("media_root")
    @classmethod
    def _known_scheme(cls, value: str | None) -> str | None:
        if value and "://" in value and not value.startswith(("http://", "https://")):
            raise ValueError("should be a folder or start with http:// or https://")
        return value or None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # part of the signature; no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file before defaults."""
        file = _settings_file(os.environ)
        sources = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, file)) if file else sources


def load_settings(**overrides: object) -> Settings:
    """Read file and environment. `SettingsError` names every unknown key and bad value, one line each."""
    unknown = _unknown_variables(os.environ)
    if unknown:
        raise SettingsError("\n".join(f"{name}: there is no such setting (environment)" for name in unknown))
    try:
        return Settings(**cast("dict[str, Any]", overrides))
    except ValidationError as exc:
        raise SettingsError("\n".join(_describe(error) for error in exc.errors())) from exc
    except SourceError as exc:
        named = [f"{PREFIX}{name}".upper() for name in Settings.model_fields if f'"{name}"' in str(exc)]
        raise SettingsError("\n".join(f"{name}: {_IS_A_SECTION} (environment)" for name in named)) from exc
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"{_settings_file(os.environ)}: not valid TOML: {exc}") from exc
    except UnicodeDecodeError as exc:
        raise SettingsError(f"{_settings_file(os.environ)}: is not text in UTF-8") from exc
    except OSError as exc:
        raise SettingsError(f"{_settings_file(os.environ)}: cannot be read: {exc.strerror}") from exc


def _settings_file(environ: Mapping[str, str]) -> Path | None:
    file_name = environ.get(FILE_VARIABLE)
    if file_name:
        file = Path(file_name)
        if not file.is_file():
            raise SettingsError(f"{FILE_VARIABLE}: there is no file {file_name}")
        return file
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    field_names = {name.upper() for name in Settings.model_fields}
    names = [name for name in environ if name.upper().startswith(PREFIX) and name.upper() != FILE_VARIABLE]
    return sorted(name for name in names if name.upper()[len(PREFIX) :].split("__")[0] not in field_names)


def _variable(keys: Sequence[str]) -> str:
    return PREFIX + "__".join(keys).upper()


def _describe(error: Mapping[str, Any]) -> str:
    keys = [str(part) for part in error["loc"]]
    set_variables = {name.upper() for name in os.environ}
    candidates = (
        keys[:end] for end in range(len(keys), _SETTING_DEPTH - 1, -1)
    )  # parts of a list or a table are no variables
    keys = next((candidate for candidate in candidates if _variable(candidate) in set_variables), keys)
    variable = _variable(keys)
    is_section = isinstance(error["input"], Mapping) and error["type"] == "value_error"
    in_environment = any(
        name.upper() == variable or (is_section and name.upper().startswith(f"{variable}__")) for name in os.environ
    )
    name = variable if in_environment else ".".join(keys)
    source = "environment" if in_environment else str(_settings_file(os.environ) or "settings")
    if error["type"] == "extra_forbidden":
        return f"{name}: there is no such setting ({source})"
    if error["type"] == "model_type":
        return f"{name}: {_IS_A_SECTION} ({source})"
    message = str(error["msg"]).removeprefix("Value error, ")
    message = f"{message[0].lower()}{message[1:]}"
    if is_section or keys[-1] in _SECRET_FIELDS:
        return f"{name}: {message} ({source})"
    message = _MESSAGE_BY_ERROR_TYPE.get(error["type"], message)
    return f"{name}: {message}, not {_without_secrets(error['input'])} ({source})"


def _without_secrets(value: object) -> str:
    """A value's `repr`; of a URL without user, password and query."""
    return _URL_QUERY_PATTERN.sub(rf"\1?{_MASK}", _USER_INFO_PATTERN.sub(rf"\1{_MASK}@", repr(value)))
