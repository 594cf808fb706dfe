"""Words of sound: 32 bits each, 0 where there is silence, and the same bits as signs."""

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
Floats = NDArray[np.float32]


def packed_words(bits: NDArray[np.bool_], silent: NDArray[np.bool_]) -> Words:
    """Words (n,) of bits (n, 32), 0 of those that are `silent` (n,), else not 0."""
    words = np.packbits(bits, axis=1, bitorder="little").view("<u4")[:, 0].astype(np.uint32)
    return np.where(silent, 0, np.maximum(words, 1)).astype(np.uint32)


def signs_of(words: Words) -> Floats:
    """Signs (n, 32) of the bits of words (n,): 1 and -1, 0 of silence."""
    bits = np.unpackbits(words.astype("<u4").view(np.uint8).reshape(-1, 4), axis=1, bitorder="little")
    return np.where((words != 0)[:, None], bits.astype(np.float32) * 2 - 1, np.float32(0)).astype(np.float32)
