"""Create the virtual environment from the lock file; needs nothing but Python 3.11 and its pip.

`--bench` adds the peers that benchmarks compare with; `--lock` resolves pyproject.toml anew.
"""

import argparse
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"


def run(*command: str | Path) -> None:
    """Run a command in the project's root; stop with its exit code if it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"failed: {' '.join(str(part) for part in command)}")


def install(folder: Path) -> None:
    """Create `folder` if needed and install the locked packages, then graphcredit itself, editable."""
    started = time.perf_counter()
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"creating {folder} (once; some minutes on a slow line)", flush=True)
        venv.create(folder, with_pip=True)
    quiet = ("--quiet", "--disable-pip-version-check")
    run(python, "-m", "pip", "install", *quiet, "--no-deps", "--require-hashes", "-r", LOCK)  # the lock is complete
    run(python, "-m", "pip", "install", *quiet, "--no-deps", "--editable", ROOT)
    print(f"environment ready in {time.perf_counter() - started:.0f} s")


def install_peers(folder: Path) -> None:
    """Install what only benchmarks compare with."""
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "igraph", "networkit", "rustworkx")


def lock(folder: Path) -> None:
    """Resolve pyproject.toml into requirements.lock, with hashes and without the name of any host."""
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "uv")
    run(
        folder / "bin" / "uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal", "--python-version",
        "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--quiet", "-o", LOCK,
    )  # fmt: skip


def main() -> None:
    """Parse the arguments and do what they say."""
    if sys.version_info < (3, 11):  # noqa: UP036  (runs before anything is installed)
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: try make PYTHON=python3.12 ...")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bench", action="store_true")
    parser.add_argument("--lock", action="store_true")
    arguments = parser.parse_args()
    if arguments.lock:
        lock(arguments.folder)
    elif arguments.bench:
        install_peers(arguments.folder)
    else:
        install(arguments.folder)


if __name__ == "__main__":
    main()
