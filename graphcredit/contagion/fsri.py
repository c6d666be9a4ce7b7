"""Financial systemic risk index (Tabachova, Diem, Borsos, Burger, Thurner 2024, Journal of Financial Stability 75).

Lost production becomes lost profit, lost profit becomes default, default becomes loss of banks:
dpi_i = loss_i * income_i; firm i defaults if dpi_i >= E_i or dpi_i >= liquid_i (E <= 0: already in default; a firm that loses
no profit does not default for want of liquid assets, whatever they are);
L_b = sum_i chi_i B[i, b] LGD; FSRI = sum_b min(1, L_b / E_b) E_b / sum_b E_b.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphcredit.contagion.esri import SupplyCascade
from graphcredit.contagion.inputs import Floats, as_vector
from graphcredit.exc import ShapeError, ValueRangeError


@dataclass(frozen=True)
class FinancialLoss:
    """What a supply cascade costs.

    Attributes:
        profit_loss: dpi, (n,); defaulted: chi, (n,); insolvent, illiquid: which test failed, (n,).
        bank_loss: L_b, (banks,); bank_stress: min(1, L_b / E_b), (banks,).
        fsri: share of all bank equity lost, in [0, 1].
        warnings: what a reader must know: equity or income that is not positive, and those of the supply cascade.
    """

    profit_loss: Floats
    defaulted: npt.NDArray[np.bool_]
    insolvent: npt.NDArray[np.bool_]
    illiquid: npt.NDArray[np.bool_]
    bank_loss: Floats
    bank_stress: Floats
    fsri: float
    warnings: tuple[str, ...] = ()


def fsri(
    supply_cascade: SupplyCascade,
    income: Any,
    equity: Any,
    liquid_assets: Any,
    bank_exposures: Any,
    bank_equity: Any,
    lgd: Any,
) -> FinancialLoss:
    """Losses of banks from a supply cascade.

    Args:
        supply_cascade: from `esri`.
        income: revenue less material cost, (n,), money a year.
        equity: (n,).
        liquid_assets: short-term assets less short-term liabilities, (n,).
        bank_exposures: bank_exposures[i, b] = claim of bank b on firm i, (n, banks).
        bank_equity: (banks,), positive.
        lgd: loss given default, one number or (n,), in [0, 1].

    Raises:
        ShapeError: shapes that differ; ValueRangeError: negative exposures, NaN, an LGD outside [0, 1].
    """
    lost = supply_cascade.loss
    n = len(lost)
    if not sparse.issparse(bank_exposures) and np.ndim(bank_exposures) != 2:
        raise ShapeError("bank_exposures is not a matrix", remedy="one row a firm, one column a bank")
    exposures = sparse.csr_array(bank_exposures, dtype=np.float64)
    if exposures.shape[0] != n:
        raise ShapeError(f"bank_exposures has {exposures.shape[0]} rows for {n} firms", remedy="one row a firm")
    if not np.isfinite(exposures.data).all() or (exposures.data < 0).any():
        raise ValueRangeError("bank_exposures holds negative or NaN amounts", remedy="leave out what is unknown")
    own, liquid = as_vector(equity, n, "equity"), as_vector(liquid_assets, n, "liquid_assets")
    capital = as_vector(bank_equity, exposures.shape[1], "bank_equity", low=0.0)
    severity = as_vector(lgd, n, "lgd", low=0.0, high=1.0)
    earned = as_vector(income, n, "income")
    profit_loss = lost * earned
    hit = profit_loss > 0
    insolvent = (own <= 0) | (hit & (profit_loss >= own))
    illiquid = hit & (profit_loss >= liquid)
    defaulted = insolvent | illiquid
    bank_loss = np.asarray((defaulted * severity) @ exposures)
    stress = np.where(
        capital > 0, np.minimum(1.0, bank_loss / np.where(capital > 0, capital, 1.0)), (bank_loss > 0) * 1.0
    )
    total = float(capital.sum())
    index = float((stress * capital).sum() / total) if total > 0 else 0.0
    counted = {
        "firms have no equity: they are in default before the shock": own <= 0,
        "firms have negative income: without production they lose less": earned < 0,
        "banks have no equity: they carry no weight in the index": capital <= 0,
    }
    warnings = [f"{int(which.sum())} {text}" for text, which in counted.items() if which.any()]
    return FinancialLoss(
        profit_loss, defaulted, insolvent, illiquid, bank_loss, stress, index, (*supply_cascade.warnings, *warnings)
    )
