"""What `index info` says, as a table and as JSON."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.settings import Settings
from core.encoders.base import ConfidenceSpec, VerifiedCurveSpec
from core.encoders.loading import BUNDLED
from core.encoders.spec import read_spec, write_spec
from ingest.commands.index_cli import app

PLAIN = ConfidenceSpec(-9.0, 8.0, 20.0)


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (None, "not calibrated: every answer is unsure"),
        (PLAIN, "by similarity only"),
        (replace(PLAIN, checked=VerifiedCurveSpec(-6.0, 3.0, 3.0, 9.0, 6.0)), "calibrated"),
    ],
)
def test_it_says_what_probabilities_rest_on(
    library_settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    confidence: ConfidenceSpec | None,
    words: str,
) -> None:
    assert library_settings.data_dir.is_dir()
    folder = Path(shutil.copytree(BUNDLED, tmp_path / "encoder"))
    write_spec(replace(read_spec(folder), confidence=confidence), folder)
    monkeypatch.setenv("WHENANIME_ENCODER", str(folder))
    ended = CliRunner().invoke(app, ["info", "--json"], catch_exceptions=False)
    values = json.loads(ended.stdout)
    assert words in values["probabilities"]
    assert (values["files"], values["files_with_stills"]) == (3, 3)
    assert "probabilities" in CliRunner().invoke(app, ["info"], catch_exceptions=False).stdout
