"""Wording of tables: numbers with their nouns, and names of episodes in cells."""

from core.domain import EpisodeName


def counted(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun if number == 1 else noun + 's'}"


def name_cells(name: EpisodeName) -> tuple[str, str, str]:
    """Show, season and episode as people read them."""
    season = "" if name.season is None else str(name.season)
    if name.season_name and name.season_name != season:
        season = f"{season} {name.season_name}".strip()
    episode = "" if name.number is None else str(name.number)
    return name.show, season, f"{episode} {name.name}".strip()
