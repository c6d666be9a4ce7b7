"""docker-compose.yml and the Dockerfile, parsed; the API started with the same environment against a real Neo4j."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"NEO4J_PASSWORD": "from-the-environment", "GRAPHCREDIT_SECRET_KEY": "s" * 40}


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_neo4j_has_a_volume_and_a_health_check_and_the_api_waits_for_it() -> None:
    services = compose()["services"]
    assert services["neo4j"]["image"] == "neo4j:5.26-community"
    assert services["neo4j"]["volumes"] == ["neo4j-data:/data"]
    assert "cypher-shell" in services["neo4j"]["healthcheck"]["test"][1]
    assert services["api"]["depends_on"]["neo4j"]["condition"] == "service_healthy"


def test_no_secret_is_written_down() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"\$\{(NEO4J_PASSWORD|GRAPHCREDIT_SECRET_KEY):\?", text)
    assert "graphcredit-dev" not in text


def test_ports_are_published_on_this_machine_only() -> None:
    ports = [port for service in compose()["services"].values() for port in service["ports"]]
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_the_image_runs_as_an_unprivileged_user_from_the_lock() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^USER graphcredit$", text, re.M)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M)
    missing = [name for line in copied for name in line.split() if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.neo4j
def test_the_api_starts_with_the_composed_environment_on_a_real_neo4j(neo4j_url: str) -> None:
    environment = {}
    for name, value in compose()["services"]["api"]["environment"].items():
        environment[name] = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda match: GIVEN[match.group(1)], str(value))
    assert environment["GRAPHCREDIT_STORE"] == "neo4j://neo4j:from-the-environment@neo4j:7687"
    environment |= {"GRAPHCREDIT_STORE": neo4j_url, "GRAPHCREDIT_HOST": "127.0.0.1"}  # the test server's own address
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "graphcredit", "serve", "--port", str(port)]
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        for _ in range(240):
            try:
                health = httpx.get(f"http://127.0.0.1:{port}/v1/health", timeout=5).json()
                break
            except httpx.TransportError:
                assert process.poll() is None, process.stdout.read().decode()  # type: ignore[union-attr]
                time.sleep(0.25)
        assert health["store"] == "reachable"
        assert httpx.get(f"http://127.0.0.1:{port}/v1/portfolio").status_code == 401
    finally:
        process.terminate()
        process.communicate(timeout=20)
