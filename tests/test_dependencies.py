"""The versions that pyproject.toml holds dependencies to."""

import re
import tomllib
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def test_every_python_gets_the_same_version_of_a_dependency() -> None:
    constraints = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["uv"]["constraint-dependencies"]
    names = Counter(re.split(r"[\s=<>!~;\[]", constraint, maxsplit=1)[0] for constraint in constraints)
    assert names["av"], "the constraints are read"
    assert [name for name, count in names.items() if count > 1] == []
