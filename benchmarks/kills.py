"""Publications killed with SIGKILL at random moments while a reader asks on: is anything lost?

    python benchmarks/kills.py [KILLS]

Both kinds of store, 100 kills each unless told otherwise. Exits with 1 when an answer mixed two
generations or was refused, or when a kill left something that the next publication did not mend.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.settings import Settings
from tests.killing import Seen, run_kills
from tests.servers import chroma_server


def main() -> None:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    sound = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound &= shown("folder", folder / "a", str(folder / "store"), kills)
        with chroma_server(folder / "server") as url:
            sound &= shown("server", folder / "b", url, kills)
    sys.exit(0 if sound else 1)


def shown(kind: str, corpus: Path, store: str, kills: int) -> bool:
    """Runs the kills on one kind of store and prints what came of them."""
    start = perf_counter()
    seen: Seen = run_kills(Settings(corpus=corpus, store=store), kills)
    print(
        f"{kind}: {seen.kills} kills in {perf_counter() - start:.0f} s; the reader asked "
        f"{seen.asked:,} times and saw {len(seen.generations)} generations; "
        f"left behind until the next publication: "
        f"{', '.join(f'{what} {count}' for what, count in seen.left.most_common())}"
    )
    for wrong in seen.wrong[:20]:
        print(f"  WRONG {wrong}")
    return not seen.wrong


if __name__ == "__main__":
    main()
