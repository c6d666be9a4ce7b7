"""The feature matrix of parties as of a date."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from graphcredit.exc import ReadError
from graphcredit.features.registry import Feature
from graphcredit.network import Network


@dataclass(frozen=True)
class FeatureMatrix:
    """Features of parties as of a date.

    Attributes:
        frame: index party_id, a column a feature: float64 with nan, or category.
        features: what each column means, in order.
        as_of: the date; store_version: of the facts it was computed from.
        network: what graph features were computed on; absent when read from a file.
    """

    frame: pd.DataFrame
    features: tuple[Feature, ...]
    as_of: date
    store_version: int = 0
    network: Network | None = None

    def select(self, feature_set: str) -> "FeatureMatrix":
        """Only `tabular` or `graph` features, or `all`."""
        chosen = tuple(f for f in self.features if feature_set == "all" or f.family == feature_set)
        frame = self.frame[[feature.name for feature in chosen]]
        return FeatureMatrix(frame, chosen, self.as_of, self.store_version, self.network)

    def rows(self, parties: Iterable[str]) -> "FeatureMatrix":
        """Only some parties."""
        return FeatureMatrix(self.frame.loc[list(parties)], self.features, self.as_of, self.store_version, self.network)

    @property
    def fingerprint(self) -> str:
        """A hash of every value, name and the date."""
        digest = hashlib.sha256(f"{self.as_of}|{'|'.join(map(str, self.frame.columns))}".encode())
        for name in self.frame.columns:
            column = self.frame[name]
            values = column.astype(object).fillna("") if column.dtype == "category" else column
            digest.update(np.ascontiguousarray(pd.util.hash_pandas_object(values, index=False)).tobytes())
        return digest.hexdigest()

    def to_parquet(self, path: Path) -> None:
        """Write the matrix with its descriptions."""
        table = pa.Table.from_pandas(self.frame.reset_index(names="party_id"), preserve_index=False)
        meta = {
            "as_of": self.as_of.isoformat(),
            "store_version": self.store_version,
            "features": [asdict(feature) for feature in self.features],
        }
        pq.write_table(
            table.replace_schema_metadata({**(table.schema.metadata or {}), b"graphcredit": json.dumps(meta)}), path
        )

    @classmethod
    def from_parquet(cls, path: Path) -> "FeatureMatrix":
        """Read what `to_parquet` wrote.

        Raises:
            ReadError: not such a file.
        """
        if not path.is_file():
            raise ReadError(f"{path} does not exist", remedy="write it with graphcredit features -o")
        try:
            table = pq.read_table(path)
        except pa.ArrowInvalid as error:
            raise ReadError(
                f"{path.name} cannot be read: {error}", remedy="write it with graphcredit features -o"
            ) from error
        stored = (table.schema.metadata or {}).get(b"graphcredit")
        if stored is None:
            raise ReadError(f"{path.name} holds no feature matrix", remedy="write it with graphcredit features -o")
        meta = json.loads(stored)
        features = tuple(Feature(**{**f, "source": tuple(f["source"])}) for f in meta["features"])
        frame = table.to_pandas().set_index("party_id")
        return cls(frame, features, date.fromisoformat(meta["as_of"]), int(meta["store_version"]))
