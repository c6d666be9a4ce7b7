"""The API described for people: a sentence and examples in both languages for every route, and a page that shows them."""

from graphcredit_api.described.describe import describe

__all__ = ["describe"]
