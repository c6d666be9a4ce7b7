"""Positions looked up by party are those that a search through all of them finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphcredit.decisions.positions import Facilities


@given(st.lists(st.integers(-1, 6), max_size=20))
def test_facilities_of_a_borrower_are_found_in_order(borrowers: list[int]) -> None:
    n, none = len(borrowers), np.zeros(len(borrowers), dtype=np.int64)
    rates = np.zeros(n)
    held = Facilities(tuple(map(str, range(n))), none, np.array(borrowers, dtype=np.int64), *[none] * 3, rates, rates)
    for party in range(8):
        assert held.of_borrower(party) == [row for row, borrower in enumerate(borrowers) if borrower == party]
