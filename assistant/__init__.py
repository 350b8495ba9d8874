"""A chat assistant that answers only from articles a psychiatric practice has approved."""

__version__ = "0.1.0"
