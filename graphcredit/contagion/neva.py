"""NEVA, network valuation of claims (Barucca, Bardoscia, Caccioli, D'Errico, Visentin, Caldarelli, Battiston 2020,
Mathematical Finance 30(4)).

E_i = Ae_i (1 - shock_i) - Le_i + sum_j A[i, j] V(E_j) - L_i, iterated from the face value of claims downwards, so that
the greatest solution is found. V says what a claim on j is worth for each unit of its face value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.stats import norm

from graphcredit.contagion.attribution import saturated
from graphcredit.contagion.cascade_result import Cascade
from graphcredit.contagion.inputs import Floats, as_matrix, as_vector
from graphcredit.contagion.linear_debtrank import economic_weights, leverage
from graphcredit.contagion.result import Diagnostics
from graphcredit.contagion.spectral import spectral_radius
from graphcredit.exc import InputError


@dataclass(frozen=True)
class Balance:
    """What a valuation may look at: equity before the shock and total interbank liabilities, shape (n,)."""

    equity: Floats
    liabilities: Floats


Valuation = Callable[[Floats, Balance], Floats]


def linear_value(equity: Floats, balance: Balance) -> Floats:
    """Linear DebtRank: E+ / E(0), at most 1; a party without equity at the start is worth nothing."""
    start = np.where(balance.equity > 0, balance.equity, 1.0)
    return np.where(balance.equity > 0, np.clip(equity / start, 0.0, 1.0), 0.0)


def furfine_value(equity: Floats, balance: Balance) -> Floats:  # noqa: ARG001  (one signature for all)
    """Furfine (2003): all or nothing, 1[E >= 0]."""
    return (equity >= 0).astype(np.float64)


def eisenberg_noe_value(equity: Floats, balance: Balance) -> Floats:
    """Eisenberg-Noe with senior external debt: min(1, (E + L)+ / L)."""
    owed = np.where(balance.liabilities > 0, balance.liabilities, 1.0)
    return np.where(balance.liabilities > 0, np.clip((equity + balance.liabilities) / owed, 0.0, 1.0), 1.0)


def ex_ante_value(default_probability: Callable[[Floats], Floats], recovery: float = 0.0) -> Valuation:
    """1 - (1 - recovery) PD(E), with PD a non-increasing function of equity."""

    def value(equity: Floats, balance: Balance) -> Floats:  # noqa: ARG001  (one signature for all)
        return np.asarray(1.0 - (1.0 - recovery) * np.clip(default_probability(equity), 0.0, 1.0))

    return value


def normal_default_probability(volatility: Any) -> Callable[[Floats], Floats]:
    """PD(E) = N(-E / volatility): equity follows a normal shock of that size before maturity."""
    sigma = np.asarray(volatility, dtype=np.float64)
    return lambda equity: np.asarray(norm.cdf(-equity / sigma))


VALUATIONS: dict[str, Valuation] = {
    "linear_debtrank": linear_value,
    "furfine": furfine_value,
    "eisenberg_noe": eisenberg_noe_value,
}
"""Valuations by name; `ex_ante_value` makes further ones."""


ASSET_VOLATILITY = 0.2  # of the valuation named "ex_ante": a year's volatility as a share of external assets


def _worth(valuation: Valuation, equity: Floats, balance: Balance) -> Floats:
    """What the valuation says, checked.

    Raises:
        ValueRangeError: NaN or outside [0, 1]; ShapeError: another length.
    """
    return as_vector(valuation(equity, balance), len(equity), "value of a claim", low=0.0, high=1.0)


def neva(
    external_assets: Any,
    external_liabilities: Any,
    liabilities: Any,
    *,
    valuation: str | Valuation,
    shock: Any = None,
    weights: Any = None,
    tol: float = 1e-12,
    max_rounds: int = 100_000,
) -> Cascade:
    """Equity of every party when each claim is worth what its debtor's equity says.

    Args:
        external_assets: Ae, (n,), before the shock.
        external_liabilities: Le, (n,).
        liabilities: liabilities[i, j] = what i owes j, (n, n).
        valuation: one of VALUATIONS; "ex_ante" (PD(E) = N(-E / (0.2 Ae)), recovery 0); or a function of (equity, Balance),
            such as `ex_ante_value` makes, non-decreasing in equity, with values in [0, 1].
        shock: share of the external assets lost, (n,) or one number, in [0, 1].
        weights: economic weight v, (n,); default share of equity.
        tol: stop when no equity changes by more, relative to the largest amount.
        max_rounds: cap; reaching it is said in the result.

    Raises:
        InputError: an unknown valuation; ShapeError, ValueRangeError as in `linear_debtrank`.
    """
    owed = as_matrix(liabilities, "liabilities")
    n = owed.shape[0]
    assets = as_vector(external_assets, n, "external_assets", low=0.0)
    debts = as_vector(external_liabilities, n, "external_liabilities", low=0.0)
    lost = as_vector(0.0 if shock is None else shock, n, "shock", low=0.0, high=1.0)
    if valuation == "ex_ante":
        valuation = ex_ante_value(normal_default_probability(np.maximum(ASSET_VOLATILITY * assets, 1e-300)))
    if isinstance(valuation, str):
        if valuation not in VALUATIONS:
            raise InputError(
                f"unknown valuation {valuation!r}", remedy=f"one of {', '.join(VALUATIONS)}, ex_ante, or a function"
            )
        valuation = VALUATIONS[valuation]
    claims = sparse.csr_array(owed.T.tocsr())
    total_owed = np.asarray(owed.sum(axis=1))
    before = assets - debts + np.asarray(claims.sum(axis=1)) - total_owed
    balance = Balance(before, total_owed)
    fixed = assets * (1 - lost) - debts - total_owed
    equity, residual, rounds = before - assets * lost, np.inf, 0
    scale = max(float(np.abs(np.concatenate([assets, debts, total_owed])).max(initial=0.0)), 1e-300)
    while rounds < max_rounds:
        rounds += 1
        updated = fixed + claims @ _worth(valuation, equity, balance)
        residual = float(np.abs(updated - equity).max(initial=0.0)) / scale
        equity = updated
        if residual <= tol:
            break
    positive = np.where(before > 0, before, 1.0)
    stress = np.where(before > 0, np.clip((before - equity) / positive, 0.0, 1.0), 1.0)
    first = np.where(before > 0, np.clip(assets * lost / positive, 0.0, 1.0), 1.0)
    lam = leverage(claims, before)
    radius = spectral_radius(lam)
    warnings = []
    if (before <= 0).any():
        warnings.append(f"{int((before <= 0).sum())} parties have no equity before the shock")
    if radius.value >= 1:
        warnings.append(f"spectral radius {radius.value:.4f} >= 1: shocks can amplify")
    if residual > tol:
        warnings.append(f"not converged after {rounds} rounds: residual {residual:.3g}")
    v = economic_weights(weights, before)
    return Cascade(
        stress=stress,
        equity=equity,
        debtrank=float(v @ (stress - first)),
        shock=first,
        diagnostics=Diagnostics(
            rounds, residual, residual <= tol, "max, relative", radius.value, radius.is_bound, warnings=tuple(warnings)
        ),
        operator=lambda: saturated(lam, first, stress),
    )
