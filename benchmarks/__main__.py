"""Every benchmark in turn: `python -m benchmarks [--quick] [name ...]`; each compares with a peer in the same run."""

import argparse
import subprocess
import sys
from pathlib import Path

APART = {"__init__", "__main__", "harness", "open_loop"}


def names() -> list[str]:
    """Every benchmark of this folder."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in APART)


def main() -> None:
    """Run them; exit 1 when one fails (a lost parity is a failure, a slow machine is not)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chosen", nargs="*", help=f"some of {', '.join(names())}")
    parser.add_argument("--quick", action="store_true", help="small sizes")
    given = parser.parse_args()
    failed = []
    for name in given.chosen or names():
        print(f"== {name}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if given.quick else [])], check=False
        )
        failed += [name] if done.returncode else []
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
