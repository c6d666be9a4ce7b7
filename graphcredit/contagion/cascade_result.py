"""The result of a distress cascade."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.attribution import LayerOf, explain_paths
from graphcredit.contagion.inputs import as_position
from graphcredit.contagion.result import Diagnostics, Explanation, Settled
from graphcredit.network import Network

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cascade(Settled):
    """How distress ended.

    Attributes:
        stress: share of its equity that each party lost, shape (n,), in [0, 1].
        equity: what is left of it, shape (n,), in the unit of the input.
        debtrank: weighted loss beyond the shock itself, sum v_i (stress_i - shock_i).
        shock: the first loss, shape (n,).
        diagnostics: how the computation ended; its fields are also attributes of the cascade.
    """

    stress: Floats
    equity: Floats
    debtrank: float
    shock: Floats
    diagnostics: Diagnostics
    network: Network | None = None
    operator: Callable[[], sparse.csr_array] = field(default=lambda: sparse.csr_array((0, 0)), repr=False)
    layer_of: LayerOf | None = field(default=None, repr=False)

    def explain(self, party: int | str, top: int = 10) -> Explanation:
        """The paths through which a party's stress came; contributions and remainder sum to its stress."""
        position = as_position(party, len(self.stress), self.network)
        return explain_paths(self.operator(), self.shock, self.stress, position, top=top, layer_of=self.layer_of)
