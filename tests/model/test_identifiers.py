"""Registry numbers against published examples and an independent implementation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import lei as stdnum_lei
from stdnum.cn import uscc as stdnum_uscc

from graphcredit.model.identifiers import lei_fault, make_uscc, uscc_check_character, uscc_fault, uscc_wrong

# printed in the standard, in an independent implementation's manual, and on a listed group's licence
REAL = ["91350100M000100Y43", "91110000600037341L", "914403001922038216"]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DIGITS = "0123456789"


@pytest.mark.parametrize("code", REAL)
def test_published_codes_are_right(code: str) -> None:
    assert uscc_fault(code) == ""
    assert stdnum_uscc.is_valid(code)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["91", "92", "51", "12", "A1", "N1", "Y1"]),
    st.text(DIGITS, min_size=6, max_size=6),
    st.text(DIGITS, min_size=8, max_size=8),
    st.integers(0, 17),
    st.sampled_from(ALPHABET),
)
def test_made_codes_are_right_and_one_changed_character_is_noticed(
    category: str, region: str, organisation: str, position: int, other: str
) -> None:
    code = make_uscc(category, region, organisation)
    assert uscc_fault(code) == ""
    if category[0].isdigit():
        assert stdnum_uscc.is_valid(code)
    changed = code[:position] + other + code[position + 1 :]
    assert bool(uscc_fault(changed)) == (changed != code)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("9135", "has 4 characters, not 18"),
        ("91350100M000100Y4I", "has characters that the code does not use: I"),
        ("91350100M000100Y44", "has a wrong check character"),
    ],
)
def test_faults_are_named(code: str, fault: str) -> None:
    assert uscc_fault(code) == fault


def test_a_wrong_organisation_digit_is_named() -> None:
    body = "91350100" + "M000100Y" + "5"
    assert "position 17" in uscc_fault(body + uscc_check_character(body))


def test_missing_codes_are_not_wrong() -> None:
    assert uscc_wrong([None, "91350100M000100Y43", "x", "x"]).tolist() == [False, False, True, True]


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=18, max_size=18), st.integers(0, 99))
def test_lei_agrees_with_stdnum(body: str, digits: int) -> None:
    code = f"{body}{digits:02d}"
    assert (lei_fault(code) == "") == stdnum_lei.is_valid(code)


def test_a_real_lei() -> None:
    assert lei_fault("5493001KJTIIGC8Y1R12") == ""
    assert lei_fault("5493001KJTIIGC8Y1R13") == "has wrong check digits"
    assert lei_fault("short") == "is not 18 letters or digits followed by two digits"
