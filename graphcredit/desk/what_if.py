"""What a decision would be, without taking it: for a form that checks while one types, and for what-if questions."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from graphcredit.decisions import Application, parse_application
from graphcredit.decisions.amounts import plain
from graphcredit.decisions.application import check_against_policy
from graphcredit.decisions.gather import gather_assessed
from graphcredit.decisions.judge import judge
from graphcredit.decisions.limits import party_score
from graphcredit.desk.credit import Credit


def what_if(credit: Credit, application: Application | Mapping[str, Any], as_of: date | None = None) -> dict[str, Any]:
    """The answer that an application would get now. Nothing is recorded, nothing is claimed.

    Raises:
        InputError: the application is not valid. NotFoundError: an unknown party or document.
    """
    given = application if isinstance(application, Application) else parse_application(application)
    known = credit.desk.known(as_of)
    book = credit.book(known.day)
    check_against_policy(given, book.policy)
    book.position(given.party_id)
    score = None
    if given.party_id in known.network.index and book.scores:
        score = party_score(credit.desk.score(given.party_id, known.day, record=False), book.policy)
    inputs, assessed = gather_assessed(credit.store, given, book, score, known.day)
    answer = judge(inputs, book.policy, assessed)
    told = plain(answer.model_dump(mode="python"))
    return {
        "party_id": given.party_id,
        "product": given.product,
        "as_of": known.day.isoformat(),
        "policy": book.policy.label,
        "answer": {**told, "outcome": answer.outcome.value},
        "limit": inputs.limit.to_json(),
        "headroom": inputs.headroom.to_json(),
    }
