"""The reader's language: ?lang=, the console's cookie, Accept-Language, then the server's setting."""

from fastapi import Request

from graphcredit.settings import get_settings

LANGUAGES = ("en", "zh")


def language_of(request: Request) -> str:
    """ "en" or "zh"."""
    for wish in (request.query_params.get("lang"), request.cookies.get("lang")):
        if wish in LANGUAGES:
            return str(wish)
    ranked: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, quality = part.strip().partition(";q=")
        language = tag[:2].lower()
        if language in LANGUAGES:
            try:
                ranked.append((-float(quality or 1), language))
            except ValueError:
                continue
    return min(ranked)[1] if ranked else get_settings().language
