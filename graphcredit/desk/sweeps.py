"""Long computations over a whole network: the failure of each party, each firm's closure, many shocks. They report
progress and can be cancelled by it; no lock is held while they run, so that other questions are answered meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from graphcredit.contagion.esri import esri_all
from graphcredit.desk.desk import CreditDesk
from graphcredit.desk.stress import ESSENTIALITY
from graphcredit.exc import InputError, ValueRangeError

Progress = Callable[[int, int], None]
MOST_SHOCKS = 10_000


def fail_each(
    desk: CreditDesk,
    as_of: date | None = None,
    *,
    parties: Sequence[str] | None = None,
    tol: float = 1e-4,
    top: int = 500,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The loss that each party's failure alone causes over receivables and loans, as a share of all equity, largest first.

    Args:
        parties: some only; default all.
        tol: relative bound on each loss, certified.
        top: rows in the answer; how many cause a loss at all is said beside them.
        progress: called with (parties done, parties); may raise to cancel.

    Raises:
        NotFoundError: an unknown party. ValueRangeError: a tolerance out of range.
    """
    known = desk.known(as_of)
    desk.with_books(known)
    chosen = None if parties is None else known.network.positions(parties).tolist()
    found = desk.losses.anew(known.network, tol=tol, parties=chosen, progress=progress)
    return {
        "kind": "each",
        "as_of": known.day.isoformat(),
        "unit": "share of all equity",
        "computed": len(found.loss),
        "causing_loss": int((found.loss > 0).sum()),
        "converged": found.converged,
        "warnings": list(found.warnings),
        "parties": _ranked(known.network, found.parties, {"loss": found.loss, "bound": found.bound}, "loss", top),
        "stale": known.stale,
    }


def close_each(
    desk: CreditDesk,
    as_of: date | None = None,
    *,
    parties: Sequence[str] | None = None,
    tol: float = 1e-6,
    top: int = 500,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """ESRI: the share of all production that is lost when a firm closes, for each firm, largest first.

    Args:
        parties: some only; default all.
        tol: error of each index aimed for; what is certified is in `bound`.
        top: rows in the answer.
        progress: called with (firms done, firms); may raise to cancel.

    Raises:
        NotFoundError: an unknown party. ValueRangeError: a tolerance out of range.
    """
    if not 0 < tol < 1:
        raise ValueRangeError(f"tol is {tol}", remedy="use a bound between 0 and 1, such as 1e-6")
    known = desk.known(as_of)
    desk.with_books(known)
    found = esri_all(known.network, None, ESSENTIALITY, tol=tol, firms=parties, progress=progress)
    columns = {
        "index": found.index, "upstream": found.upstream, "downstream": found.downstream, "bound": found.residual,
    }  # fmt: skip
    return {
        "kind": "supply",
        "as_of": known.day.isoformat(),
        "unit": "share of all production",
        "computed": len(found.index),
        "causing_loss": int((found.index > 0).sum()),
        "converged": found.converged,
        "warnings": list(found.warnings),
        "parties": _ranked(known.network, found.firms, columns, "index", top),
        "stale": known.stale,
    }


def shock_each(
    desk: CreditDesk,
    shocks: Mapping[str, Mapping[str, float]],
    as_of: date | None = None,
    *,
    layers: Sequence[str] | None = None,
    top: int = 10,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Many named shocks, each run through all layers alone: losses, further defaults and the parties hit hardest.

    Args:
        shocks: name -> {party: share of production lost}.
        layers: that take part; default all.
        top: parties listed with each shock.
        progress: called with (shocks done, shocks); may raise to cancel.

    Raises:
        InputError: none, or more than 10,000. NotFoundError: an unknown party.
    """
    if not 1 <= len(shocks) <= MOST_SHOCKS:
        raise InputError(f"{len(shocks)} shocks were given", remedy=f"give 1 to {MOST_SHOCKS:,}")
    known = desk.known(as_of)
    for shock in shocks.values():
        known.network.positions(shock)
    rows = []
    for name, shock in shocks.items():
        body = desk.stress(shock, known.day, layers=layers, top=top)
        kept = ("shock", "total_loss", "book_loss", "new_defaults", "rounds", "converged", "warnings", "parties")
        rows.append({"name": name, **{field: body[field] for field in kept}})
        if progress:
            progress(len(rows), len(shocks))
    rows.sort(key=lambda row: -row["total_loss"])
    return {"kind": "shocks", "as_of": known.day.isoformat(), "shocks": rows, "stale": known.stale}


def _ranked(
    network: Any, parties: npt.NDArray[np.int32], columns: Mapping[str, npt.NDArray[np.float64]], by: str, top: int
) -> list[dict[str, Any]]:
    """The parties with most of one column, ties by index; those with none are left out."""
    order = [k for k in np.lexsort((parties, -columns[by]))[:top].tolist() if columns[by][k] > 0]
    names = network.attributes.get("name")
    return [
        {
            "party_id": str(network.ids[parties[k]]),
            "name": "" if names is None else str(names[parties[k]]),
            **{name: float(values[k]) for name, values in columns.items()},
        }
        for k in order
    ]
