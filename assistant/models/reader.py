"""The reader: does this text answer the question, or is it merely about the same thing?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np

from assistant.models.adapted import AdaptedEncoder, Adapter
from assistant.models.english import in_english
from assistant.models.likeness import default_likeness
from assistant.settings import DATA, Settings
from assistant.text import blocks, split, terms, words
from assistant.text.language import detect
from assistant.types import Language, ModelUnavailable, Reader

FOLDER = DATA / "reader"
_WORDS_KEPT = 20_000  # whose rarity is remembered
_UNDER = ":\n"  # the encoder sees a colon; it shows where the words themselves begin
# Which texts are the likeliest: those with the most cosine + 0.4 coverage, what search found later
# losing a little (docs/decisions/0007).
COVERAGE, _LATER = 0.4, 0.007
TAKEN_IN = 110  # words at a time: with a question, about what the encoder reads of a text
_SHOWN = 60  # words: what is shown for an answer is hardly ever longer
# What a sentence in another language than the question's loses, in logits: it must have scored .8,
# not .63. Of 172 Spanish questions asked of the English articles, 27 had a sentence that did, two
# of them a wrong one; of 16 between these scores it was about every second (decision 16).
_CROSSED = 0.86
NOTED_READ = 8  # of the texts that a question was noted for: those with the likest
_ASKED = 40  # words of a long message that are read beside each text: where it ends, it asks


def in_context(title: str, heading: str, text: str) -> str:
    """What the reader sees: the words under the title and heading that say what "it" is."""
    context = ": ".join(filter(None, [title, heading]))
    return f"{context}{_UNDER}{text}" if context else text


def in_short(question: str) -> str:
    """The end of a long message: its last sentences, or words."""
    told = question.split()
    if len(told) <= _ASKED:
        return question
    kept: list[str] = []
    for sentence in reversed([span.text for span in split(question)]):
        if len(" ".join([sentence, *kept]).split()) > _ASKED:
            break
        kept.insert(0, sentence)
    return " ".join(kept or told[-_ASKED:])


def in_stretches(text: str) -> list[str]:
    """A long text in runs of whole sentences that the encoder can take in, each in its context."""
    if len(text.split()) <= TAKEN_IN:
        return [text]
    context, body = _parted(text)
    return [context + " ".join(run) for run in in_runs([span.text for span in split(body)])]


def in_runs(sentences: Sequence[str]) -> list[list[str]]:
    """As many sentences at a time, in order, as the encoder can take in; one at least."""
    runs: list[list[str]] = [[]]
    for sentence in sentences:
        if runs[-1] and len(" ".join([*runs[-1], sentence]).split()) > TAKEN_IN:
            runs.append([])
        runs[-1].append(sentence)
    return runs


def one_by_one(text: str) -> list[str]:
    """The sentences of a passage, each in its context.

    None of a text as short as what is shown, or of a list, whose items say little alone.
    """
    context, body = _parted(text)
    if len(text.split()) <= _SHOWN or any(block.kind == "item" for block in blocks(body)):
        return []
    return [context + span.text for span in split(body)]


def _parted(text: str) -> tuple[str, str]:
    """What a text stands under, with the sign behind it, and the text itself."""
    context, under, body = text.partition(_UNDER)
    return (context + under, body) if under else ("", text)


def languages_of(
    question: str, texts: Sequence[str], language: Language | None = None
) -> tuple[Language, list[Language]]:
    """The language of a question and of each text.

    Where that of the question is not given and its words don't tell, the texts do: "ketamina
    efectos" is Spanish there.
    """
    written = [detect(text) for text in texts]
    return language or detect(question, written[0] if written else "en"), written


def as_read(
    question: str, texts: Sequence[str], language: Language | None = None
) -> tuple[str, list[str]]:
    """Question and texts as the encoder reads them: what is Spanish in rough English."""
    asked, written = languages_of(question, texts, language)
    english = [in_english(*pair) for pair in zip(texts, written, strict=True)]
    return in_english(question, asked), english


class TrainedReader:
    """A cross-encoder, with similarity and the coverage of the question's rare terms in its score.

    Its score is a calibrated probability: see docs/reader.md. Similarity is that of the default
    embedder, whatever is set for retrieval. Spanish, which the base model has hardly read, is put
    into rough English first; how the three weigh there is told apart (docs/decisions/0016).
    """

    def __init__(self, adapter: Adapter) -> None:
        self.encoder = AdaptedEncoder(adapter)
        self._likeness = default_likeness()
        facts = adapter.facts
        self.calibration: dict[Language, list[float]] = facts["calibration"]
        self.calibration_noted: list[float] = facts["calibration_noted"]
        self.threshold = float(facts["threshold"])
        self.fingerprint = f"reader@{facts['weights_sha256'][:12]}"

    def score(
        self,
        question: str,
        texts: Sequence[str],
        *,
        at_most: int | None = None,
        language: Language | None = None,
    ) -> list[float]:
        """Probability (0..1) that each text answers the question, in the order given.

        `language` is the question's, where its words may not tell it. With `at_most`, the texts
        come in the order of the search; only the likeliest so many are read, the others get 0.
        """
        scores = np.zeros(len(texts))
        if texts:
            read, features = self.features(question, texts, at_most=at_most, language=language)
            asked, written = languages_of(question, texts, language)
            weights = np.array([self.calibration[written[i]] for i in read])
            weighed = (features * weights[:, :-1]).sum(axis=1) + weights[:, -1]
            weighed -= [_CROSSED * (written[i] != asked) for i in read]
            scores[read] = 1 / (1 + np.exp(-weighed))
        return [float(score) for score in scores]

    def score_noted(
        self, question: str, noted: Sequence[tuple[str, str]], *, language: Language | None = None
    ) -> list[float]:
        """Probability (0..1) that each text answers the question, given another question that
        editors noted for it; pairs of that and the text. Only the likest few are read.
        """
        scores = np.zeros(len(noted))
        if noted:
            read, features = self.features_noted(question, noted, language=language)
            asked, written = languages_of(question, [text for _, text in noted], language)
            weights = np.array(self.calibration_noted)
            weighed = features @ weights[:-1] + weights[-1]
            weighed -= [_CROSSED * (written[i] != asked) for i in read]
            scores[read] = 1 / (1 + np.exp(-weighed))
        return [float(score) for score in scores]

    def features_noted(
        self, question: str, noted: Sequence[tuple[str, str]], *, language: Language | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which pairs are read, as indices, and what their scores are made of, one row each.

        Logit of the encoder, for the text; cosine of both questions; how much of each the other
        covers: what one asks for and the other does not is another question.
        """
        asked, texts = as_read(question, [text for _, text in noted], language)
        _, others = as_read(question, [other for other, _ in noted], language)
        cosine = self._likeness.to(asked, others)
        read = np.sort(np.argsort(-cosine, kind="stable")[:NOTED_READ])
        rows = [
            (cosine[i], self.coverage(asked, others[i]), self.coverage(others[i], asked))
            for i in read
        ]
        return read, np.column_stack([self._logits(asked, texts, read), np.array(rows)])

    def prepare(self, texts: Sequence[str]) -> None:
        """Works out what is needed of live texts before a question comes."""
        self._likeness.prepare(as_read("", texts)[1])

    def features(
        self,
        question: str,
        texts: Sequence[str],
        *,
        at_most: int | None = None,
        language: Language | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which texts are read, as indices, and what their scores are made of, one row each.

        Logit of the encoder (of a long text, see `_logits`), cosine, coverage.
        """
        question, texts = as_read(question, texts, language)
        cosine = self._likeness.to(question, texts)
        # The title names the subject of every sentence under it: only what this one says counts.
        covered = np.array(
            [self.coverage(question, text.partition(_UNDER)[2] or text) for text in texts]
        )
        promise = cosine + COVERAGE * covered - _LATER * np.arange(len(texts))
        read = np.sort(np.argsort(-promise, kind="stable")[:at_most])
        return read, np.column_stack(
            [self._logits(question, texts, read), cosine[read], covered[read]]
        )

    def _logits(self, question: str, texts: Sequence[str], read: np.ndarray) -> np.ndarray:
        """A passage longer than what is shown must answer as a whole and by one of its sentences:
        the mean of both logits. As a whole, many words of the question found here and there pass
        for an answer (docs/reader.md).
        """
        asked = in_short(question)
        whole = self._highest(asked, [in_stretches(texts[i]) for i in read])
        closest = self._highest(asked, [one_by_one(texts[i]) for i in read])
        return np.where(np.isfinite(closest), (whole + closest) / 2, whole)

    def _highest(self, question: str, pieces: Sequence[Sequence[str]]) -> np.ndarray:
        """The highest logit among the pieces of each text; minus infinity for one without any."""
        texts = [piece for of_text in pieces for piece in of_text]
        found = self.encoder.logits([question] * len(texts), texts)[:, 0]
        ends = np.cumsum([len(of_text) for of_text in pieces])
        runs = np.split(found, ends[:-1])
        return np.array([run.max(initial=-np.inf) for run in runs])

    def coverage(self, question: str, text: str) -> float:
        """Share (0..1) of the question's terms that the text has, each weighed by its rarity."""
        weights = {term: self._rarity(word) for word in words(question) for term in terms(word)}
        total = sum(weights.values())
        if not total:
            return 1.0
        held = set(terms(text))
        return sum(weight for term, weight in weights.items() if term in held) / total

    @lru_cache(maxsize=_WORDS_KEPT)  # noqa: B019 - one reader lives as long as the process
    def _rarity(self, word: str) -> float:
        """Grows with the rank of the word's rarest piece in the vocabulary, 0..1.

        BERT's vocabulary of 30,522 pieces is sorted by frequency.
        """
        ids = self.encoder.word_ids(word)
        return float(np.log1p(max(ids, default=0)) / np.log(30_522)) ** 4


@cache
def _trained() -> TrainedReader:
    return TrainedReader(Adapter.read(FOLDER))


class NamedReader:
    """Any sentence-transformers CrossEncoder with one output, by name or folder."""

    def __init__(self, name: str, threshold: float) -> None:
        import torch
        from sentence_transformers import CrossEncoder  # slow to import

        try:
            self._model = CrossEncoder(name, activation_fn=torch.nn.Sigmoid(), device="cpu")
        except Exception as error:  # each library under this one raises its own kind
            raise ModelUnavailable(
                f"The reader {name!r} can't be loaded: {type(error).__name__}.",
                hint="Install it as a package or a folder; nothing is fetched while running.",
            ) from error
        self.threshold = threshold
        self.fingerprint = name

    def score(
        self,
        question: str,
        texts: Sequence[str],
        *,
        at_most: int | None = None,  # noqa: ARG002 - nothing tells it which are the likeliest
        language: Language | None = None,  # noqa: ARG002 - it reads what it was made for
    ) -> list[float]:
        """Probability (0..1) that each text answers the question, in the order given."""
        if not texts:
            return []
        scores = self._model.predict([(question, text) for text in texts])
        return [float(score) for score in scores]

    def score_noted(
        self, question: str, noted: Sequence[tuple[str, str]], *, language: Language | None = None
    ) -> list[float]:
        """The same; the noted question stands above its text."""
        return self.score(question, [text for _, text in noted], language=language)

    def prepare(self, texts: Sequence[str]) -> None:
        """Nothing is known of a text before it is asked about."""


@cache
def _named(name: str, threshold: float) -> NamedReader:
    return NamedReader(name, threshold)


def load_reader(settings: Settings) -> Reader:
    """The configured reader, loaded once a process. Raises ModelUnavailable."""
    if settings.reader_model:
        return _named(settings.reader_model, settings.reader_threshold)
    return _trained()
