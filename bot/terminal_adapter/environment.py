"""The environment of a terminal: its language."""

from collections.abc import Mapping


def environment_locale(environ: Mapping[str, str]) -> str:
    """The BCP 47 tag of the environment's language for messages; empty when it names none."""
    value = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    tag = value.partition(".")[0].partition("@")[0].replace("_", "-")
    return "" if tag in {"C", "POSIX"} else tag
