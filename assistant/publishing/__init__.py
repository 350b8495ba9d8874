"""The write flow: what goes live, what is tried before, and the way back."""

from assistant.publishing.going_back import Return, corpus_today, rollback
from assistant.publishing.going_live import check, examine, publish
from assistant.publishing.job import Progress, Publication

__all__ = [
    "Progress",
    "Publication",
    "Return",
    "check",
    "corpus_today",
    "examine",
    "publish",
    "rollback",
]
