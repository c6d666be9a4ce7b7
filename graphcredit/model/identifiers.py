"""Registry numbers: the unified social credit code (GB 32100-2015) and the legal entity identifier (ISO 17442)."""

import re

import numpy as np
import numpy.typing as npt

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: without I, O, S, V, Z
_VALUE = {character: value for value, character in enumerate(_ALPHABET)}
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
_LEI = re.compile(r"^[0-9A-Z]{18}[0-9]{2}$")


def uscc_check_character(body: str) -> str:
    """The 18th character for the first 17 of a unified social credit code.

    Raises:
        KeyError: a character outside the code's alphabet.
    """
    total = sum(_VALUE[character] * weight for character, weight in zip(body, _USCC_WEIGHTS, strict=True))
    return _ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(body: str) -> str:
    """The check character of the organisation code (GB 11714) inside a USCC, for its eight characters 9 to 16."""
    total = sum(int(character, 36) * weight for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    digit = 11 - total % 11
    return "X" if digit == 10 else "0" if digit == 11 else str(digit)


def uscc_fault(code: str) -> str:
    """Why a unified social credit code is wrong; empty when it is right."""
    if len(code) != 18:
        return f"has {len(code)} characters, not 18"
    if unknown := sorted({character for character in code if character not in _VALUE}):
        return f"has characters that the code does not use: {''.join(unknown)}"
    if uscc_check_character(code[:17]) != code[17]:
        return "has a wrong check character"
    if organisation_check_character(code[8:16]) != code[16]:
        return "has a wrong organisation check character (position 17)"
    return ""


def make_uscc(category: str, region: str, organisation: str) -> str:
    """A valid code from its category (2 characters), region (6 digits) and organisation (8 characters)."""
    body = category + region + organisation + organisation_check_character(organisation)
    return body + uscc_check_character(body)


def lei_fault(code: str) -> str:
    """Why a legal entity identifier is wrong; empty when it is right."""
    if not _LEI.match(code):
        return "is not 18 letters or digits followed by two digits"
    if int("".join(str(int(character, 36)) for character in code)) % 97 != 1:
        return "has wrong check digits"
    return ""


def uscc_wrong(codes: list[str | None]) -> npt.NDArray[np.bool_]:
    """For each code whether it is present and wrong, shape (len(codes),); repeated codes are checked once."""
    verdicts = {code: bool(uscc_fault(code)) for code in set(codes) if code is not None}
    return np.fromiter((code is not None and verdicts[code] for code in codes), dtype=np.bool_, count=len(codes))
