"""The default models: published weights, and scores on the scale that is promised."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from assistant import models
from assistant.models import minilm
from assistant.models.bert import Bert
from assistant.settings import Settings
from assistant.types import ModelUnavailable, SettingsError


def test_the_default_embedder_gives_unit_vectors_that_know_meaning():
    embedder = models.default_embedder()
    vectors = embedder.embed_documents(["low mood", "feeling depressed", "changing a tyre"])
    assert all(math.isclose(sum(v * v for v in vector), 1, abs_tol=1e-4) for vector in vectors)
    mood, sad, tyre = vectors

    def cosine(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert cosine(mood, sad) > cosine(mood, tyre) + 0.2
    assert embedder.dimension == 384


def test_half_precision_says_the_same():
    """Articles may be published on a machine that has it and asked about on one that has not."""
    text = "Ketamine can lift mood within hours."
    inner = models.SentenceEmbedder()._model  # without the choice that depends on the processor
    full = inner.embed_query(text)
    with torch.autocast("cpu", torch.bfloat16):
        half = inner.embed_query(text)
    assert half != full
    assert sum(a * b for a, b in zip(half, full, strict=True)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("texts", [["how long does it last"], ["i can't sleep", "no"]])
def test_the_own_forward_pass_is_that_of_the_library(texts, half):
    """Alone and beside a shorter one, whose padding must not be seen; in bfloat16, too."""
    folder = str(models.default_model_path())
    theirs = AutoModel.from_pretrained(folder).eval()
    inputs = AutoTokenizer.from_pretrained(folder)(
        texts, ["It lasts a night."] * len(texts), padding=True, return_tensors="pt"
    )
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=half):
        expected = theirs(**inputs).last_hidden_state.float()
        found = Bert(theirs.state_dict(), theirs.config)(**inputs).float()
    text = inputs["attention_mask"].bool()
    within = {"atol": 0.05, "rtol": 0.05} if half else {"atol": 2e-5, "rtol": 1e-4}
    torch.testing.assert_close(found[text], expected[text], **within)


def test_the_fingerprint_names_the_weights():
    assert models.MINILM_SHA256[:12] in models.default_embedder().fingerprint


def test_other_weights_in_the_package_are_refused(monkeypatch, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not the published weights")

    class Package:
        @staticmethod
        def get_model_path() -> str:
            return str(tmp_path)

    models.default_model_path.cache_clear()
    monkeypatch.setattr(minilm, "import_module", lambda name: Package)
    try:
        with pytest.raises(ModelUnavailable, match="not the published weights"):
            models.default_model_path()
    finally:
        models.default_model_path.cache_clear()


def test_a_model_that_is_not_there_says_what_to_do():
    with pytest.raises(ModelUnavailable, match="nothing is fetched"):
        models.SentenceEmbedder("/no/such/model")


def test_generative_without_a_chat_model_is_a_setting_to_correct():
    with pytest.raises(SettingsError, match="ASSISTANT_CHAT_MODEL"):
        models.load_chat_model(Settings(answerer="generative"))


def test_every_passage_that_is_given_is_read_unless_the_likeliest_are_asked_for():
    """`read --batch` promises a probability for each, however many share a question."""
    reader = models.load_reader(Settings())
    question = "How fast does ketamine work?"
    texts = [f"The clinic opened its room number {n} last year." for n in range(11)]
    texts += ["Ketamine can ease depression within hours."]
    together = reader.score(question, texts)
    assert together == pytest.approx(
        [reader.score(question, [text])[0] for text in texts], abs=0.01
    )
    assert all(together)
    few = reader.score(question, texts, at_most=3)
    assert few[-1] == pytest.approx(together[-1], abs=0.01)
    assert sum(score > 0 for score in few) == 3


def test_what_stands_at_the_end_of_a_long_passage_is_read_too():
    """The encoder takes in some 110 words at a time; the rest must not be cut off unseen."""
    reader = models.load_reader(Settings())
    question = "How soon does ketamine lift mood?"
    filler = (
        "Ketamine has been given to patients before operations since the nineteen seventies. " * 20
    )
    plain, answered = reader.score(question, [filler, filler + "Mood often lifts within hours."])
    assert answered > plain + 0.2


def test_a_passage_must_answer_by_one_of_its_sentences_too(monkeypatch):
    """Words of the question spread over a passage pass for an answer when it is read as a whole."""
    reader = models.load_reader(Settings())
    question = "Who repaired the tower clock in 1921?"
    passage = (
        "The tower clock of the old town hall was built by Karl Weiss in 1854 and is wound by hand "
        "every third day. The hall itself was repaired in 1921, after a storm had taken half of "
        "its roof, and the mayor of that time, Anna Berg, paid for the work out of her own pocket. "
        "Today the clock is lit at night, and visitors may climb up to it on the first Sunday of "
        "each month."
    )
    (found,) = reader.score(question, [passage])
    monkeypatch.setattr(models.reader, "one_by_one", lambda text: [])
    (whole,) = reader.score(question, [passage])
    assert found < whole


def test_a_list_is_read_as_one_thing():
    """Its items say little alone: the mean with one of them would sink every list."""
    items = "\n".join(f"- feeling tired on {day} and the morning after it" for day in range(12))
    assert models.reader.one_by_one(f"Side effects:\nThey include:\n\n{items}") == []
    prose = " ".join(f"Tiredness may come on day {day} and the morning after." for day in range(12))
    alone = models.reader.one_by_one(f"Side effects:\n{prose}")
    assert len(alone) == 12
    assert all(text.startswith("Side effects:\nTiredness") for text in alone)


@pytest.mark.parametrize("story", ["It has been a long and tiring year. " * 40, "so tired " * 200])
def test_a_long_story_before_the_question_leaves_room_for_what_answers_it(story):
    """Its words alone would fill what the encoder takes in; then nothing could be compared."""
    reader = models.load_reader(Settings())
    question = "How fast does ketamine work?"
    right, wrong = reader.score(
        story + question,
        ["Ketamine can ease depression within hours.", "The clinic opened a room last year."],
    )
    assert right > wrong


def test_looking_up_a_word_does_not_unset_the_padding_of_others():
    """Threads share the tokenizer: a batch in another one would come out with unequal rows."""
    encoder = models.load_reader(Settings()).encoder
    encoder.logits(["a", "b"], ["short", "a text that is longer than the other one"])
    before = encoder._tokenizer.backend_tokenizer.padding
    assert encoder.word_ids("trazodone") == encoder._tokenizer("trazodone")["input_ids"][1:-1]
    encoder.logits(["a", "b"], ["short", "a text that is longer than the other one"])
    encoder.word_ids("venlafaxine")
    assert encoder._tokenizer.backend_tokenizer.padding == before
    assert before is not None
