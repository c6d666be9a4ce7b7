"""From a problem document to the error it stands for."""

from collections.abc import Iterator

import httpx

from graphcredit import exc


def _classes(base: type[exc.GraphCreditError]) -> Iterator[type[exc.GraphCreditError]]:
    for one in base.__subclasses__():
        yield one
        yield from _classes(one)


def _by_code() -> dict[str, type[exc.GraphCreditError]]:
    return {one.code: one for one in _classes(exc.GraphCreditError) if "code" in vars(one)}


BY_STATUS: dict[int, type[exc.GraphCreditError]] = {
    401: exc.AuthenticationError,
    403: exc.ForbiddenError,
    404: exc.NotFoundError,
    409: exc.ConflictError,
    429: exc.RateLimitError,
    503: exc.StoreUnavailableError,
}


def error_of(answer: httpx.Response) -> exc.GraphCreditError:
    """The error that an answer of 400 or more tells of.

    Its `details` hold `status`, `code` and `request_id`, and the single faults of the request under `errors`.
    """
    try:
        body = answer.json()
    except ValueError:
        body = {}
    told = body if isinstance(body, dict) else {}
    code = str(told.get("code", ""))
    kind = _by_code().get(code) or BY_STATUS.get(answer.status_code)
    if kind is None:
        kind = exc.InputError if answer.status_code < 500 else exc.GraphCreditError
    message = str(told.get("detail") or f"the server answered {answer.status_code}")
    details = {
        "status": answer.status_code,
        "code": code or str(answer.status_code),
        "request_id": str(told.get("instance", "")).removeprefix("urn:request:")
        or answer.headers.get("x-request-id", ""),
    }
    if told.get("errors"):
        details["errors"] = told["errors"]
    return kind(message, remedy=str(told.get("remedy", "")), **details)
