"""Label-aware columns for training: other parties' outcomes, never a row's own, made anew from each fold's labels."""

from graphcredit.scoring.compare import Extra
from graphcredit.scoring.dataset import Dataset
from graphcredit.scoring.matrix import FeatureInfo


def label_aware_columns(data: Dataset, *, seed: int = 0) -> tuple[Extra | None, tuple[FeatureInfo, ...]]:
    return None, ()
