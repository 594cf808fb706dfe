"""The command group `whenanime train`."""

import typer

from training.commands.calibrate_cli import calibrate
from training.commands.dataset_cli import dataset, distort, stats
from training.commands.evaluate_cli import evaluate
from training.commands.export_cli import export
from training.commands.fit_cli import fit
from training.commands.import_cli import import_

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Make an encoder (needs the extra `train`).",
)


@app.callback()
def _root() -> None:
    """Make an encoder. Needs the extra `train`: `uv sync --extra train`.

    In order: dataset (frames from videos), stats and distort (done by fit when they are not), fit (train), evaluate
    (measure), export (make an encoder of a run), calibrate (fit its probabilities on the library).
    """


for _command in (dataset, stats, distort, fit, evaluate, export, calibrate):
    app.command()(_command)
app.command("import")(import_)
