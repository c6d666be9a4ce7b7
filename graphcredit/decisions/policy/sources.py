"""Where numbers come from, said in the reader's language: one table for the shipped policy and the lines of a limit.

A source is written in English in a policy and kept so in decisions; it is turned into Chinese where it is shown.
"""

import re
from functools import lru_cache
from importlib import resources

import yaml

from graphcredit.decisions.texts import Text

IN_POLICY = re.compile(r"policy (?P<label>.+) (?P<where>[a-z_]+(?:\.[a-z_]+)*)")
"""A line's source: a section of a policy."""


@lru_cache(maxsize=1)
def chinese_sources() -> dict[str, str]:
    """The shipped sources: English -> Chinese."""
    file = resources.files("graphcredit.decisions") / "policies" / "sources.zh.yaml"
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))


@lru_cache(maxsize=1024)
def source_text(source: str) -> Text:
    """A source in both languages; one that the table does not hold stands as its author wrote it."""
    chinese = chinese_sources().get(source)
    if chinese is None:
        found = IN_POLICY.fullmatch(source)
        chinese = f"授信政策 {found['label']} 的 {found['where']}" if found else source
    return Text(en=source, zh=chinese)
