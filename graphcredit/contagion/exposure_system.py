"""A leverage matrix prepared once for many shocks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.adjoint import downstream_bound, downstream_floor
from graphcredit.contagion.ignition import Ignition, ignition
from graphcredit.contagion.inputs import Floats, as_matrix, as_vector
from graphcredit.contagion.kernels_linear import unsigned
from graphcredit.contagion.kernels_push import packed
from graphcredit.contagion.linear_debtrank import DISTRESS_LAYERS, economic_weights, leverage, spread
from graphcredit.contagion.spectral import spectral_radius
from graphcredit.exc import ShapeError
from graphcredit.network import Network


@dataclass(frozen=True)
class ExposureSystem:
    """Leverage matrix prepared once for many shocks; read only, so threads may share it.

    Attributes:
        lam: CSR, Lam[i, j] = exposure of i to j / equity of i; lost_to: its transpose, row j lists who loses when j does.
        equity, weight: (n,).
        downstream: loss, in weight, that a unit of new distress at a party causes at most, (n,); see `adjoint`.
        unbounded: parties from which losses reach a circle with spectral radius >= 1: no such bound exists, (n,).
        base: stress that parties without equity, in default before any shock, have already caused, (n,).
        warnings: of the preparation.
    """

    lam: sparse.csr_array
    lost_to: sparse.csr_array
    equity: Floats
    weight: Floats
    downstream: Floats
    unbounded: npt.NDArray[np.bool_]
    base: Floats
    spectral_radius: float
    spectral_is_bound: bool
    warnings: tuple[str, ...]
    network: Network | None = None
    weights_given: bool = False

    @property
    def n(self) -> int:
        """Number of parties."""
        return len(self.equity)

    @property
    def columns(self) -> tuple[Any, Any, Any]:
        """CSC arrays of Lam for the kernels, indices unsigned."""
        return unsigned(self.lost_to.indptr), unsigned(self.lost_to.indices), self.lost_to.data

    @property
    def parties(self) -> tuple[Any, Any, Any, Any]:
        """Vectors over parties for the kernels."""
        return self.weight, self.downstream, self.unbounded, self.base

    @property
    def rows(self) -> tuple[Any, Any, Any]:
        """CSR arrays of Lam for the kernels, indices unsigned."""
        return unsigned(self.lam.indptr), unsigned(self.lam.indices), self.lam.data

    @cached_property
    def ignition(self) -> Ignition:
        """The circles that amplify losses until parties are used up, and who sets them off."""
        return ignition(self.lam, self.weight, self.unbounded)

    @cached_property
    def calm_rows(self) -> tuple[Any, Any, Any]:
        """`rows` without the columns of unbounded parties: no walk from any other party passes through those."""
        if not self.unbounded.any():
            return self.rows
        kept = _narrow(sparse.csr_array(self.lam @ sparse.diags_array(np.where(self.unbounded, 0.0, 1.0))))
        return unsigned(kept.indptr), unsigned(kept.indices), kept.data

    @cached_property
    def ends(self) -> tuple[Floats, Floats]:
        """Loss that a unit at a party causes at least, and the total stress that it causes at most, (n,) each.

        A party whose row of Lam sums to at most 1 can never be cut off at 1.
        """
        spread_of, _ = downstream_bound(self.lost_to, np.ones(self.n), allowed=0.1)
        return downstream_floor(self.lost_to, self.weight, self.saturable), 1.0 + spread_of

    @cached_property
    def saturable(self) -> npt.NDArray[np.bool_]:
        """Parties that losses of others alone may use up, (n,)."""
        return np.asarray(self.lam.sum(axis=1)).ravel() > 1.0 - 1e-9

    @contextmanager
    def pushing(self, lit: Ignition | None = None) -> Iterator[tuple[Any, tuple[Any, Any]]]:
        """State and lists for `kernels_push.push`, given back clean; with what holds once circles have been set off."""
        pool = self._states[lit is not None]
        try:
            state, lists = pool.pop()
        except IndexError:
            down, unbounded = (self.downstream, self.unbounded) if lit is None else (lit.downstream, lit.loose)
            state = packed(self.weight, down, unbounded, self.base, self.ends)
            lists = np.zeros(max(self.n, 1), np.int32), np.zeros(max(self.n, 1), np.int32)
        yield state, lists
        pool.append((state, lists))  # not after an error: it may be half cleared

    @contextmanager
    def vectors(self) -> Iterator[tuple[Floats, Floats]]:
        """Two zeroed vectors over parties, (n,) each, given back zeroed: new ones cost more than a small answer."""
        try:
            pair = self._vectors.pop()
        except IndexError:
            pair = np.zeros(self.n), np.zeros(self.n)
        yield pair
        self._vectors.append(pair)

    @cached_property
    def _vectors(self) -> list[tuple[Floats, Floats]]:
        """Pairs that nobody uses now."""
        return []

    @cached_property
    def _states(self) -> tuple[list[Any], list[Any]]:
        """States that nobody uses now, before and after circles have been set off."""
        return [], []

    def workspace(self) -> tuple[Any, ...]:
        """Zeroed arrays for one thread's pushes."""
        n = self.n
        return np.zeros(n), np.zeros(n), np.zeros(n, np.int32), np.zeros(max(n, 1), np.int32), np.zeros(n, np.bool_)


