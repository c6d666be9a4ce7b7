"""What every iterative result carries: how it was reached and how far it can be trusted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How a computation ended.

    Attributes:
        rounds: iterations done.
        residual: last change, in the norm named by `norm`.
        converged: whether `residual` fell to the tolerance before the cap.
        spectral_radius: of the linear operator, or an upper bound of it (`spectral_is_bound`); nan if not applicable.
        dropped: certified bound on what a truncated computation left out of the total; 0 for a full one.
        warnings: what a reader must know (rho >= 1, no leakage, negative equity met, ...), one sentence each.
    """

    rounds: int
    residual: float
    converged: bool
    norm: str = "max"
    spectral_radius: float = float("nan")
    spectral_is_bound: bool = False
    dropped: float = 0.0
    warnings: tuple[str, ...] = ()


class Diagnosed:
    """A result whose diagnostics' fields are also its own attributes; `residual` is for it to say."""

    diagnostics: Diagnostics

    @property
    def rounds(self) -> int:
        """Rounds done."""
        return self.diagnostics.rounds

    @property
    def converged(self) -> bool:
        """Whether the residual fell to the tolerance."""
        return self.diagnostics.converged

    @property
    def spectral_radius(self) -> float:
        """Of the linear operator, or an upper bound of it; nan where there is none."""
        return self.diagnostics.spectral_radius

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""
        return self.diagnostics.warnings


class Settled(Diagnosed):
    """A result that ends at one fixed point."""

    @property
    def residual(self) -> float:
        """How far the end is from the fixed point, in the norm named by the diagnostics."""
        return self.diagnostics.residual


@dataclass(frozen=True, slots=True)
class Contribution:
    """One path through which a party's loss came: parties from source to the party, its layers, its share."""

    path: tuple[int, ...]
    layers: tuple[str, ...]
    amount: float
    share: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a loss came from: contributions (largest first) + remainder = total."""

    party: int
    total: float
    contributions: tuple[Contribution, ...]
    remainder: float
