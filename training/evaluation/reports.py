"""What an evaluation found, as files: tables in Markdown, charts, and all numbers as JSON."""

import json
from pathlib import Path

from core.errors import StorageError
from core.files import write_file
from training.evaluation.charts import roc_chart, sweep_chart
from training.evaluation.results import Evaluation
from training.evaluation.tables import Table, library_table, open_set_table, seed_table, sweep_table

JSON_NAME = "evaluation.json"
TEXT_NAME = "evaluation.md"
SWEEP_NAME = "sweep.png"
ROC_NAME = "roc.png"


def tables(found: Evaluation) -> list[Table]:
    """Those for which something was measured."""
    seed = {one.name: one.seed_protocol for one in found.encoders if one.seed_protocol is not None}
    library = {one.name: one.library for one in found.encoders if one.library}
    open_sets = {one.name: one.open_set for one in found.encoders if one.open_set}
    made = [seed_table(seed)] if seed else []
    if library:
        made += [library_table(library), sweep_table(library)]
    return [*made, open_set_table(open_sets)] if open_sets else made


def charts(found: Evaluation) -> dict[str, bytes]:
    """PNG bytes by file name, of what was measured."""
    library = {one.name: one.library for one in found.encoders if one.library}
    open_sets = {one.name: one.open_set for one in found.encoders if one.open_set}
    made = {SWEEP_NAME: sweep_chart(library)} if library else {}
    return made | ({ROC_NAME: roc_chart(open_sets)} if open_sets else {})


def markdown(found: Evaluation) -> str:
    """The page `evaluation.md`."""
    drawn = [SWEEP_NAME] * any(one.library for one in found.encoders)
    drawn += [ROC_NAME] * any(one.open_set for one in found.encoders)
    parts = ["# Evaluation", *found.about, *(table.markdown() for table in tables(found))]
    parts += [f"![{name.removesuffix('.png')}]({name})" for name in drawn]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write_reports(found: Evaluation, folder: Path) -> list[Path]:
    """Write all files anew, each whole or not at all; a chart of an earlier run that this one lacks is deleted.

    `StorageError` when they cannot be written, `EncoderError` when matplotlib is not installed.
    """
    files = charts(found)
    files[TEXT_NAME] = markdown(found).encode()
    files[JSON_NAME] = (json.dumps(found.to_json(), ensure_ascii=False, indent=1) + "\n").encode()
    for name, data in files.items():
        write_file(folder / name, data)
    for name in {SWEEP_NAME, ROC_NAME} - set(files):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as exc:
            raise StorageError(f"{folder / name}: cannot be deleted: {exc.strerror}.") from exc
    return [folder / name for name in files]
