"""The corpus: articles, references, and the gate that lets only approved ones through."""

from assistant.corpus.loading import Corpus, load_corpus, refuse_strange_places
from assistant.corpus.references import citations_in, cited_in

__all__ = [
    "Corpus",
    "citations_in",
    "cited_in",
    "load_corpus",
    "refuse_strange_places",
]