def prepare(
    exposures: Any, equity: Any = None, *, layers: Sequence[str] = DISTRESS_LAYERS, weights: Any = None
) -> ExposureSystem:
    """Prepare a network or matrix for `impact_of_each` and `shock_one`.

    Args:
        exposures: a Network (its `layers` are summed), or exposures[i, j] = claim of i on j, (n, n).
        equity: (n,); a Network's attribute `equity` when absent.
        layers: of the Network.
        weights: economic weight v, (n,); default share of equity.

    Raises:
        InputError, ShapeError, ValueRangeError: malformed inputs, an unknown layer, or a Network without equity.
    """
    network = exposures if isinstance(exposures, Network) else None
    claims = as_matrix(exposures, "exposures", layers=tuple(layers))
    if equity is None:
        if network is None or "equity" not in network.attributes:
            raise ShapeError("equity is missing", remedy="give equity, or a network with the attribute `equity`")
        equity = network.attributes["equity"]
    own = as_vector(equity, claims.shape[0], "equity")
    lam = leverage(claims, own)
    return system_of(lam, own, economic_weights(weights, own), network, weights_given=weights is not None)


def system_of(
    lam: sparse.csr_array, equity: Floats, weight: Floats, network: Network | None, *, weights_given: bool
) -> ExposureSystem:
    """Everything that follows from a leverage matrix."""
    lam = _narrow(lam)
    turned = _narrow(sparse.csr_array(lam.T.tocsr()))
    radius = spectral_radius(lam)
    downstream, unbounded = downstream_bound(turned, weight)
    broke = equity <= 0
    base, warnings = np.zeros(len(equity)), []
    if broke.any():
        base, _, _ = spread(lam, broke.astype(np.float64), 1e-14, 10_000)
        warnings.append(
            f"{int(broke.sum())} parties have no equity: they count as defaulted before any shock, "
            "and losses are those that a shock adds"
        )
    if unbounded.any():
        warnings.append(
            f"spectral radius {'up to ' if radius.is_bound else ''}{radius.value:.4f}: {int(unbounded.sum())} parties can "
            "set off losses that amplify until others are used up"
        )
    return ExposureSystem(
        lam, turned, equity, weight, downstream, unbounded, base, radius.value, radius.is_bound, tuple(warnings),
        network, weights_given,
    )  # fmt: skip


def _narrow(matrix: sparse.csr_array) -> sparse.csr_array:
    """The same with int32 columns and int64 row starts, so that kernels compile once."""
    if not matrix.has_sorted_indices:
        matrix.sort_indices()
    narrow = sparse.csr_array(matrix.shape, dtype=np.float64)
    narrow.data, narrow.indices = matrix.data, matrix.indices.astype(np.int32, copy=False)
    narrow.indptr = matrix.indptr.astype(np.int32, copy=False) if matrix.nnz < 2**31 else matrix.indptr
    return narrow
