"""Pull a CRM into the store: the mapping says which modules and fields, the load is the one of files.

A module's rows are loaded when all its pages are here. The moment up to which a module is known is a record of the store
(`crm_pull`), written after the load; while rows of it wait in quarantine it stays, so that they are judged again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graphcredit.exc import InputError, MappingError
from graphcredit.store import CreditStore, Record
from graphcredit_ingest.connectors.base import Connector, flat
from graphcredit_ingest.connectors.spool import Spool
from graphcredit_ingest.loader import load
from graphcredit_ingest.mapping import SourceRule, load_mapping
from graphcredit_ingest.report import LoadReport

OWN = "_own"
"""Cell of every row that names the party whose CRM it is."""
KIND = "crm_pull"
PageDone = Callable[[str, int], None]
"""Called with a module and its rows so far; it may raise to stop between pages."""


@dataclass
class PullReport:
    """What came from the CRM, and what the load made of it."""

    crm: str
    modules: dict[str, dict[str, Any]] = field(default_factory=dict)
    load: LoadReport = field(default_factory=LoadReport)

    @property
    def notes(self) -> list[str]:
        """What was left out or missing, one sentence a module."""
        said = [
            f"{module}: fields not mapped and not loaded: {', '.join(found['unknown_fields'])}"
            for module, found in self.modules.items()
            if found["unknown_fields"]
        ]
        return said + [
            f"{module}: no record has a value in {', '.join(found['absent_fields'])}"
            for module, found in self.modules.items()
            if found["absent_fields"]
        ]

    def to_json(self) -> dict[str, Any]:
        """The load's report with the modules beside it."""
        body = self.load.to_json()
        return {**body, "crm": self.crm, "modules": self.modules, "notes": [*self.notes, *body["notes"]]}


def pull(
    store: CreditStore,
    connector: Connector,
    folder: Path,
    *,
    own: str,
    since: datetime | None = None,
    everything: bool = False,
    mapping: str | Path | None = None,
    progress: PageDone | None = None,
) -> PullReport:
    """Fetch what changed in a CRM and load it; run again, a pull that was interrupted goes on where it stopped.

    Args:
        store: where facts go.
        connector: the CRM; see `connect`.
        folder: where pages wait until a module is whole.
        own: the party whose CRM it is: the seller of its orders, the payee of its payments.
        since: records changed from this moment on (naive UTC); by default from the last pull on.
        everything: all records, whatever was pulled before.
        mapping: a shipped mapping's name or a YAML file; by default the one named after the CRM.
        progress: called after each page.

    Raises:
        ConnectorError: the CRM does not answer as documented; nothing of an unfinished module is loaded.
        ConnectorAuthError: the CRM refuses us.
        MappingError: the mapping is for other files than this CRM's.
        InputError: no own party is given.
    """
    if not own:
        raise InputError("the party whose CRM this is was not given", remedy="add --own PARTY")
    rules = _modules(connector.name, mapping)
    report, spools = PullReport(connector.name), {}
    for module, rule in rules.items():
        mark = None if everything else since or _mark(store, connector.name, module)
        spool = Spool(folder / connector.name, _file(connector.name, module), mark)
        _fetch(connector, module, _fields(rule), mark, spool, own, progress)
        spools[module] = spool
        report.modules[module] = _said(spool, rule)
    files = [spool.path for spool in spools.values() if spool.state.rows]
    if files:
        report.load = load(store, files, mapping=connector.name if mapping is None else mapping)
    for module, spool in spools.items():
        if spool.state.rows:
            _keep_mark(store, connector.name, module, spool)
        spool.remove()
    return report


def _file(crm: str, module: str) -> str:
    return f"crm-{crm}-{module}.jsonl"


def _modules(crm: str, mapping: str | Path | None) -> dict[str, SourceRule]:
    """Module -> rule, in the mapping's order."""
    chosen = load_mapping(crm if mapping is None else mapping)
    start, end = _file(crm, "|").split("|")
    rules = {
        rule.files.removeprefix(start).removesuffix(end): rule
        for rule in chosen.sources
        if rule.files.startswith(start) and rule.files.endswith(end)
    }
    if bad := [name for name in rules if not name.replace("_", "").isalnum()]:
        raise MappingError(f"mapping {chosen.name}: {bad[0]!r} is no module's name", remedy="letters, digits and _")
    if not rules:
        raise MappingError(
            f"mapping {chosen.name} names no module of {crm}", remedy=f"name files {_file(crm, 'MODULE')}"
        )
    return rules


def _fields(rule: SourceRule) -> list[str]:
    """Cells that the rule reads, without our own."""
    tables = rule.tables.values()
    names = {name for table in tables for column in table.columns.values() for name in column.needs}
    names |= {name for table in tables for name in [*table.where, *([table.only_if] if table.only_if else [])]}
    return sorted(names - {OWN})


def _fetch(
    connector: Connector,
    module: str,
    fields: list[str],
    since: datetime | None,
    spool: Spool,
    own: str,
    progress: PageDone | None,
) -> None:
    """Pages that are not here yet."""
    while not spool.state.complete:
        page = connector.page(module, fields, since, spool.state.cursor)
        if page.expired:
            spool.restart()
            continue
        moments = [moment for moment in map(connector.changed_at, page.rows) if moment is not None]
        spool.add(
            ({**dict.fromkeys(fields), **flat(row), OWN: own} for row in page.rows),
            page.following,
            max(moments, default=None),
        )
        if progress:
            progress(module, spool.state.rows)


def _said(spool: Spool, rule: SourceRule) -> dict[str, Any]:
    mapped = set(_fields(rule))
    seen, filled = spool.names()
    lookups = {name.split(".")[0] for name in mapped}
    system = {name for name in seen if name.startswith("$") or name.split(".")[0] in lookups}
    return {
        "rows": spool.state.rows,
        "since": spool.since,
        "changed_at": spool.state.changed_at,
        "resumed": spool.resumed,
        "unknown_fields": sorted(seen - mapped - system - {OWN}) if spool.state.rows else [],
        "absent_fields": sorted(mapped - filled) if spool.state.rows else [],
    }


def _mark(store: CreditStore, crm: str, module: str) -> datetime | None:
    found = store.get_record(KIND, f"{crm}:{module}")
    return datetime.fromisoformat(found.body["until"]) if found else None


def _keep_mark(store: CreditStore, crm: str, module: str, spool: Spool) -> None:
    """The next pull begins with the latest change seen now, unless rows of this one wait to be mended."""
    if spool.state.changed_at is None or store.quarantined(source=spool.path.name, limit=1):
        return
    key = f"{crm}:{module}"
    before = store.get_record(KIND, key)
    until = max(spool.state.changed_at, before.body["until"] if before else "")
    body = {"until": until, "rows": spool.state.rows, "source": f"crm:{crm}"}
    at = datetime.now(UTC).replace(tzinfo=None)
    store.put_records([Record(KIND, key, body, at=at, revision=before.revision + 1 if before else 1)])
