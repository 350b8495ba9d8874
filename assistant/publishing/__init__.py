"""The write flow: what goes live, what is tried before, and the way back."""

from assistant.publishing.going_back import Return, rollback
from assistant.publishing.going_live import check, examine, publish
from assistant.publishing.job import Progress, Publication

__all__ = ["Progress", "Publication", "Return", "check", "examine", "publish", "rollback"]
