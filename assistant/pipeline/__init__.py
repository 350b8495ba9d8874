"""The read flow: from a visitor's message to everything that the reply consists of.

`assistant.py` takes the message and gives the reply, `replying.py` decides of what kind it is,
`searching.py` answers from the articles, and `workshop.py` holds what all of them work with.
"""

from assistant.pipeline.assistant import Assistant, load_assistant
from assistant.pipeline.workshop import ready_triager

__all__ = ["Assistant", "load_assistant", "ready_triager"]
