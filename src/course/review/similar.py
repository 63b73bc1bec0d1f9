"""Answers to one exercise that are much alike: pairs for a person to read side by side, never a verdict.

Compared are tokens: once as they were written, and once with every name that the student chose replaced by its place of
first use, so that renaming variables hides nothing. Comments, docstrings and layout do not count. What half the class
writes the same way, because the exercise has one short answer, says nothing and is left out.
"""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from course.review.register import Answer

FEWEST_TOKENS = 40  # shorter answers are alike by chance
LEAST = 0.9  # of the tokens are the same
COMMON = 0.04  # of the class, and more than three: so many do not copy, so few answers there are
MOST_PAIRS = 100
MOST_CODE = 60_000  # characters
_SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
_LAYOUT = {tokenize.NEWLINE: "\n", tokenize.INDENT: "{", tokenize.DEDENT: "}"}
_FIXED = frozenset((*keyword.kwlist, *dir(builtins), "self", "torch", "nn", "F", "np", "math"))


@dataclass(frozen=True)
class Pair:
    """Two answers. shape: how much is the same with names replaced.  text: as they were written. Both 0 to 1."""

    one: Answer
    other: Answer
    shape: float
    text: float


def similar(answers: Iterable[Answer]) -> list[Pair]:
    """The most similar pairs of answers to one exercise, the most similar first."""
    written = [(answer, tokens) for answer in answers if len(tokens := tokens_of(answer.code)) >= FEWEST_TOKENS]
    shapes = [without_names(tokens) for _, tokens in written]
    often = Counter(map(tuple, shapes))
    most = max(3, COMMON * len(written))
    rare = [(*pair, shape) for pair, shape in zip(written, shapes, strict=True) if often[tuple(shape)] <= most]
    if len(rare) < 2:
        return []
    letters: dict[str, str] = {}
    as_text = [_spelt(shape, letters) for _, _, shape in rare]
    scores = process.cdist(as_text, as_text, scorer=Indel.normalized_similarity, score_cutoff=LEAST, dtype=np.float32)
    rows, columns = np.nonzero(np.triu(scores, 1))
    pairs = []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        (one, ones, _), (other, others, _) = rare[row], rare[column]
        alike = Indel.normalized_similarity(_spelt(ones, letters), _spelt(others, letters))
        pairs.append(Pair(one, other, float(scores[row, column]), alike))
    pairs.sort(key=lambda pair: (-pair.text - pair.shape, pair.one.student, pair.other.student))
    return pairs[:MOST_PAIRS]


def tokens_of(code: str) -> list[str]:
    """The tokens of Python code without comments and docstrings; empty for what is no Python."""
    if len(code) > MOST_CODE:
        return []
    try:
        skipped = _docstrings(ast.parse(code))
        found = list(tokenize.generate_tokens(io.StringIO(code).readline))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return []
    kept, docstring = [], False
    for token in found:
        if token.type not in _SKIPPED and not (docstring and token.type == tokenize.NEWLINE):
            docstring = token.type == tokenize.STRING and token.start in skipped
            kept += [] if docstring else [_LAYOUT.get(token.type, token.string)]
    return kept


def _docstrings(tree: ast.Module) -> set[tuple[int, int]]:
    """Where strings stand that are statements of their own."""
    return {
        (node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def without_names(tokens: Sequence[str]) -> list[str]:
    """The tokens with each name that is not the language's or an attribute's replaced by the order of first use."""
    seen: dict[str, str] = {}
    before, made = "", []
    for token in tokens:
        mine = token.isidentifier() and token not in _FIXED and before != "."
        made.append(seen.setdefault(token, f"${len(seen)}") if mine else token)
        before = token
    return made


def _spelt(tokens: Sequence[str], letters: dict[str, str]) -> str:
    """One character a token, for a fast comparison."""
    return "".join(letters.setdefault(token, chr(0x100 + len(letters))) for token in tokens)
