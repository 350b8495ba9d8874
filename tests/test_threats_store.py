"""Threats to store and publication: T61 and T62. The others have their number in their name.

T63, T66 and T69 are in test_store.py, T64, T65 and T67 in test_store_folder.py (and, for a server,
in test_store_server.py), T64 and T69 as operators meet them in test_commands.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.models import load_embedder
from assistant.pipeline import Assistant
from assistant.publishing import publish
from assistant.types import CorpusError, ModelUnavailable
from tests.conftest import CHANGED, assistant_for


def test_t61_before_the_first_publication_nothing_is_invented(publication):
    """A fresh clone: visitors get a sentence and the referral, operators the next step."""
    assistant = assistant_for(publication)
    answer = assistant.ask("What is TMS?")
    assert (answer.kind, answer.excerpts, answer.citations) == ("unavailable", (), ())
    assert "not been published yet" in answer.lead
    assert answer.referral in answer.text
    assert "python ingest.py" in assistant.health().message
    assert assistant.starters("en") == ()


def test_t61_an_empty_corpus_is_said_to_be_empty(publication, corpus):
    for path in (corpus / "articles").iterdir():
        path.unlink()
    with pytest.raises(CorpusError, match="no articles"):
        publish(publication)
    assert not (Path(publication.settings.store) / "live").exists()


def test_t62_a_model_that_is_not_here_is_named_and_nothing_is_fetched(publication):
    """Crisis cards need no model; everything else says that it can't answer now."""
    publish(publication)
    settings = publication.settings.model_copy(update={"embedding_model": "nobody/has-this-model"})
    with pytest.raises(ModelUnavailable, match="nobody/has-this-model"):
        load_embedder(settings)
    assistant = Assistant(settings, reader=publication.reader)
    assert assistant.health().reason == "model"
    assert "nobody/has-this-model" in assistant.health().message
    assert assistant.ask("What is TMS?").kind == "unavailable"
    assert assistant.ask("I want to kill myself").kind == "safety"


def test_t62_a_publication_with_a_model_that_breaks_leaves_what_is_live(publication, write):
    live = publish(publication).generation.id

    class Gone:
        fingerprint, dimension = "gone", 3

        def embed_documents(self, texts):
            raise ModelUnavailable("The embedding model 'gone' can't be loaded.")

    write("tms.md", CHANGED, title="TMS")
    with pytest.raises(ModelUnavailable, match="gone"):
        publish(replace(publication, embedder=Gone()))
    assert publication.store.live_id() == live
    assert publication.store.audit() == []
