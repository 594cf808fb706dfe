"""Results of one run of `train evaluate`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from training.evaluation.library import RowResult
from training.evaluation.metrics import Retrieval
from training.evaluation.open_set import OpenSet


@dataclass(frozen=True, slots=True)
class EncoderResult:
    """Results of one encoder; protocols that were not run are empty. `open_set` is by the distortion of the queries."""

    name: str
    seed_protocol: Retrieval | None = None
    library: Mapping[str, RowResult] = field(default_factory=dict)
    open_set: Mapping[str, OpenSet] = field(default_factory=dict)

    def to_json(self) -> Mapping[str, object]:
        """For `evaluation.json`, without the points of the ROC curves, which are in the chart."""
        seed = self.seed_protocol
        return {
            "name": self.name,
            "seed_protocol": None if seed is None else {"top": seed.top, "mrr": seed.mrr, "queries": seed.queries},
            "library": {
                name: {
                    "right_file": row.right_file,
                    "right_shot": row.right_shot,
                    "within_0.5s": row.within,
                    "within_0.5s_of_10": row.within_10,
                    "queries": row.queries,
                }
                for name, row in self.library.items()
            },
            "open_set": {
                name: {
                    **{
                        kind: {"auc": separation.auc, "threshold": separation.threshold, "recall": separation.recall}
                        for kind, separation in (("likeness", result.similarity), ("margin", result.margin))
                    },
                    "inside": result.inside,
                    "own_show_out": result.own_show_out,
                    "outside": result.outside,
                }
                for name, result in self.open_set.items()
            },
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Results, the data they were measured on, and `notes`: a paragraph for each protocol."""

    encoders: tuple[EncoderResult, ...]
    made_from: Mapping[str, object]
    notes: tuple[str, ...]

    def to_json(self) -> Mapping[str, object]:
        """For `evaluation.json`."""
        return {
            "version": 1,
            **self.made_from,
            "about": list(self.notes),
            "encoders": [encoder.to_json() for encoder in self.encoders],
        }
