"""Say which real parts the test suite can use here: Neo4j (Docker or Java artifacts) and a browser.

On Debian, as root, a missing Chromium is installed. In CI (CI=true) a missing part is an error; elsewhere the tests
that need it are skipped and say so.
"""

import os
import shutil
import subprocess
import sys

APT = ("chromium", "fonts-noto-cjk")


def docker_engine() -> bool:
    """Whether a Docker engine answers (the client alone is not enough)."""
    return (
        shutil.which("docker") is not None
        and subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0
    )


def neo4j_part() -> str | None:
    """How Neo4j will run, or None."""
    if docker_engine():
        return "Docker"
    if shutil.which("java") and shutil.which("mvn"):
        return "Java artifacts"
    return None


def browser_part() -> str | None:
    """Chromium's path, installed first where that is possible, or None."""
    if shutil.which("chromium") is None and shutil.which("apt-get") and os.geteuid() == 0:
        print("installing Debian's chromium for the browser tests ...", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", *APT], check=False, capture_output=True)
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def main() -> None:
    """Print a line a part; exit 1 in CI when one is missing."""
    parts = {"Neo4j": neo4j_part(), "browser": browser_part()}
    needs = {
        "Neo4j": "a running Docker engine, or java 17+ and mvn",
        "browser": "Debian's chromium (apt-get install chromium)",
    }
    for name, how in parts.items():
        print(f"{name}: {how}" if how else f"{name}: NOT FOUND, its tests cannot run; needs {needs[name]}")
    if os.environ.get("CI") and not all(parts.values()):
        sys.exit("a part is missing, and in CI that is a failure")


if __name__ == "__main__":
    main()
