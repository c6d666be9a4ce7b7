"""Mappings: YAML that turns another layout into the canonical tables. A new source needs a mapping, not code.

A mapping lists sources (a file pattern each) and, per source, the tables it feeds. A column is taken `from` a column of
the file, set to a `value`, made from a `template` such as "{firm}-{number}" ({fingerprint} in it stands for a hash of
the row's other cells), or is a `fingerprint` (a short hash) of several columns; `map` translates values, `date` states a
format such as "%d.%m.%Y" (or `excel`, days since 1899-12-30; or `epoch_ms+08:00`, milliseconds since
1970, as a day in that zone), `factor` multiplies, `numbers: formatted` reads
thousands separators, currency signs, (negatives) and the units 千, 万, 亿. `only_if` names a column that must be filled,
`where` columns and the values that count, `distinct` takes equal rows once. Cells are trimmed before anything else.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from graphcredit.exc import MappingError
from graphcredit.model.tables import ATTRIBUTE_PREFIX, TABLES

_PLACE = re.compile(r"\{([^{}]*)\}")
_EPOCH = re.compile(r"epoch_ms([+-]\d\d:\d\d)?")
_DIRECTIVES = re.compile(r"(%%|%-?[aAbBdefgHIjmMnpSuUVwWyYzZ]|[^%])+")
_LARGEST = 1 << 20  # bytes of a mapping file
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_-]*$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ColumnRule(_Strict):
    """Where one canonical column comes from."""

    source: str | None = Field(None, alias="from")
    value: str | None = None
    template: str | None = None
    fingerprint: list[str] | None = None
    values: dict[str, str] | None = Field(None, alias="map")
    date: str | None = None
    factor: str | None = None
    numbers: Literal["plain", "formatted"] = "plain"
    optional: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = [self.source, self.value, self.template, self.fingerprint]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("give exactly one of from, value, template, fingerprint")
        if self.factor is not None and not re.fullmatch(r"-?\d+(\.\d+)?", self.factor):
            raise ValueError(f"factor {self.factor!r} is not a plain number")
        if (
            self.date not in (None, "excel")
            and not _EPOCH.fullmatch(self.date or "")
            and not _DIRECTIVES.fullmatch(self.date or "")
        ):
            raise ValueError(f"date {self.date!r} is not a date format; write for example %Y-%m-%d, or excel")
        return self

    @property
    def needs(self) -> list[str]:
        """Columns of the file that this rule reads."""
        if self.source is not None:
            return [self.source]
        if self.fingerprint is not None:
            return self.fingerprint
        return [name for name in _PLACE.findall(self.template or "") if name != "fingerprint"]


def _rule(given: Any) -> Any:
    return {"from": given} if isinstance(given, str) else given


class TableRule(_Strict):
    """How rows of a file become rows of a table."""

    columns: dict[str, Annotated[ColumnRule, BeforeValidator(_rule)]]
    only_if: str | None = Field(None, description="a column of the file that must be filled")
    where: dict[str, list[str]] = Field(default_factory=dict, description="column -> values; other rows are left out")
    distinct: bool = Field(False, description="equal rows count once (parties named in many lines)")


class SourceRule(_Strict):
    """Which files, and which tables they feed."""

    files: str
    tables: dict[str, TableRule]

    @model_validator(mode="after")
    def _known(self) -> Self:
        path = PurePosixPath(self.files)
        if len(path.parts) != 1 or ".." in path.parts or set(self.files) & set("\\:~\0") or path.is_absolute():
            raise ValueError(
                f"files {self.files!r} leaves the folder that is loaded; give a file name such as sales*.csv"
            )
        for table, rule in self.tables.items():
            if table not in TABLES:
                raise ValueError(f"{table!r} is not a table; one of {', '.join(TABLES)}")
            names = set(TABLES[table].names)
            for column in rule.columns:
                if column not in names and not column.startswith(ATTRIBUTE_PREFIX):
                    raise ValueError(f"{table} has no column {column!r}; further facts are named {ATTRIBUTE_PREFIX}...")
            if missing := sorted(set(TABLES[table].required) - set(rule.columns)):
                raise ValueError(f"{table} needs columns {missing}")
        return self


class Mapping(_Strict):
    """A whole mapping file."""

    name: str
    about: str = ""
    sources: list[SourceRule] = Field(min_length=1)

    def rule_for(self, file_name: str) -> SourceRule | None:
        """The first source whose pattern fits a file's name."""
        return next((rule for rule in self.sources if fnmatch(file_name, rule.files)), None)


