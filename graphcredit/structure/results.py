"""How an iterative computation of this room ended."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convergence:
    """rounds done, residual in the norm named, whether it fell below the tolerance."""

    rounds: int
    residual: float
    converged: bool
    norm: str = "L1"
