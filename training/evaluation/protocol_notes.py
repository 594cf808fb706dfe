"""Notes on an evaluation in prose: its data, and the meaning of its figures."""

from training.dataset.frame_dataset import Dataset
from training.dataset.spec import Split
from training.evaluation.collection import Collection
from training.evaluation.run import EvaluationData


def protocol_notes(data: EvaluationData) -> tuple[str, ...]:
    """A paragraph in Markdown for each protocol, and one for the sources that were left out."""
    parts = []
    if data.dataset is not None:
        parts.append(_seed_protocol(data.dataset, data.seed))
    if data.collection is not None:
        parts += [_library(data.collection), _open_set(data)]
        if data.collection.left_out:
            lines = [f"- {source}: {reason}" for source, reason in data.collection.left_out]
            parts.append("\n".join(["Left out, or not read in full:", "", *lines]))
    return tuple(parts)


def _seed_protocol(dataset: Dataset, seed: int) -> str:
    count = len(dataset.split(Split.VALIDATION))
    distorted = dataset.distorted
    drawn = f"with seed {distorted.seed} by `train distort`" if distorted else f"with seed {seed}"
    return (
        f"Seed protocol: each of {count} validation frames is searched for by its distorted copy (a crop of a quarter "
        f"of the area or more scaled back, one in five mirrored, colours changed by up to a fifth; drawn {drawn}), "
        "among all of them and without a mirrored view. Ties count against the query."
    )


def _library(collection: Collection) -> str:
    files = len(collection.files)
    shots = "The shots of all are those that the program detects"
    if collection.listed == files:
        shots = "The shots of all are those of the lists beside them"
    elif collection.listed:
        shots = (
            f"The shots of {collection.listed} of them are those of the lists beside them, of the others those that "
            "the program detects"
        )
    return (
        f"Library protocol: {len(collection.queries)} frames at random times, none of them indexed, are searched for "
        f"among {len(collection.frames)} frames of {files} videos, as they are and mirrored. {shots}. Ties count "
        "against the query."
    )


def _open_set(data: EvaluationData) -> str:
    if not data.has_out_of_library:
        return "All videos are of one show and nothing from outside was given, so no picture is outside the library."
    outside = f", and {len(data.outside)} pictures from outside" if data.outside else ""
    return (
        f"Not in the library: the same queries with their own show removed from the index{outside}. A picture is taken "
        "for known when its score is above a threshold: the best similarity (likeness), or its margin over the best of "
        "another file. Recall: the share of queries that are in the library, above the threshold, and answered with "
        "the right shot."
    )
