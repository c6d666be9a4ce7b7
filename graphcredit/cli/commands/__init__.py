"""Every command, one file each; importing a module registers its commands."""

from graphcredit.cli.commands import (
    decide,
    demo,
    features,
    load,
    models,
    network,
    order,
    plan,
    policy,
    sample,
    score,
    serve,
    store,
    stress,
    structure,
    train,
)

__all__ = [
    "decide",
    "demo",
    "features",
    "load",
    "models",
    "network",
    "order",
    "plan",
    "policy",
    "sample",
    "score",
    "serve",
    "store",
    "stress",
    "structure",
    "train",
]
