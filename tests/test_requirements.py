"""What gets installed: every machine must run the same."""

from __future__ import annotations

from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from assistant.settings import ROOT


def listed(name: str) -> list[Requirement]:
    """The requirements in a file, without its options and comments."""
    lines = [
        line.partition("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines()
    ]
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def needed(requirements: list[Requirement]) -> set[str]:
    """The packages that they bring in here, their own needs with them."""
    seen: set[tuple[str, str]] = set()
    todo = [(one, extra) for one in requirements for extra in ("", *one.extras)]
    while todo:
        one, extra = todo.pop()
        if (one.name, extra) in seen:
            continue
        seen.add((one.name, extra))
        for under in map(Requirement, requires(one.name) or []):
            if under.marker is None or under.marker.evaluate({"extra": extra}):
                todo += [(under, more) for more in ("", *under.extras)]
    return {canonicalize_name(name) for name, _ in seen}


def test_every_package_that_gets_installed_has_its_version_in_the_constraints():
    """A package that is missing there may differ from one machine, or one day, to the next."""
    pinned = {canonicalize_name(one.name) for one in listed("constraints.txt")}
    assert needed(listed("requirements.txt") + listed("requirements-dev.txt")) - pinned == set()


def test_the_lists_do_not_contradict_the_constraints():
    """pip would refuse to install anything."""
    constraints = {canonicalize_name(one.name): one.specifier for one in listed("constraints.txt")}
    for one in listed("requirements.txt") + listed("requirements-dev.txt"):
        assert one.specifier == constraints[canonicalize_name(one.name)], one.name
