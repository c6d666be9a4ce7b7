"""Every command, one file each; importing a module registers its commands."""

from graphcredit.cli.commands import (
    features,
    load,
    models,
    network,
    sample,
    score,
    serve,
    store,
    stress,
    structure,
    train,
)

__all__ = ["features", "load", "models", "network", "sample", "score", "serve", "store", "stress", "structure", "train"]
