"""What the reader's report measures must be what a visitor's question is scored by."""

from __future__ import annotations

import numpy as np

from training.reader.calibrate import Scored, of_each_kind
from training.reader.pairs import Pair


class Reader:
    """Tells question and text apart by their lengths, and counts how often it is asked."""

    asked = 0

    def features(self, question, texts):
        self.asked += 1
        rows = [[len(question), len(text), 0.5] for text in texts]
        return np.arange(len(texts)), np.array(rows)


def test_every_pair_has_the_features_that_the_reader_itself_would_use():
    """In the order of the pairs, though texts of one question are read together."""
    said = [("who", "a"), ("where?", "bb"), ("who", "ccc"), ("where?", "dddd")]
    pairs = [Pair(question, passage, 1, "clinic", "1") for question, passage in said]
    reader = Reader()
    found = Scored(pairs, reader).features
    assert found.tolist() == [[len(q), len(p), 0.5] for q, p in said]
    assert reader.asked == 2


def test_a_report_reads_no_more_pairs_of_a_kind_than_it_needs():
    """And all of those of which there are few: SQuAD has four titles to test."""
    pairs = [Pair(f"q{n}", "a", n % 2, "clinic", "1") for n in range(20)]
    pairs += [Pair(f"q{n}", "a", 1, "squad", "1") for n in range(3)]
    kept = of_each_kind(pairs, 5, seed=1)
    counted = [(pair.kind, pair.label) for pair in kept]
    assert [counted.count(k) for k in (("clinic", 0), ("clinic", 1), ("squad", 1))] == [5, 5, 3]
    assert kept == of_each_kind(pairs, 5, seed=1)
