"""The weights of a text's words that BGE-M3 has learnt: sparse rows, one per text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, vstack

#: Stands for a text without any word of weight: Milvus Lite, and Milvus before 2.4.12, refuse an empty sparse vector.
#: Token 0 marks the beginning of a text, and is no word.
NO_WORD = {0: 1.0}
#: The parts of a sparse matrix, in SciPy's order.
ARRAYS = "data", "indices", "indptr"


def heaviest(tokens: Sequence[Sequence[int]], weights: np.ndarray, special: frozenset[int]) -> csr_array:
    """The weights of texts' word pieces, from those of their tokens, by FlagEmbedding's rule.

    A piece has the weight of its heaviest occurrence. Pieces without weight, and tokens that are not pieces of words,
    are left out.

    Parameters
    ----------
    tokens : sequence of sequences of int, length n
        Token ids of each text.
    weights : ndarray of float32
        Of all the tokens, one text after the other.
    special : frozenset of int

    Returns
    -------
    csr_array of float32, shape (n, largest token id + 1)
        Token ids ascending in each row.
    """
    lengths = [len(text) for text in tokens]
    text = np.repeat(np.arange(len(lengths)), np.array(lengths, dtype=np.int64))
    pieces = np.concatenate([np.zeros(0, np.int64), *(np.asarray(text, dtype=np.int64) for text in tokens)])
    chosen = (weights > 0) & ~np.isin(pieces, list(special))
    text, pieces, weights = text[chosen], pieces[chosen], weights[chosen]
    order = np.lexsort((-weights, pieces, text))
    text, pieces, weights = text[order], pieces[order], weights[order]
    first = np.append(True, (np.diff(text) != 0) | (np.diff(pieces) != 0))[: len(text)]
    return _rows(text[first], pieces[first], weights[first], len(lengths))


def stack(parts: Sequence[csr_array], rows: np.ndarray | slice = slice(None)) -> csr_array:
    """These `rows` of matrices of any widths, stacked below one another."""
    width = max(part.shape[1] for part in parts)
    return vstack([csr_array((p.data, p.indices, p.indptr), shape=(p.shape[0], width)) for p in parts], "csr")[rows]


def from_milvus(found: Sequence[dict[int, float]]) -> csr_array:
    """From Milvus's rows, weights by token id: csr_array of float32."""
    rows = [[] if row == NO_WORD else sorted(row.items()) for row in found]
    text = np.repeat(np.arange(len(rows)), np.array([len(row) for row in rows], dtype=np.int64))
    pieces = np.array([piece for row in rows for piece, _ in row], dtype=np.int64)
    weights = np.array([weight for row in rows for _, weight in row], dtype=np.float32)
    return _rows(text, pieces, weights, len(rows))


def to_milvus(words: csr_array) -> list[dict[int, float]]:
    """The rows as weights by token id."""
    pieces, weights, ends = words.indices.tolist(), words.data.tolist(), words.indptr.tolist()
    rows = zip(ends, ends[1:], strict=False)
    return [dict(zip(pieces[start:end], weights[start:end], strict=True)) or NO_WORD for start, end in rows]


def to_arrays(words: csr_array | None) -> dict[str, np.ndarray]:
    """The arrays that `from_arrays` reads; none for None."""
    return {} if words is None else {f"words {name}": getattr(words, name) for name in ARRAYS}


def from_arrays(arrays: dict[str, np.ndarray]) -> csr_array | None:
    """The words that are among other arrays; None where there are none."""
    found = [arrays[name] for name in map("words {}".format, ARRAYS) if name in arrays]
    return _as_wide_as_needed(*found) if found else None


def _rows(text: np.ndarray, pieces: np.ndarray, weights: np.ndarray, n: int) -> csr_array:
    """`text` and, within it, `pieces` are ascending."""
    ends = np.append(0, np.cumsum(np.bincount(text, minlength=n)))
    return _as_wide_as_needed(weights.astype(np.float32), pieces.astype(np.int32), ends)


def _as_wide_as_needed(weights: np.ndarray, pieces: np.ndarray, ends: np.ndarray) -> csr_array:
    return csr_array((weights, pieces, ends), shape=(len(ends) - 1, int(pieces.max(initial=0)) + 1))
