"""Start a real Neo4j 5.26 for development and tests: Docker where an engine runs, else the published Java artifacts.

`python scripts/neo4j_server.py run` keeps one in the foreground until Ctrl-C; tests use `start()`.
"""

import argparse
import fcntl
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VERSION = "5.26.16"
CACHE = ROOT / ".cache" / "neo4j" / VERSION
IMAGE = "neo4j:5.26-community"
JAVA_FLAGS = (
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Xms512m",
    "-Xmx1g",
)
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>graphcredit</groupId><artifactId>neo4j-libraries</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{VERSION}</version></dependency>
</dependencies></project>"""
LAUNCHER = """
import java.nio.file.Path;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

public class Launcher {
    public static void main(String[] args) throws Exception {
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(Path.of(args[0]))
            .setConfig(GraphDatabaseSettings.auth_enabled, true)
            .setConfig(GraphDatabaseSettings.pagecache_memory, 268435456L)
            .setConfig(BoltConnector.enabled, true)
            .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", Integer.parseInt(args[1])))
            .build();
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        Thread.currentThread().join();
    }
}
"""


class NotAvailableError(RuntimeError):
    """Neither way to run Neo4j works here; the text says what is missing."""


@dataclass
class Server:
    """A running server."""

    port: int
    password: str
    home: Path
    log: Path
    process: Any = None
    container: str = ""
    temporary: bool = field(default=False)

    @property
    def url(self) -> str:
        """The store URL of graphcredit."""
        return f"neo4j://neo4j:{self.password}@127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Stop it by its process id (or container), and remove a temporary home."""
        if self.container:
            subprocess.run(["docker", "rm", "-f", self.container], capture_output=True, check=False)
        elif self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
        if self.temporary:
            shutil.rmtree(self.home, ignore_errors=True)

    def restart(self) -> None:
        """Start it again on the same port and data after `stop` (Java artifacts only)."""
        self.process = _launch(self.home, self.port, self.log)
        _wait(self)


def docker_runs() -> bool:
    """Whether a Docker engine answers."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=20).returncode == 0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    home: Path | None = None, *, port: int | None = None, password: str | None = None, quiet: bool = False
) -> Server:
    """Start a server and wait until it answers a query.

    Args:
        home: where data live; a temporary folder when absent.
        port: of Bolt; a free one when absent.
        password: of user neo4j; a random one when absent.
        quiet: say nothing.

    Raises:
        NotAvailableError: neither Docker nor Java with Maven is here, or the server did not come up.
    """
    temporary = home is None
    home = Path(tempfile.mkdtemp(prefix="neo4j-")) if home is None else home
    home.mkdir(parents=True, exist_ok=True)
    server = Server(
        port or free_port(), password or secrets.token_urlsafe(12), home, home / "server.log", temporary=temporary
    )
    if docker_runs():
        _start_container(server)
    else:
        libraries(quiet=quiet)
        server.process = _launch(home, server.port, server.log)
    try:
        _wait(server)
    except BaseException:
        server.temporary = False  # keep the log
        server.stop()
        raise
    return server


def libraries(*, quiet: bool = False) -> Path:
    """The folder of jars, resolved once with Maven and reused when complete.

    Raises:
        NotAvailableError: java or mvn is missing, or Maven cannot resolve.
    """
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        raise NotAvailableError(
            f"Neo4j needs a running Docker engine, or java 17+ and mvn; not found: {', '.join(missing)}"
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:  # several test workers may ask at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _resolve(quiet=quiet)


def _resolve(*, quiet: bool) -> Path:
    """Fill the cache folder unless it is complete."""
    done = CACHE / "complete"
    if done.exists():
        return CACHE / "lib"
    if not quiet:
        print(f"resolving Neo4j {VERSION} with Maven (once, 116 MB) ...", flush=True)
    (CACHE / "pom.xml").write_text(POM, encoding="utf-8")
    (CACHE / "Launcher.java").write_text(LAUNCHER, encoding="utf-8")
    command = ["mvn", "-q", "-B", "-f", "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={CACHE / 'lib'}"]
    resolved = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, check=False)
    if resolved.returncode:
        raise NotAvailableError(f"Maven could not resolve Neo4j: {resolved.stdout[-800:]}")
    done.touch()
    return CACHE / "lib"


def _launch(home: Path, port: int, log: Path) -> Any:
    with log.open("ab") as output:
        return subprocess.Popen(
            ["java", *JAVA_FLAGS, "-cp", f"{CACHE / 'lib'}/*", str(CACHE / "Launcher.java"), str(home), str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _start_container(server: Server) -> None:
    server.container = f"graphcredit-{secrets.token_hex(4)}"
    command = [
        "docker", "run", "-d", "--rm", "--name", server.container, "-p", f"127.0.0.1:{server.port}:7687",
        "-e", f"NEO4J_AUTH=neo4j/{server.password}", "-v", f"{server.home}:/data", IMAGE,
    ]  # fmt: skip
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NotAvailableError(f"docker could not start {IMAGE}: {made.stderr[-400:]}")


def _wait(server: Server, *, seconds: float = 120) -> None:
    """Until Bolt answers a query with our password; sets it on the first start."""
    from neo4j import GraphDatabase
    from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError

    address = f"bolt://127.0.0.1:{server.port}"
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.process is not None and server.process.poll() is not None:
            raise NotAvailableError(f"Neo4j ended by itself; its log: {server.log.read_text(errors='replace')[-1500:]}")
        try:
            with GraphDatabase.driver(address, auth=("neo4j", server.password)) as driver:
                with driver.session() as session:  # auto-commit: no retries that would only fill the log
                    session.run("RETURN 1").consume()
                return
        except AuthError:
            try:
                first = GraphDatabase.driver(address, auth=("neo4j", "neo4j"))
                with first as driver, driver.session(database="system") as session:
                    change = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $new"
                    session.run(change, new=server.password).consume()
            except (ClientError, DriverError, Neo4jError):
                time.sleep(0.5)
        except (DriverError, Neo4jError, OSError):
            time.sleep(0.3)
    raise NotAvailableError(f"Neo4j did not answer within {seconds:.0f} s; its log is {server.log}")


def wipe(driver: Any) -> None:
    """Delete what a server holds, in small transactions, ties first: a hub's ties at once exceed its memory pool."""
    with driver.session() as session:
        session.run("MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS").consume()
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()


def main() -> None:
    """Run a server in the foreground."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["run", "fetch"])
    parser.add_argument("--port", type=int, default=7687)
    parser.add_argument("--password", default="graphcredit-dev")
    parser.add_argument("--home", type=Path, default=ROOT / ".cache" / "neo4j" / "dev")
    arguments = parser.parse_args()
    try:
        if arguments.command == "fetch":
            print(libraries())
            return
        server = start(arguments.home, port=arguments.port, password=arguments.password)
    except NotAvailableError as error:
        sys.exit(str(error))
    print(f"Neo4j runs: GRAPHCREDIT_STORE={server.url}\nstop it with Ctrl-C", flush=True)

    def leave(_signal: int, _frame: FrameType | None) -> None:
        server.stop()
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
    try:
        signal.pause()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main()
