"""Wording of messages and tables: numbers with their nouns, and show, season and episode as text."""

from core.domain import EpisodeName


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def is_or_are(number: int) -> str:
    """The verb after `counted`."""
    return "is" if number == 1 else "are"


def name_cells(name: EpisodeName) -> tuple[str, str, str]:
    """Show, season and episode for the cells of a table, such as `Show`, `2 Second Year`, `5 Name`."""
    season = _numbered(name.season, "")
    if name.season_name != season:
        season = _numbered(name.season, name.season_name)
    return name.show, season, _numbered(name.number, name.name)


def name_text(name: EpisodeName) -> str:
    """`Show, season 2 Second Year, episode 5 Name`, without the parts that the name does not have."""
    return _sentence(*name_cells(name))


def quoted_name_text(name: EpisodeName) -> str:
    """`Show, season 2 “Second Year”, episode 5 “Name”`, without the parts that the name does not have."""
    season, episode = (
        _numbered(number, f"“{title}”" if title else "")
        for number, title in ((name.season, name.season_name), (name.number, name.name))
    )
    return _sentence(name.show, season, episode)


def _numbered(number: float | str | None, title: str) -> str:
    return f"{'' if number is None else number} {title}".strip()


def _sentence(show: str, season: str, episode: str) -> str:
    parts = (show, f"season {season}" if season else "", f"episode {episode}" if episode else "")
    return ", ".join(filter(None, parts))
