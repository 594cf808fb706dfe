import inspect
import re
from pathlib import Path

import pytest

from core import errors


def _classes() -> dict[str, type[Exception]]:
    return {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)}


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^([ │├└─]*)(\w+Error)\b", line)
        if match is None or match[1].strip("│├└─ "):
            continue
        depth = len(match[1])
        above = [(level, name) for level, name in above if level < depth]
        drawn[match[2]] = above[-1][1] if above else "Exception"
        above.append((depth, match[2]))
    real = {name: kind.__mro__[1].__name__ for name, kind in _classes().items()}
    assert drawn == real


def test_only_bad_input_ends_with_exit_code_two() -> None:
    for kind in _classes().values():
        code = kind.exit_code  # type: ignore[attr-defined]  # every class of the tree has one
        assert code == (2 if issubclass(kind, errors.InputError) else 1)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://cat:p%40ss@nas.example:8443/videos/1.mp4?token=abc#t", "https://nas.example:8443/videos/1.mp4"),
        ("http://nas.example/videos/1.mp4", "http://nas.example/videos/1.mp4"),
        ("http://cat:pass@[broken/1.mp4", "http://…"),
        (Path("/videos/who?@home.mp4"), "/videos/who?@home.mp4"),
    ],
)
def test_what_may_be_secret_in_a_url_is_not_said(source: Path | str, shown: str) -> None:
    error = errors.MediaError(source, "no such file")
    assert str(error) == f"{shown}: no such file"
    assert repr(error) == f"MediaError({f'{shown}: no such file'!r})"
    assert error.path == source
