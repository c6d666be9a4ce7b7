"""Guarantees with circles, owners and controllers, banks and their facilities."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from graphcredit_ingest.sample.firms import Firms, Floats, Ints, bank_ids, person_ids


@dataclass(frozen=True)
class Guarantees:
    """Guarantor, obligor (indices of firms) and amount, shape (k,)."""

    guarantor: Ints
    obligor: Ints
    amount: Floats


def draw_guarantees(rng: np.random.Generator, firms: Firms) -> Guarantees:
    """Mutual pairs, circles of three, joint guarantees of four, and one-way chains among a third of the firms."""
    members = rng.permutation(firms.n)[: int(firms.n * 0.36)]
    pairs: list[tuple[int, int]] = []
    position = 0
    while position + 4 <= len(members):
        kind = rng.choice(4, p=[0.3, 0.2, 0.1, 0.4])
        size = (2, 3, 4, 3)[kind]
        group = members[position : position + size].tolist()
        position += size
        if kind in (0, 1):
            pairs += [(group[i], group[(i + 1) % size]) for i in range(size)]
        elif kind == 2:
            pairs += [(a, b) for a in group for b in group if a != b]
        else:
            pairs += [(group[0], group[1]), (group[1], group[2])]
    guarantor, obligor = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    smaller = np.minimum(firms.size[obligor], firms.size[guarantor])
    amount = np.round(smaller * rng.uniform(0.02, 0.15, len(pairs)), -3) + 1000
    return Guarantees(guarantor, obligor, amount)


def guarantees_table(rng: np.random.Generator, firms: Firms, drawn: Guarantees, end: date, banks: int) -> pa.Table:
    """The table `guarantees`."""
    size = len(drawn.guarantor)
    begun = [end - timedelta(days=int(days)) for days in rng.integers(30, 700, size)]
    lender = np.array(bank_ids(banks))[rng.integers(0, banks, size)]
    return pa.table(
        {
            "guarantee_id": [f"G{i:07d}" for i in range(1, size + 1)],
            "guarantor_id": firms.ids[drawn.guarantor].tolist(),
            "obligor_id": firms.ids[drawn.obligor].tolist(),
            "amount": [f"{value:.2f}" for value in drawn.amount],
            "beneficiary_id": lender.tolist(),
            "currency": ["CNY"] * size,
            "kind": rng.choice(np.array(["joint", "several"]), size, p=[0.8, 0.2]).tolist(),
            "valid_from": begun,
            "valid_to": [day + timedelta(days=1095) for day in begun],
        }
    )


def facilities_table(rng: np.random.Generator, firms: Firms, end: date, banks: int) -> pa.Table:
    """The table `facilities`: six firms in ten borrow, some from two banks."""
    borrower = np.concatenate([np.flatnonzero(rng.random(firms.n) < share) for share in (0.6, 0.2)])
    size = len(borrower)
    limit = np.round(firms.size[borrower] * rng.uniform(0.05, 0.35, size), -4) + 10_000
    drawn = np.round(limit * np.clip(rng.beta(3, 2, size) - 0.06 * firms.health[borrower], 0.02, 1), 2)
    cover = np.where(rng.random(size) < 0.5, np.round(limit * rng.uniform(0.3, 1.2, size), -3), 0)
    begun = [end - timedelta(days=int(days)) for days in rng.integers(10, 700, size)]
    return pa.table(
        {
            "facility_id": [f"L{i:07d}" for i in range(1, size + 1)],
            "lender_id": np.array(bank_ids(banks))[rng.integers(0, banks, size)].tolist(),
            "borrower_id": firms.ids[borrower].tolist(),
            "limit": [f"{value:.2f}" for value in limit],
            "drawn": [f"{value:.2f}" for value in drawn],
            "currency": ["CNY"] * size,
            "kind": rng.choice(np.array(["working_capital", "term_loan", "factoring"]), size).tolist(),
            "rate": np.round(0.055 - 0.006 * firms.health[borrower] + rng.normal(0, 0.004, size), 4).clip(0.025, 0.12),
            "collateral_value": [f"{value:.2f}" for value in cover],
            "lgd": np.round(np.clip(0.45 - 0.2 * (cover > 0) + rng.normal(0, 0.05, size), 0.1, 0.9), 3),
            "valid_from": begun,
            "valid_to": [day + timedelta(days=1095) for day in begun],
        }
    )


def ownership_table(rng: np.random.Generator, firms: Firms, persons: int, end: date) -> pa.Table:
    """The table `ownership`: persons who run several firms, holding firms, controllers."""
    people = np.array(person_ids(persons))
    weights = 1 / np.arange(1, persons + 1) ** 0.3
    cumulated = np.cumsum(weights)

    def pick(size: int) -> Ints:
        return np.asarray(np.searchsorted(cumulated, rng.random(size) * cumulated[-1]), dtype=np.int64)

    n = firms.n
    runner = pick(n)
    child = np.flatnonzero(rng.random(n) < 0.08)
    parent = rng.integers(0, n, len(child))
    rows: list[tuple[np.ndarray, np.ndarray, str, np.ndarray | None]] = [
        (people[runner], firms.ids, "legal_representative", None)
    ]
    keep = parent < child  # a holding firm comes earlier, so no firm holds itself through others
    child, parent = child[keep], parent[keep]
    rows.append((firms.ids[parent], firms.ids[child], "shareholder", np.round(rng.uniform(0.51, 1.0, len(child)), 3)))
    led = rng.random(len(child)) < 0.5  # the runner of the holding firm controls its subsidiary in fact
    rows.append((people[runner[parent[led]]], firms.ids[child[led]], "controller", None))
    free = np.setdiff1d(np.arange(n), child)
    main = np.round(rng.uniform(0.3, 1.0, len(free)), 3)
    rows.append((people[runner[free]], firms.ids[free], "shareholder", main))
    second = free[rng.random(len(free)) < 0.5]
    other = pick(len(second))
    other = np.where(other == runner[second], (other + 1) % persons, other)
    rest = np.round((1 - main[np.searchsorted(free, second)]) * rng.uniform(0.3, 1, len(second)), 3)
    rows.append((people[other], firms.ids[second], "shareholder", rest))
    director = np.flatnonzero(rng.random(n) < 0.3)
    rows.append((people[pick(len(director))], firms.ids[director], "director", None))
    tables = []
    for holder, held, relation, share in rows:
        size = len(held)
        if size == 0:
            continue
        tables.append(
            pa.table(
                {
                    "holder_id": holder.tolist(),
                    "held_id": held.tolist(),
                    "relation": [relation] * size,
                    "share": pa.array([None] * size if share is None else share.tolist(), pa.float64()),
                    "valid_from": [end - timedelta(days=int(days)) for days in rng.integers(400, 3000, size)],
                }
            )
        )
    return pa.concat_tables(tables)


def relations_table(rng: np.random.Generator, firms: Firms, end: date) -> pa.Table:
    """The table `relations`: shared addresses and litigation."""
    size = max(firms.n // 12, 2)
    a, b = rng.integers(0, firms.n, (2, size))
    pair = np.unique(np.minimum(a, b)[a != b] * firms.n + np.maximum(a, b)[a != b])
    kinds = rng.choice(np.array(["shared_address", "litigation"]), len(pair), p=[0.75, 0.25])
    return pa.table(
        {
            "source_id": firms.ids[pair // firms.n].tolist(),
            "target_id": firms.ids[pair % firms.n].tolist(),
            "kind": kinds.tolist(),
            "weight": np.ones(len(pair)),
            "valid_from": [end - timedelta(days=int(days)) for days in rng.integers(100, 1500, len(pair))],
        }
    )