def shipped_mappings() -> list[str]:
    """Names of the mappings that come with the package."""
    folder = files("graphcredit_ingest") / "mappings"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_mapping(name_or_path: str | Path) -> Mapping:
    """A shipped mapping by name, or one from a YAML file.

    Raises:
        MappingError: no such mapping, not YAML, or against the rules; names the field and what is wrong with it.
    """
    text = str(name_or_path)
    if _NAME.match(text) and text in shipped_mappings():
        content = (files("graphcredit_ingest") / "mappings" / f"{text}.yaml").read_text(encoding="utf-8")
    else:
        path = Path(name_or_path)
        if path.suffix not in {".yaml", ".yml"} or not path.is_file():
            known = ", ".join(shipped_mappings())
            raise MappingError(
                f"there is no mapping {text!r}", remedy=f"shipped are: {known}; or give a .yaml file's path"
            )
        content = _text(path)
    try:
        return Mapping.model_validate(yaml.safe_load(content))
    except yaml.YAMLError as error:
        raise MappingError(f"mapping {text}: not YAML: {str(error).splitlines()[0]}", remedy="mend the file") from None
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {_said(fault['msg'])}" for fault in error.errors()
        ]
        more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
        raise MappingError(
            f"mapping {text}: {'; '.join(faults[:3])}{more}",
            remedy="mend these fields; the shipped mapping cumcm2020c.yaml is an example",
        ) from None


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST:
        raise MappingError(f"mapping {path}: larger than {_LARGEST:,} bytes", remedy="give a mapping, not data")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise MappingError(f"mapping {path}: not UTF-8", remedy="save the file as UTF-8") from None


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def text_sql(rule: ColumnRule, present: set[str], *, file: str) -> str:
    """SQL that gives a rule's value as text from a file's columns.

    Raises:
        MappingError: the file lacks a column that the rule needs.
    """
    if rule.optional and not present.issuperset(rule.needs):
        return "CAST(NULL AS VARCHAR)"
    _require(rule.needs, present, file)
    if rule.value is not None:
        return literal(rule.value)
    if rule.fingerprint is not None:
        sql = fingerprint_sql(rule.fingerprint)
    elif rule.template is not None:
        sql = _template_sql(rule.template, sorted(present))
    else:
        sql = quoted(rule.source or "")
    if rule.values:
        pairs = " ".join(f"WHEN {literal(old)} THEN {literal(new)}" for old, new in rule.values.items())
        sql = f"CASE {sql} {pairs} ELSE {sql} END"
    return sql


def where_sql(rule: TableRule, present: set[str], *, file: str) -> str:
    """SQL of the condition under which a file's row feeds a table; empty where every row does.

    Raises:
        MappingError: the file lacks a column of `where`.
    """
    tests = []
    if rule.only_if is not None:
        tests.append(f"{quoted(rule.only_if)} IS NOT NULL" if rule.only_if in present else "false")
    for column, accepted in rule.where.items():
        _require([column], present, file)
        tests.append(f"{quoted(column)} IN ({', '.join(map(literal, accepted))})")
    return " AND ".join(tests)


def _require(names: Iterable[str], present: set[str], file: str) -> None:
    if missing := [name for name in names if name not in present]:
        raise MappingError(
            f"{file} has no column {missing[0]!r}, which the mapping reads",
            remedy=f"its columns are {', '.join(sorted(present))}; mend the mapping or the file",
        )


def fingerprint_sql(columns: list[str]) -> str:
    """Eight hexadecimal digits that stand for the values of several columns."""
    parts = ", ".join(f"coalesce({quoted(column)}, '')" for column in columns)
    return f"left(md5(concat_ws(chr(31), {parts})), 8)"


def _template_sql(template: str, present: list[str]) -> str:
    pieces, end = [], 0
    rest = [name for name in present if name not in _PLACE.findall(template)] or present
    for place in _PLACE.finditer(template):
        filled = fingerprint_sql(rest) if place.group(1) == "fingerprint" else quoted(place.group(1))
        pieces += [literal(template[end : place.start()]), filled]
        end = place.end()
    pieces.append(literal(template[end:]))
    return "(" + " || ".join(piece for piece in pieces if piece != "''") + ")"
