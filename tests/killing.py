"""Publications killed with SIGKILL at random moments, while a reader in its own process asks on.

Used by a handful of kills in the tests and by benchmarks/kills.py, which does a hundred.
"""

from __future__ import annotations

import multiprocessing
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from assistant.pipeline import Assistant
from assistant.publishing import Publication, publish
from assistant.settings import Settings
from assistant.store import open_store
from tests.conftest import TODAY, front_matter
from tests.fakes import WordEmbedder, WordReader

QUESTION = "Which edition of depression treatment applies?"
ARTICLES = ("one", "two", "three")
PADDING = "Other words stand here too, so that the text is long enough to be an article. " * 3

processes = multiprocessing.get_context("forkserver")  # forks before anything has threads
processes.set_forkserver_preload([__name__])


@dataclass
class Seen:
    """What the reader saw, and what was found after each kill."""

    kills: int = 0
    asked: int = 0
    generations: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)


def run_kills(settings: Settings, kills: int, seed: int = 1) -> Seen:
    """Kills as many publications; after each, the next one must just work and clear up."""
    chance = random.Random(seed)  # noqa: S311 (moments, not secrets)
    publish_version(settings, 0)
    ours, theirs = processes.Pipe()
    reader = processes.Process(target=read_on, args=(settings, theirs), daemon=True)
    reader.start()
    seen = Seen()
    try:
        ours.recv()
        for number in range(1, kills + 1):
            _kill_one(settings, number * 1000, chance.uniform(0, 1.2))
            seen.left[_left(settings)] += 1
            publish_version(settings, number * 1000 + 999)
            problems = open_store(settings.store).audit()
            seen.wrong += [f"after kill {number}: {problem}" for problem in problems]
            seen.kills += 1
        ours.send("stop")
        asked, generations, wrong = ours.recv()
    finally:
        reader.kill()
        reader.join()
    return Seen(seen.kills, asked, generations, seen.wrong + wrong, seen.left)


def _kill_one(settings: Settings, first: int, seconds: float) -> None:
    ours, theirs = processes.Pipe()
    publisher = processes.Process(target=publish_on, args=(settings, first, theirs), daemon=True)
    publisher.start()
    ours.recv()
    publisher.join(seconds)
    publisher.kill()
    publisher.join()


def _left(settings: Settings) -> str:
    """What the killed publication left, in a word."""
    problems = " ".join(open_store(settings.store).audit())
    if "generation-" in problems or ".part" in problems:
        return "half a generation"
    return "a generation not yet live" if problems else "nothing"


def publish_version(settings: Settings, number: int) -> None:
    """Every article says the number: one generation never says two."""
    folder = settings.corpus / "articles"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ARTICLES:
        text = f"The edition of depression treatment that applies is {number}. {PADDING} On {name}."
        (folder / f"{name}.md").write_text(front_matter(title=f"On {name}") + text)
    job = Publication(
        settings=settings,
        store=open_store(settings.store),
        embedder=WordEmbedder(),
        reader=WordReader(),
        today=TODAY,
    )
    assert publish(job).activated


def publish_on(settings: Settings, first: int, parent: Connection) -> None:
    """One publication after another, until it is killed."""
    parent.send("ready")
    for number in range(first, first + 999):
        publish_version(settings, number)


def read_on(settings: Settings, parent: Connection) -> None:
    """Asks until told to stop; tells how often, of which generations, and what was wrong."""
    assistant = Assistant(
        settings, embedder=WordEmbedder(), reader=WordReader(), today=lambda: TODAY
    )
    asked, latest = 0, -1
    generations: set[str] = set()
    wrong: list[str] = []
    while not parent.poll():
        answer = assistant.ask(QUESTION)
        numbers = {int(n) for e in answer.excerpts for n in re.findall(r"\d+", e.text)}
        if answer.kind != "answer" or len(numbers) != 1 or min(numbers) < latest:
            wrong.append(f"{answer.kind} {sorted(numbers)} after {latest}")
        latest = max([latest, *numbers])
        generations.add(answer.generation_id)
        asked += 1
        if asked == 1:
            parent.send("reading")
    parent.send((asked, generations, wrong))
