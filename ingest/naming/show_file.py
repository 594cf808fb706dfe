"""`show.toml`: what an operator writes beside the videos of a show about it."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from core.catalogue.identities import NO_IDENTITY, TITLE_FORMS, ShowIdentity
from core.errors import InputError

SHOW_FILE: Final = "show.toml"
_KEYS: Final = ("name", "anilist", *TITLE_FORMS, "synonyms", "adult", "link", "seasons")
_LIMIT_BYTES: Final = 1 << 20
_TITLE_LIMIT: Final = 500
_LARGEST_NUMBER: Final = (1 << 31) - 1
_LARGEST_SEASON: Final = 10_000


@dataclass(frozen=True, slots=True)
class ShowFile:
    """A file `show.toml`. `name`: of the show in the library, in place of the one read from paths; empty: as read.

    `identity.season_anilist` has the numbers that it gives seasons. `problem`: why the file cannot be used, with the
    key that is wrong, if it is a key; the rest is empty then.
    """

    path: Path
    name: str = ""
    identity: ShowIdentity = NO_IDENTITY
    problem: str = ""

    @property
    def first_title(self) -> str:
        """A title for a show that is called by nothing but a number."""
        return next(iter(self.identity.titles), "")


def read_show_file(path: Path) -> ShowFile:
    """Read a file `show.toml`; never raises, see `ShowFile.problem`."""
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT_BYTES + 1)
        if len(data) > _LIMIT_BYTES:
            return ShowFile(path, problem=f"is larger than {_LIMIT_BYTES >> 20} MiB")
        values = tomllib.loads(data.decode("utf-8-sig"))
        name, identity = _read(values)
    except OSError as exc:
        return ShowFile(path, problem=exc.strerror or "cannot be read")
    except UnicodeDecodeError:
        return ShowFile(path, problem="is not text in UTF-8; save it as UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        return ShowFile(path, problem=f"is not TOML: {exc}")
    except InputError as exc:
        return ShowFile(path, problem=str(exc))
    return ShowFile(path, name, identity)


def parse_title(value: object, field: str) -> str:
    """A title or a name without space around it. `InputError` names the field when it is none."""
    if not isinstance(value, str):
        raise InputError(f"{field}: should be a text in quotation marks, not {value!r}")
    title = unicodedata.normalize("NFC", value).strip()
    if not title:
        raise InputError(f"{field}: is empty; leave it out if it is not known")
    if len(title) > _TITLE_LIMIT or not title.isprintable():
        raise InputError(f"{field}: should be one line of at most {_TITLE_LIMIT} characters")
    return title


def parse_link(value: object, field: str) -> str:
    """An http(s) address. `InputError` names the field when it is none."""
    text = parse_title(value, field)
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, text))
    except ValueError:
        good = False
    if not good:
        raise InputError(f"{field}: should be an address like https://anilist.co/anime/1, not {text!r}")
    return text


def _read(values: Mapping[str, object]) -> tuple[str, ShowIdentity]:
    for key in values:
        if key not in _KEYS:
            raise InputError(f"{key}: there is no such key; there are {', '.join(_KEYS)}")
    titles = {form: parse_title(values[form], form) for form in TITLE_FORMS if form in values}
    adult = values.get("adult")
    if not (adult is None or isinstance(adult, bool)):
        raise InputError(f"adult: should be true or false, not {adult!r}")
    identity = ShowIdentity(
        anilist=_number(values["anilist"], "anilist") if "anilist" in values else None,
        **titles,
        synonyms=_synonyms(values.get("synonyms", [])),
        adult=adult,
        link=parse_link(values["link"], "link") if "link" in values else None,
        season_anilist=_seasons(values.get("seasons", {})),
    )
    return parse_title(values["name"], "name") if "name" in values else "", identity


def _number(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_NUMBER:
        raise InputError(f"{field}: should be a number such as 21827, not {value!r}")
    return value


def _synonyms(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f'synonyms: should be a list such as ["One", "Two"], not {value!r}')
    return tuple(dict.fromkeys(parse_title(title, "synonyms") for title in value))


def _seasons(value: object) -> Mapping[int, int]:
    if not isinstance(value, dict):
        raise InputError(f"seasons: should be a table of numbers at AniList by season, not {value!r}")
    numbers: dict[int, int] = {}
    for season, number in value.items():
        if not (season.isascii() and season.isdecimal() and int(season) <= _LARGEST_SEASON):
            raise InputError(f"seasons.{season}: {season!r} is no number of a season")
        numbers[int(season)] = _number(number, f"seasons.{season}")
    return numbers
