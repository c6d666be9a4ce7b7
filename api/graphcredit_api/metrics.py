"""Prometheus metrics of the API."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
REQUESTS = Counter("graphcredit_requests", "Requests served", ("method", "route", "status"), registry=REGISTRY)
SECONDS = Histogram(
    "graphcredit_request_seconds",
    "Time to answer",
    ("route",),
    registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DECISIONS = Counter("graphcredit_decisions", "Decisions taken", ("outcome",), registry=REGISTRY)
TWIN = Counter("graphcredit_twin", "Questions to the second process", ("outcome",), registry=REGISTRY)
STALE = Gauge("graphcredit_snapshot_stale", "1 while reads are answered from the last snapshot", registry=REGISTRY)
