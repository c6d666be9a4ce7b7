"""Facts that are kept but deserve a look: wrong registry numbers, circular ownership, currencies without a rate."""

import json
from collections import Counter

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.model.identifiers import lei_fault, uscc_wrong
from graphcredit.store import CreditStore
from graphcredit_ingest.report import LoadReport
from graphcredit_ingest.stubs import FAR_FUTURE

MOST = 5
"""Examples named in a report."""


def mark_wrong_numbers(parties: pa.Table, report: LoadReport) -> pa.Table:
    """Parties with a wrong USCC or LEI lose their verification and carry the attribute `unverified`."""
    wrong = np.zeros(parties.num_rows, dtype=bool)
    faults: dict[str, np.ndarray] = {}
    if "uscc" in parties.column_names:
        faults["uscc"] = uscc_wrong(parties["uscc"].to_pylist())
    if "lei" in parties.column_names:
        codes = parties["lei"].to_pylist()
        faults["lei"] = np.array([code is not None and bool(lei_fault(code)) for code in codes], dtype=bool)
    for name, flags in faults.items():
        report.wrong_numbers[name] += int(flags.sum())
        examples = report.wrong_number_examples[name]
        examples += parties["party_id"].take(np.flatnonzero(flags)[: MOST - len(examples)]).to_pylist()
        wrong |= flags
    if not wrong.any():
        return parties
    mask = pa.array(wrong)
    if "verification" in parties.column_names:
        weak = pc.if_else(mask, pa.scalar("self_reported", pa.string()), parties["verification"])
        parties = parties.set_column(parties.column_names.index("verification"), "verification", weak)
    attributes = parties["attributes"].to_pylist()
    for position in np.flatnonzero(wrong):
        numbers = [name for name, flags in faults.items() if flags[position]]
        known = json.loads(attributes[position] or "{}") | {"unverified": "+".join(numbers)}
        attributes[position] = json.dumps(known, ensure_ascii=False, sort_keys=True)
    return parties.set_column(parties.column_names.index("attributes"), "attributes", pa.array(attributes, pa.string()))


def find_ownership_circles(store: CreditStore, report: LoadReport, *, most: int = MOST) -> None:
    """Report circles in which firms hold each other; they are kept, since they exist."""
    held = store.read("ownership", columns=["holder_id", "held_id", "relation"])
    shares = held.filter(pc.is_in(held["relation"], value_set=pa.array(["shareholder", "controller"])))
    graph = nx.DiGraph(zip(shares["holder_id"].to_pylist(), shares["held_id"].to_pylist(), strict=True))
    for component in nx.strongly_connected_components(graph):
        if len(component) > 1 and len(report.ownership_circles) < most:
            circle = nx.find_cycle(graph.subgraph(component))
            report.ownership_circles.append([*(a for a, _ in circle), circle[-1][1]])


def find_currencies_without_rate(
    store: CreditStore, amounts: Counter[str], book_currency: str, report: LoadReport
) -> None:
    """Name the currencies of loaded amounts that the store cannot convert into the book's."""
    foreign = {currency: count for currency, count in sorted(amounts.items()) if currency != book_currency}
    if foreign:
        rated = store.read("rates", as_of=FAR_FUTURE, columns=["currency"])["currency"].to_pylist()
        report.currencies_without_rate.update({c: count for c, count in foreign.items() if c not in set(rated)})
