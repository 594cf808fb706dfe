"""The versions of Python that are promised, and those that pyproject.toml holds dependencies to."""

import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "pyproject.toml"


def _named() -> list[str]:
    listed = subprocess.run([ROOT / ".ci/pythons", "named"], capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_every_python_gets_the_same_version_of_a_dependency() -> None:
    constraints = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["tool"]["uv"]["constraint-dependencies"]
    names = Counter(re.split(r"[\s=<>!~;\[]", constraint, maxsplit=1)[0] for constraint in constraints)
    assert names["av"], "the constraints are read"
    assert [name for name, count in names.items() if count > 1] == []


def test_the_least_python_and_that_of_the_image_are_among_those_that_the_readme_names_and_ci_runs() -> None:
    versions = _named()
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={versions[0]}"
    image = set(re.findall(r"^FROM python:([\d.]+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M))
    assert len(image & set(versions)) == len(image) == 1


def test_all_pythons_that_the_readme_says_were_tested_are_those_that_ci_runs() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    tested = re.search(r"Tested on Python ([\d., and]+), Linux", readme)
    assert tested
    assert re.findall(r"3\.\d+", tested[1]) == _named()
