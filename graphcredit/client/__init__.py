"""A typed client of the API, for loan systems and scripts; it needs nothing else of the library.

    with Client("https://credit.example", api_key="gck_...") as client:
        room = client.headroom("F000012")
        order = {"party_id": "F000012", "product": "loan", "amount": "500000.00", "tenor_days": 180, "payments": 6}
        made = client.decide(order, key="order-4711")

Errors are those of `graphcredit.exc`, with the server's remedy and request id. Requests that fail on the way, and those the
server asks to repeat, are repeated; writes carry an idempotency key, so that they happen once.
"""

from graphcredit.client.book_models import BookRisk, EReceivable
from graphcredit.client.client import Client
from graphcredit.client.models import (
    Alert,
    AuditEntry,
    BulkDecision,
    BulkScores,
    Decision,
    Exposure,
    Headroom,
    Job,
    Line,
    Loss,
    OrderCheck,
    Party,
    Reason,
    Review,
    Score,
    Stress,
)
from graphcredit.client.transport import Retries

__all__ = [
    "Alert",
    "AuditEntry",
    "BookRisk",
    "BulkDecision",
    "BulkScores",
    "Client",
    "Decision",
    "EReceivable",
    "Exposure",
    "Headroom",
    "Job",
    "Line",
    "Loss",
    "OrderCheck",
    "Party",
    "Reason",
    "Retries",
    "Review",
    "Score",
    "Stress",
]
