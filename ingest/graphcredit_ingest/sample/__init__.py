"""A supply-chain network to try everything on, with defaults drawn from a stated process."""

from graphcredit_ingest.sample.generate import SampleReport, generate

__all__ = ["SampleReport", "generate"]
