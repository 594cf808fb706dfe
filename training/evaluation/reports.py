"""Report files of an evaluation: tables in Markdown, charts, and all figures as JSON."""

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


def tables(evaluation: Evaluation) -> list[Table]:
    """The tables of the protocols that were measured."""
    seed = {encoder.name: encoder.seed_protocol for encoder in evaluation.encoders if encoder.seed_protocol is not None}
    library = {encoder.name: encoder.library for encoder in evaluation.encoders if encoder.library}
    open_sets = {encoder.name: encoder.open_set for encoder in evaluation.encoders if encoder.open_set}
    present = [seed_table(seed)] if seed else []
    if library:
        present += [library_table(library), sweep_table(library)]
    return [*present, open_set_table(open_sets)] if open_sets else present


def charts(evaluation: Evaluation) -> dict[str, bytes]:
    """The charts of the protocols that were measured: PNG bytes by file name."""
    library = {encoder.name: encoder.library for encoder in evaluation.encoders if encoder.library}
    open_sets = {encoder.name: encoder.open_set for encoder in evaluation.encoders if encoder.open_set}
    files = {SWEEP_NAME: sweep_chart(library)} if library else {}
    return files | ({ROC_NAME: roc_chart(open_sets)} if open_sets else {})


def markdown(evaluation: Evaluation) -> str:
    """The text of `evaluation.md`."""
    drawn = [SWEEP_NAME] * any(encoder.library for encoder in evaluation.encoders)
    drawn += [ROC_NAME] * any(encoder.open_set for encoder in evaluation.encoders)
    parts = ["# Evaluation", *evaluation.notes, *(table.markdown() for table in tables(evaluation))]
    parts += [f"![{name.removesuffix('.png')}]({name})" for name in drawn]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write_reports(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write all files, each whole or not at all; a chart of an earlier run that this run has not is deleted.

    `StorageError` when they cannot be written, `EncoderError` when matplotlib is not installed.
    """
    files = charts(evaluation)
    files[TEXT_NAME] = markdown(evaluation).encode()
    files[JSON_NAME] = (json.dumps(evaluation.to_json(), ensure_ascii=False, indent=1) + "\n").encode()
    for name, data in files.items():
        write_file(folder / name, data)
    for name in {SWEEP_NAME, ROC_NAME} - set(files):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as exc:
            raise StorageError(f"{folder / name}: cannot be deleted: {exc.strerror}.") from exc
    return [folder / name for name in files]
