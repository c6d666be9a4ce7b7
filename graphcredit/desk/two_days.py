"""The book on an earlier and on a later day, for what compares them."""

from datetime import date, timedelta

from graphcredit.decisions import HeadroomBook
from graphcredit.desk.credit import Credit
from graphcredit.exc import InputError


def two_days(credit: Credit, since: date | None = None, as_of: date | None = None) -> tuple[HeadroomBook, HeadroomBook]:
    """The book on an earlier day (a week before, unless given) and on a later one, both under the later one's policy.

    Raises:
        InputError: the days are not in order.
    """
    later = credit.desk.day(as_of)
    earlier = since or later - timedelta(days=7)
    if earlier >= later:
        raise InputError(f"{earlier} is not before {later}", remedy="compare a day with a later one")
    policy = credit.policy(later)
    return credit.book(earlier, policy=policy), credit.book(later, policy=policy)
