"""The corpus: articles, references, and the gate that lets only approved ones through."""

from assistant.corpus.loading import Corpus, at_metadata, load_corpus, refuse_strange_places
from assistant.corpus.references import citations_in, cited_in, first_surname

__all__ = [
    "Corpus",
    "at_metadata",
    "citations_in",
    "cited_in",
    "first_surname",
    "load_corpus",
    "refuse_strange_places",
]
