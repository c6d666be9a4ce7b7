"""Every command, one file each; importing a module registers its commands."""

from graphcredit.cli.commands import load, sample, store

__all__ = ["load", "sample", "store"]
