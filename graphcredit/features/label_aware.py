"""Label-aware features: what is known of how the parties around one have ended. Never from a party's own outcome.

A party whose label takes part sees only the labels of the other folds; a party without a label sees all of them. Rates are
drawn towards the base rate where little is known: (bad + M * base) / (seen + M). Outcomes are facts of a later day than the
features beside them, and peer default rates drift between periods; so nothing here is used unless validation asks for it.
Exposure by type and hop follows Hamilton's neighbour aggregation; out-of-fold target statistics follow Micci-Barreca (2001).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from graphcredit.exc import LabelError, ShapeError
from graphcredit.features.registry import Feature
from graphcredit.features.ties import both_ways, ones, row_share
from graphcredit.network import GUARANTEE, LAYERS, OTHER, OWNERSHIP, RECEIVABLE, TRADE, Network

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FOLDS = 5
PRIOR = 1.0  # of a tie's whole row: a party half of whose ties are known is believed a third
PEER_PRIOR = 20.0  # parties
DECAY, HOPS = 0.5, 3
MOST_KINDS = 12  # of relations and ownership, by number of ties
_SOURCE = ("labels", "transactions", "guarantees", "ownership", "relations")
_RULE = "outcomes known by the date, of other parties only; out of fold for parties with a label"


@dataclass(frozen=True)
class LabelTies:
    """The ties of a network, prepared once for any number of label sets.

    Attributes:
        network: whose parties are the rows.
    """

    network: Network

    @cached_property
    def direct(self) -> dict[str, sparse.csr_array]:
        """Row-normalised ties by name, (n, n) each: two directions a layer, and of its most frequent kinds."""
        found: list[tuple[str, sparse.csr_array]] = []
        kinds: list[tuple[str, sparse.csr_array]] = []
        for layer in (TRADE, GUARANTEE, OWNERSHIP, OTHER):
            found.append((layer, self.network.matrix(layer)))
            if layer in (OWNERSHIP, OTHER) and len(self.network.layer(layer).kinds) > 1:
                kinds += [(f"{layer}_{kind}", matrix) for kind, matrix in self.network.layer(layer).kinds.items()]
        kinds.sort(key=lambda entry: (-entry[1].nnz, entry[0]))
        made: dict[str, sparse.csr_array] = {}
        for name, matrix in found + kinds[:MOST_KINDS]:
            made[f"{name}_out"] = row_share(matrix)
            made[f"{name}_in"] = row_share(sparse.csr_array(matrix.T.tocsr()))
        return made

    @cached_property
    def around(self) -> sparse.csr_array:
        """All ties either way, row-normalised, (n, n)."""
        total = sparse.csr_array((self.network.n, self.network.n))
        for layer in LAYERS:
            if layer != RECEIVABLE:
                total = total + both_ways(self.network.matrix(layer))
        return row_share(sparse.csr_array(ones(sparse.csr_array(total.tocsr()))))

    @cached_property
    def holders(self) -> sparse.csr_array:
        """[party, holder] = 1 for who owns or runs it, (n, n)."""
        return ones(self.network.layer(OWNERSHIP).transposed)

    @cached_property
    def peers(self) -> dict[str, Ints]:
        """Codes of industry, region and both together, (n,) each; -1 where unknown."""
        made: dict[str, Ints] = {}
        blank = np.full(self.network.n, "", dtype=object)
        industry, region = (self.network.attributes.get(name, blank).astype(str) for name in ("industry", "region"))
        for name, labels in (("industry", industry), ("region", region)):
            made[name] = np.where(labels == "", -1, np.unique(labels, return_inverse=True)[1]).astype(np.int64)
        wide = int(made["region"].max(initial=0)) + 1
        known = (made["industry"] >= 0) & (made["region"] >= 0)
        pair = np.where(known, made["industry"] * wide + made["region"], 0)
        made["industry_region"] = np.where(known, np.unique(pair, return_inverse=True)[1], -1).astype(np.int64)
        return made

    @cached_property
    def group(self) -> Ints:
        """Connected group over ownership, (n,)."""
        codes = connected_components(self.network.matrix(OWNERSHIP), directed=False)[1]
        return np.asarray(codes, dtype=np.int64)

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What each column means."""
        made = [
            _feature(f"label_{name}", "label_ties", f"default rate among its ties: {name.replace('_', ' ')}",
                     f"关系方违约率：{name}", layer=name.split("_")[0], towards=name.rsplit("_", 1)[1])
            for name in self.direct
        ]  # fmt: skip
        made.append(
            _feature("label_diffused", "label_ties", "default rate within three steps, decaying", "三步内衰减违约率")
        )
        made.append(_feature("label_relatives", "label_owners", "default rate of firms with the same owners or managers",
                             "同一控制企业违约率", layer=OWNERSHIP, towards="in"))  # fmt: skip
        made.append(_feature("label_relatives_count", "label_owners", "defaulted firms with the same owners or managers",
                             "同一控制违约企业数", unit="log(1 + count)", layer=OWNERSHIP, towards="in"))  # fmt: skip
        made += [
            _feature(f"label_{name}_peers", "label_peers", f"default rate of peers by {name.replace('_', ' and ')}", zh)
            for name, zh in (
                ("industry", "同行业违约率"),
                ("region", "同地区违约率"),
                ("industry_region", "同行业同地区违约率"),
            )
        ]
        made.append(_feature("label_group", "label_groups", "default rate in its connected group", "所在关联群违约率"))
        return tuple(made)

    def columns(self, position: Ints, default: Floats, fold: Ints) -> dict[str, Floats]:
        """Every feature for all n parties.

        Args:
            position: of the labelled parties in the network, (m,), no repeats.
            default: their outcomes, 0 or 1, (m,).
            fold: of each, (m,), 0 <= fold < k; a labelled party sees the labels of the other folds only.
        """
        n, k = self.network.n, int(fold.max(initial=-1)) + 1
        # column f = the labels that fold f may see; the last one = all labels
        known = np.zeros((n, k + 1))
        known[position] = 1.0
        known[position, fold] = 0.0
        bad = np.zeros_like(known)
        bad[position] = known[position] * default[:, None]
        share = known.sum(axis=0)
        base = np.divide(bad.sum(axis=0), share, out=np.full(k + 1, np.nan), where=share > 0)
        view = np.full(n, k, dtype=np.int64)
        view[position] = fold
        rows = np.arange(n)

        def rate(bad_weight: Floats, seen_weight: Floats, prior: float) -> Floats:
            return np.asarray(((bad_weight + prior * base) / (seen_weight + prior))[rows, view])

        made: dict[str, Floats] = {}
        for name, matrix in self.direct.items():
            made[f"label_{name}"] = rate(matrix @ bad, matrix @ known, PRIOR)
        made["label_diffused"] = rate(self._diffused(bad), self._diffused(known), PRIOR)
        through = [self.holders @ (self.holders.T @ what) for what in (bad, known)]
        made["label_relatives"] = rate(through[0], through[1], PRIOR)
        scale = np.divide(share[-1], share, out=np.zeros(k + 1), where=share > 0)  # a fold sees fewer labels
        made["label_relatives_count"] = np.log1p((through[0] * scale)[rows, view])
        for name, codes in self.peers.items():
            made[f"label_{name}_peers"] = _of_class(codes, bad, known, base, PEER_PRIOR)[rows, view]
        made["label_group"] = _of_class(self.group, bad, known, base, PRIOR)[rows, view]
        return made

    def _diffused(self, values: Floats) -> Floats:
        total, step = np.zeros_like(values), values
        for hop in range(1, HOPS + 1):
            step = self.around @ step
            total += DECAY**hop * step
        return total

    def frame(
        self,
        labels: Mapping[str, int],
        folds: int | Mapping[str, int] = FOLDS,
        *,
        parties: Sequence[str] | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """The columns of some parties, or of all; see `label_aware`."""
        ids = np.array(sorted(labels), dtype=object)
        default = np.array([labels[party] for party in ids.tolist()], dtype=np.float64)
        if not np.isin(default, (0.0, 1.0)).all():
            raise LabelError("labels must be 0 or 1", remedy="1 = defaulted within the horizon, 0 = did not")
        fold = _folds(ids, folds, seed)
        where = np.array([self.network.index.get(party, -1) for party in ids.tolist()], dtype=np.int64)
        known = where >= 0
        made = self.columns(where[known], default[known], fold[known])
        frame = pd.DataFrame({feature.name: made[feature.name] for feature in self.features}, copy=False)
        frame.index = pd.Index(self.network.ids, name="party_id", dtype=object)
        return frame if parties is None else frame.reindex(list(parties))


def label_aware(
    network: Network,
    labels: Mapping[str, int],
    folds: int | Mapping[str, int] = FOLDS,
    *,
    parties: Sequence[str] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Label-aware features of parties, index party_id, a float64 column each.

    Args:
        network: as of the date of the features.
        labels: party id -> 0 or 1, only of outcomes that may be known; unknown parties are passed over.
        folds: number of folds, or the fold of each labelled party. A labelled party's row is computed from the labels of
            the other folds; every other party's from all.
        parties: rows wanted, in this order; default all parties of the network.
        seed: of the draw of folds.

    Raises:
        LabelError: a label other than 0 and 1. ShapeError: a labelled party without a fold, or fewer than two folds.
    """
    return LabelTies(network).frame(labels, folds, parties=parties, seed=seed)


def _folds(ids: npt.NDArray[np.object_], folds: int | Mapping[str, int], seed: int) -> Ints:
    if isinstance(folds, int):
        if folds < 2:
            raise ShapeError(f"{folds} folds cannot keep a label from its own party", remedy="use at least 2 folds")
        return np.asarray(np.random.default_rng(seed).permutation(len(ids)) % folds, dtype=np.int64)
    missing = [party for party in ids.tolist() if party not in folds]
    if missing:
        raise ShapeError(
            f"{len(missing)} labelled parties have no fold, first {missing[0]!r}", remedy="give each a fold"
        )
    codes = np.unique([folds[party] for party in ids.tolist()], return_inverse=True)[1]
    if len(codes) and codes.max() < 1:
        raise ShapeError("one fold cannot keep a label from its own party", remedy="use at least 2 folds")
    return np.asarray(codes, dtype=np.int64)


def _of_class(codes: Ints, bad: Floats, known: Floats, base: Floats, prior: float) -> Floats:
    """Smoothed rate of each party's class, (n, folds + 1); the base rate where the class is unknown."""
    inside = codes >= 0
    size = int(codes.max(initial=-1)) + 1
    members = sparse.csr_array(
        (np.ones(int(inside.sum())), (codes[inside], np.flatnonzero(inside))), shape=(max(size, 1), len(codes))
    )
    rates = ((members @ bad) + prior * base) / ((members @ known) + prior)
    return np.where(inside[:, None], rates[np.maximum(codes, 0)], base)


def _feature(
    name: str, group: str, en: str, zh: str, *, unit: str = "share", layer: str = "", towards: str = "out"
) -> Feature:
    return Feature(
        name, "label", group, unit, _SOURCE, en, zh, sign=1, as_of_rule=_RULE,
        layer=layer if layer in LAYERS else "", towards=towards,
    )  # fmt: skip
