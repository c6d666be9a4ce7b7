"""Ranking of party searches, the same for every store."""

from collections.abc import Sequence


def rank_parties(text: str, found: Sequence[tuple[str, str | None]], limit: int) -> list[str]:
    """Ids of matches, best first: exact, then prefix, then substring; shorter names before longer ones."""
    wanted = text.strip().lower()

    def rank(entry: tuple[str, str | None]) -> tuple[int, int, str]:
        party, name = entry[0], entry[1] or ""
        lowered = (party.lower(), name.lower())
        if wanted in lowered:
            place = 0
        elif any(value.startswith(wanted) for value in lowered):
            place = 1
        elif any(wanted in value for value in lowered):
            place = 2
        else:
            place = 0  # matched by a registry number
        return place, len(name), party

    return [party for party, _ in sorted(found, key=rank)[:limit]]
