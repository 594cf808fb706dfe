"""The losses, compared with sums by hand."""

import math

import pytest
import torch
from torch.nn import functional

from training.fitting.cross_batch_memory import CrossBatchMemory
from training.model.losses import Negatives, entropy, multiple_negatives_ranking


def test_the_ranking_loss_is_the_mean_of_both_directions() -> None:
    frames = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    views = torch.tensor([[0.8, 0.6], [0.6, 0.8]])
    row = -math.log(math.exp(10 * 0.8) / (math.exp(10 * 0.8) + math.exp(10 * 0.6)))
    assert float(multiple_negatives_ranking(frames, views, scale=10)) == pytest.approx(row)
    lopsided = torch.tensor([[0.8, 0.6], [0.0, 1.0]])  # row 0 sees .8 and 0, row 1 sees .6 and 1
    rows = [math.log(1 + math.exp(10 * (wrong - own))) for own, wrong in ((0.8, 0.0), (1.0, 0.6))]
    columns = [math.log(1 + math.exp(10 * (wrong - own))) for own, wrong in ((0.8, 0.6), (1.0, 0.0))]
    expected = (sum(rows) / 2 + sum(columns) / 2) / 2
    assert float(multiple_negatives_ranking(frames, lopsided, scale=10)) == pytest.approx(expected)


def test_false_negatives_do_not_count() -> None:
    torch.manual_seed(0)
    frames, views = (functional.normalize(torch.randn(3, 4)) for _ in range(2))
    same = torch.eye(3, dtype=torch.bool)
    same[0, 1] = same[1, 0] = True
    masked = float(multiple_negatives_ranking(frames, views, same))
    assert masked < float(multiple_negatives_ranking(frames, views))
    same[:] = True
    assert float(multiple_negatives_ranking(frames, views, same)) == pytest.approx(0)
    assert float(multiple_negatives_ranking(frames, views, torch.eye(3, dtype=torch.bool))) == pytest.approx(
        float(multiple_negatives_ranking(frames, views))
    )


def test_a_view_must_find_its_frame_among_those_of_earlier_batches_too() -> None:
    frames = views = torch.eye(2)
    earlier = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    same = torch.tensor([[False, False], [True, False]])
    forward = [math.log(1 + 2 * math.exp(-5) + math.exp(-10)), math.log(1 + 2 * math.exp(-5))]  # the second knows one
    backward = math.log(1 + math.exp(-5))
    loss = multiple_negatives_ranking(frames, views, scale=5, more=Negatives(earlier, same))
    assert float(loss) == pytest.approx((sum(forward) / 2 + backward) / 2)


def test_memory_forgets_the_oldest() -> None:
    memory = CrossBatchMemory(3)
    thumbnails = torch.arange(4.0)[:, None] * 100
    assert memory.negatives_for(thumbnails) is None
    memory.add(torch.eye(4)[:2], thumbnails[:2])
    memory.add(torch.eye(4)[2:], thumbnails[2:])
    negatives = memory.negatives_for(thumbnails[:2])
    assert negatives is not None
    assert torch.equal(negatives.vectors, torch.eye(4)[1:])
    assert negatives.same.tolist() == [[False, False, False], [True, False, False]]
    none = CrossBatchMemory(0)
    none.add(torch.eye(4), thumbnails)
    assert none.negatives_for(thumbnails) is None


def test_entropy_looks_at_the_nearest_other() -> None:
    vectors = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    assert float(entropy(vectors)) == pytest.approx(-math.log(math.sqrt(2)))
    same = torch.zeros(3, 3, dtype=torch.bool)
    same[0, 1] = same[1, 0] = True
    expected = -(math.log(2) + 2 * math.log(math.sqrt(2))) / 3  # 0 now sees 2, at distance 2
    assert float(entropy(vectors, same)) == pytest.approx(expected)


def test_gradients_of_equal_vectors_are_finite() -> None:
    vectors = torch.ones(3, 2, requires_grad=True)
    loss = entropy(functional.normalize(vectors)) + multiple_negatives_ranking(
        functional.normalize(vectors), functional.normalize(vectors)
    )
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    assert vectors.grad is not None
    assert bool(vectors.grad.isfinite().all())
