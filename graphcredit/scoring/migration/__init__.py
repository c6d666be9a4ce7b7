"""Rating history and migration: who was rated what and when, and with which probability grades change.

Rooms: `history` keeps ratings in the store, `spells` makes them times spent in a grade, `cohort`, `duration` and
`aalen_johansen` estimate, `generator` goes to continuous time and to PDs of any horizon.
"""

from graphcredit.scoring.migration.aalen_johansen import aalen_johansen
from graphcredit.scoring.migration.estimate import METHODS, MigrationOptions, migration, migration_of
from graphcredit.scoring.migration.generator import Embedding, generator_of, pd_term_structure
from graphcredit.scoring.migration.history import (
    RATING,
    Rating,
    defaults_of,
    keep_ratings,
    party_history,
    rating_history,
    ratings_of,
    with_defaults,
)
from graphcredit.scoring.migration.result import Migration
from graphcredit.scoring.migration.spells import NOT_RATED, Spells, spells

__all__ = [
    "METHODS",
    "NOT_RATED",
    "RATING",
    "Embedding",
    "Migration",
    "MigrationOptions",
    "Rating",
    "Spells",
    "aalen_johansen",
    "defaults_of",
    "generator_of",
    "keep_ratings",
    "migration",
    "migration_of",
    "party_history",
    "pd_term_structure",
    "rating_history",
    "ratings_of",
    "spells",
    "with_defaults",
]
