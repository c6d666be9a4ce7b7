"""Every error of the project, under one base; each knows its code, HTTP status and exit code.

An error says what happened (`message`), where it can what to do (`remedy`), and carries the facts
behind it (`details`) for machines. Nothing here imports a web framework.
"""

from typing import Any, ClassVar


class GraphCreditError(Exception):
    """Base of all errors; `str(error)` is the message a person reads."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.details = details


class InputError(GraphCreditError):
    """Something the caller gave is wrong."""

    code = "bad_input"
    status = 422
    exit_code = 2


class MappingError(InputError):
    """A mapping file is not understood."""

    code = "bad_mapping"


class ReadError(InputError):
    """A file cannot be read as the table it is said to be."""

    code = "unreadable_file"


class PolicyError(InputError):
    """A credit policy breaks its own rules."""

    code = "bad_policy"


class LabelError(InputError):
    """Labels do not allow a model to be trained or validated."""

    code = "bad_labels"


class ShapeError(InputError):
    """Arrays do not fit each other."""

    code = "bad_shape"


class ValueRangeError(InputError):
    """A number lies outside the range in which it means something."""

    code = "out_of_range"


class CurrencyError(InputError):
    """An amount cannot be converted into the book's currency."""

    code = "no_rate"


class SettingsError(InputError):
    """A setting is missing or malformed."""

    code = "bad_settings"


class NotFoundError(GraphCreditError):
    """A party, decision, model or other record does not exist (as of the date asked)."""

    code = "not_found"
    status = 404
    exit_code = 3


class ConflictError(GraphCreditError):
    """The write contradicts what is already recorded."""

    code = "conflict"
    status = 409
    exit_code = 4


class CapacityError(ConflictError):
    """A claim would exceed what is left: a limit used up, an invoice already financed."""

    code = "capacity_exceeded"


class ModelFileError(GraphCreditError):
    """A model file is of another version, tampered with, or holds types that are not trusted."""

    code = "bad_model_file"
    status = 422
    exit_code = 5


class NoModelError(NotFoundError):
    """No model has been trained or promoted yet."""

    code = "no_model"


class AuthenticationError(GraphCreditError):
    """Who is asking is not known."""

    code = "unauthenticated"
    status = 401
    exit_code = 6


class ForbiddenError(GraphCreditError):
    """Who is asking may not do this."""

    code = "forbidden"
    status = 403
    exit_code = 6


class RateLimitError(GraphCreditError):
    """Too many requests."""

    code = "rate_limited"
    status = 429
    exit_code = 7


class ConnectorError(GraphCreditError):
    """A system that facts are pulled from does not answer, or not as documented."""

    code = "source_unavailable"
    status = 502
    exit_code = 9


class ConnectorAuthError(ConnectorError):
    """A system that facts are pulled from refuses our credentials."""

    code = "source_credentials"


class StoreError(GraphCreditError):
    """The store failed in a way that is not the caller's fault."""

    code = "store_error"
    exit_code = 8


class StoreUnavailableError(StoreError):
    """The store does not answer now; trying again later may help."""

    code = "store_unavailable"
    status = 503


class StoreLockedError(StoreUnavailableError):
    """Another process holds the embedded store's file."""

    code = "store_locked"


class StoreAuthError(StoreError):
    """The store refused the user or password."""

    code = "store_credentials"
    status = 503


class StoreVersionError(StoreError):
    """The store's schema or server version is not one this release works with."""

    code = "store_version"
    status = 503


class JobCancelledError(GraphCreditError):
    """A long computation was cancelled by its caller."""

    code = "cancelled"
    status = 499
    exit_code = 130
