"""The rules of the house that a tool can count; a rule worth stating twice is a check."""

import ast
import inspect
import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from graphcredit import exc

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("graphcredit", "ingest", "api")
    for path in (ROOT / folder).rglob("*.py")
    if ".venv" not in path.parts
)
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
MAX_FILE, MAX_FUNCTION = 400, 80
ASSERTS = re.compile(r"assert|raises|expect\(|check_|verify|warns|call_and_validate|fail\(")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_file_is_longer_than_400_lines() -> None:
    long = {str(p.relative_to(ROOT)): n for p in [*SOURCES, *TESTS] if (n := p.read_text().count("\n")) > MAX_FILE}
    assert not long


def test_no_function_is_longer_than_80_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{f.lineno} {f.name}"
        for path in SOURCES
        for f in functions(path)
        if (f.end_lineno or f.lineno) - f.lineno + 1 > MAX_FUNCTION
    ]
    assert not long


def test_the_environment_is_read_in_one_file() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if path.name != "settings.py" and re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    ]
    assert not readers


def test_what_the_packages_import_is_installed_without_the_dev_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[^\w.-]", text)[0].lower().replace("_", "-") for text in requirements}

    only_dev = names(project["optional-dependencies"]["dev"]) - names(project["dependencies"])
    made = packages_distributions()
    barred = {
        module for module, owners in made.items() if only_dev & {owner.lower().replace("_", "-") for owner in owners}
    }
    assert {"shap", "hypothesis"} <= barred
    imports = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)
    offenders = [f"{p.relative_to(ROOT)}: {m}" for p in SOURCES for m in imports.findall(p.read_text()) if m in barred]
    assert not offenders


def test_errors_go_through_one_tree() -> None:
    named = [p for p in SOURCES if p.name != "problems.py"]  # there the framework's errors become problem documents
    offenders = [str(p.relative_to(ROOT)) for p in named if re.search(r"\bHTTPException\b", p.read_text())]
    assert not offenders


def test_every_test_asserts_something() -> None:
    silent = []
    for path in TESTS:
        text = path.read_text(encoding="utf-8")
        silent += [
            f"{path.relative_to(ROOT)}:{f.lineno} {f.name}"
            for f in functions(path)
            if f.name.startswith("test_") and not ASSERTS.search(ast.get_source_segment(text, f) or "")
        ]
    assert not silent


def test_nothing_is_left_for_later() -> None:
    mark = re.compile(
        r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b|mark\.sk" + r"ip\b|mark\.x" + r"fail"
    )
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*SOURCES, *TESTS]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if mark.search(line)
    ]
    assert not left


def test_no_tracked_file_is_over_one_megabyte_or_names_a_registry() -> None:
    address = re.compile(
        r"index-url|extra-index|registry\s*=\s*.?https?:|resolved.*https?://|pypi\." + r"org|npmjs\.|maven\.org"
    )
    heavy, addressed = [], []
    for path in tracked():
        if path.stat().st_size > 1_000_000:
            heavy.append(str(path.relative_to(ROOT)))
        if path.suffix in {".py", ".toml", ".yml", ".yaml", ".lock", ".txt", ".md", ".xml", ".cfg", ""}:
            text = path.read_text(encoding="utf-8", errors="replace")
            if path != Path(__file__) and "--no-emit-index-url" not in text and address.search(text):
                addressed.append(str(path.relative_to(ROOT)))
    assert not heavy
    assert not addressed


ERRORS = [c for _, c in inspect.getmembers(exc, inspect.isclass) if issubclass(c, exc.GraphCreditError)]


@pytest.mark.parametrize("error", ERRORS, ids=lambda c: c.__name__)
def test_each_error_carries_its_own_status_exit_code_and_remedy(error: type[exc.GraphCreditError]) -> None:
    raised = error("what happened", remedy="what to do", party_id="P1")
    assert str(raised) == "what happened"
    assert (raised.remedy, raised.details) == ("what to do", {"party_id": "P1"})
    assert 400 <= raised.status <= 599
    assert raised.exit_code != 0
    assert raised.status == error.status
    assert raised.exit_code == error.exit_code


def test_error_codes_are_distinct() -> None:
    codes = [error.code for error in ERRORS if "code" in vars(error)]
    assert len(codes) == len(set(codes))
