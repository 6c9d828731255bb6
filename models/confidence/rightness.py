"""Which of the words that were heard are right, and when each was said: by alignment with what was really said (least word edits), after the
normalisation by which this repository counts word errors with numbers as digits (models/unseen/unseen_words.py). Used by train.py and
unseen_confidence.py."""
import pathlib
import re
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/unseen/numbers"), str(ROOT / "models/unseen")]
import generate  # noqa: E402
from live import words  # noqa: E402
from unseen_words import NUMBER_WORDS, with_digits  # noqa: E402


def parts(word):
    return words(re.sub(r"(?<=\d),(?=\d{3})", "", word))


def number_run(run):
    """[(part, owner)] of number words -> [(digit, owners)]. Where the words say digits one by one each has its own; "four hundred and
    twelve" is right as a whole or not at all."""
    together = generate.heard(" ".join(part for part, _ in run))
    apart = [(digit, (owner,)) for part, owner in run for digit in generate.heard(part)]
    if [digit for digit, _ in apart] == list(together):
        return apart
    return [(digit, tuple({owner for _, owner in run})) for digit in together]


def tokens_of(heard):
    """What a list of written words says, as in with_digits(): [(token, places of the words that say it)]."""
    flat = [(part, place) for place, word in enumerate(heard) for part in parts(word)]
    out, run = [], []
    for at, (part, owner) in enumerate(flat + [("", -1)]):
        following = flat[at + 1][0] if at + 1 < len(flat) else ""
        inside = part == "and" and run and run[-1][0] in ("hundred", "thousand") and following in NUMBER_WORDS
        if part in NUMBER_WORDS or inside:
            run.append((part, owner))
            continue
        if run:
            out += number_run(run)
        run = []
        if part:
            out += [(token, (owner,)) for token in (re.findall(r"\d", part) if re.fullmatch(r"[\d']+", part) else [part])]
    return out


def aligned(said, heard):
    """Pairs (place in said, place in heard) of the equal tokens of an alignment with least edits."""
    index = {}
    a = numpy.array([index.setdefault(token, len(index)) for token in said], dtype=int)
    b = numpy.array([index.setdefault(token, len(index)) for token in heard], dtype=int)
    rows = [numpy.arange(len(b) + 1)]
    along = numpy.arange(len(b) + 1)
    for token in a:
        above = rows[-1]
        row = numpy.concatenate([[above[0] + 1], numpy.minimum(above[1:] + 1, above[:-1] + (b != token))])
        rows.append(numpy.minimum.accumulate(row - along) + along)  # insertions: along the row
    pairs, i, j = [], len(a), len(b)
    while i and j:
        same = a[i - 1] == b[j - 1]
        if rows[i][j] == rows[i - 1][j - 1] + (not same):
            i, j = i - 1, j - 1
            if same:
                pairs.append((i, j))
        elif rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def judged(text, heard):
    """Of each of the written words `heard`: True, False, or None where it says nothing that counts (a dash)."""
    tokens = tokens_of(heard)
    matched = {place for _, place in aligned(with_digits(text), [token for token, _ in tokens])}
    right = [None] * len(heard)
    for place, (_, owners) in enumerate(tokens):
        for owner in owners:
            right[owner] = right[owner] is not False and place in matched
    return right
