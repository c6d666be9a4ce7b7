"""From text to typed rows, column by column in SQL; a row with a fault is set apart with the first fault found."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from graphcredit.model.tables import ATTRIBUTE_PREFIX, Column, Kind, Table
from graphcredit_ingest.faults import MAX_KEY, MAX_TEXT, PAIR_RULES
from graphcredit_ingest.mapping import ColumnRule, literal, quoted

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_MONEY = "DECIMAL(24, 4)"


@dataclass(frozen=True)
class Checked:
    """A file's rows for one table: `good` typed, with `_row` and `_rounded`; `bad` with row, column, code, value."""

    good: pa.Table
    bad: pa.Table


def check(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    source: str,
    texts: Mapping[str, str],
    *,
    rules: Mapping[str, ColumnRule] | None = None,
    only_if: str | None = None,
    distinct: bool = False,
    recorded_default: str,
) -> Checked:
    """Validate and type the rows of relation `source`.

    Args:
        connection: an in-process DuckDB in which `source` is registered; it has a column `_row`.
        table: the canonical table.
        source: name of the relation.
        texts: canonical column or attribute -> SQL giving its text.
        rules: the mapping's rules of these columns, for dates, factors and number formats.
        only_if: a column of the relation that must be filled for the row to count.
        distinct: keep one of several equal rows.
        recorded_default: `recorded_at` where neither the row nor its own dates give it.
    """
    rules = rules or {}
    present = [column for column in table if column.name in texts]
    attributes = sorted(name for name in texts if name.startswith(ATTRIBUTE_PREFIX))
    mapped = ", ".join(f"{texts[name]} AS {quoted(name)}" for name in (*(c.name for c in present), *attributes))
    row = "min(_row)" if distinct else "_row"
    group = " GROUP BY ALL" if distinct else ""
    where = f" WHERE {quoted(only_if)} IS NOT NULL" if only_if else ""
    typed = ", ".join(f"{_typed(column, rules.get(column.name))} AS {quoted('t_' + column.name)}" for column in present)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE checked AS WITH mapped AS (SELECT {mapped}, {row} AS _row FROM {source}{where}"
        f"{group}), typed AS (SELECT *, {typed} FROM mapped) SELECT *, {_fault(table, present)} AS _fault FROM typed"
    )
    good = connection.sql(
        f"SELECT {_final(table, present, recorded_default)}, {_attributes(attributes)} AS attributes, _row, "
        f"{_rounded(present)} AS _rounded FROM checked WHERE _fault IS NULL ORDER BY _row"
    ).to_arrow_table()
    values = " ".join(f"WHEN {literal(column.name)} THEN {quoted(column.name)}" for column in present)
    bad = connection.sql(
        "SELECT _row, split_part(_fault, ':', 1) AS col, split_part(_fault, ':', 2) AS code, "
        f"CASE split_part(_fault, ':', 1) {values} END AS value FROM checked WHERE _fault IS NOT NULL ORDER BY _row"
    ).to_arrow_table()
    connection.execute("DROP TABLE checked")
    return Checked(good, bad)


def _typed(column: Column, rule: ColumnRule | None) -> str:
    """SQL of a column's typed value; NULL where the text cannot be read."""
    text = quoted(column.name)
    match column.kind:
        case Kind.DATE:
            if rule and rule.date:
                return f"CAST(try_strptime({text}, {literal(rule.date)}) AS DATE)"
            formats = ", ".join(map(literal, _DATES))
            return f"coalesce(TRY_CAST({text} AS DATE), CAST(try_strptime({text}, [{formats}]) AS DATE))"
        case Kind.TIMESTAMP:
            zoned = f"regexp_matches({text}, '[+-]\\d\\d:?\\d\\d$|Z$')"
            return (
                f"CASE WHEN {zoned} THEN CAST(TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP) ELSE "
                f"coalesce(TRY_CAST({text} AS TIMESTAMP), CAST(TRY_CAST({text} AS DATE) AS TIMESTAMP)) END"
            )
        case Kind.MONEY:
            amount = _formatted(text) if rule and rule.numbers == "formatted" else text
            if rule and rule.factor:
                return f"TRY_CAST(TRY_CAST({amount} AS DECIMAL(30, 8)) * {rule.factor} AS {_MONEY})"
            return f"TRY_CAST({amount} AS {_MONEY})"
        case Kind.NUMBER:
            factor = f" * {rule.factor}" if rule and rule.factor else ""
            return f"(TRY_CAST({text} AS DOUBLE){factor})"
        case Kind.INTEGER:
            return f"TRY_CAST(regexp_replace({text}, '\\.0+$', '') AS BIGINT)"
        case Kind.TEXT if column.choices and not column.open_choices:
            return f"lower({text})"
        case _:
            return text


def _formatted(text: str) -> str:
    """SQL that reads amounts with thousands separators, currency signs and the units 万 and 亿."""
    wide = f"translate({text}, '０１２３４５６７８９，．－', '0123456789,.-')"
    bare = f"regexp_replace({wide}, '^(CNY|RMB|[¥￥$€£])\\s*|\\s*元$', '', 'g')"
    unit = f"(CASE WHEN ends_with({bare}, '万') THEN 10000 WHEN ends_with({bare}, '亿') THEN 100000000 ELSE 1 END)"
    digits = f"rtrim({bare}, '万亿')"
    grouped = f"regexp_full_match({digits}, '-?\\d{{1,3}}(,\\d{{3}})+(\\.\\d+)?')"
    number = f"(CASE WHEN {grouped} THEN replace({digits}, ',', '') ELSE {digits} END)"
    return f"(TRY_CAST({number} AS DECIMAL(30, 8)) * {unit})"


def _fault(table: Table, present: list[Column]) -> str:
    """SQL of a row's first fault as "column:code", or NULL."""
    absent = [column for column in table if column.required and column not in present]
    tests = [(f"{literal(column.name)} IS NOT NULL", column.name, "required") for column in absent]
    for column in present:
        tests += [(test, column.name, code) for test, code in _tests(table, column)]
    names = {column.name for column in present}
    for a, b, _, _ in PAIR_RULES.get(table.name, ()):
        if {a, b} <= names:
            tests.append((f"{quoted('t_' + a)} = {quoted('t_' + b)}", a, "pair"))
    if table.begins in names and table.ends in names:
        tests.append((f"{quoted(f't_{table.ends}')} < {quoted(f't_{table.begins}')}", str(table.ends), "order"))
    if not tests:
        return "CAST(NULL AS VARCHAR)"
    return "CASE " + " ".join(f"WHEN {test} THEN '{name}:{code}'" for test, name, code in tests) + " END"


def _tests(table: Table, column: Column) -> list[tuple[str, str]]:
    """Conditions under which a column's value is at fault, with their codes."""
    text, typed = quoted(column.name), quoted("t_" + column.name)
    longest = MAX_KEY if column.name in table.key or column.party else MAX_TEXT
    tests = [(f"length({text}) > {longest}", "long"), (f"contains({text}, chr(0))", "nul")]
    if column.required:
        tests.append((f"{text} IS NULL", "required"))
    match column.kind:
        case Kind.DATE | Kind.TIMESTAMP:
            sane = f"year({typed}) NOT BETWEEN 1600 AND 2300"
            tests.append((f"{text} IS NOT NULL AND ({typed} IS NULL OR {sane})", "date"))
        case Kind.MONEY:
            tests.append((f"{text} IS NOT NULL AND {typed} IS NULL", "money"))
        case Kind.NUMBER:
            tests.append((f"{text} IS NOT NULL AND ({typed} IS NULL OR NOT isfinite({typed}))", "number"))
        case Kind.INTEGER:
            tests.append((f"{text} IS NOT NULL AND {typed} IS NULL", "integer"))
    if column.minimum is not None:
        tests.append((f"{typed} < {column.minimum}", "range"))
    if column.maximum is not None:
        tests.append((f"{typed} > {column.maximum}", "range"))
    if column.choices and not column.open_choices:
        accepted = ", ".join(map(literal, column.choices))
        tests.append((f"CAST({typed} AS VARCHAR) NOT IN ({accepted})", "choice"))
    if column.name == "currency" and table.name != "rates":
        tests.append((f"NOT regexp_full_match({text}, '[A-Z]{{3}}')", "currency"))
    return tests


def _final(table: Table, present: list[Column], recorded_default: str) -> str:
    """SQL of the typed columns, defaults filled in, recorded_at never null."""
    names = {column.name for column in present}
    parts = []
    for column in present:
        if column.name == "recorded_at":
            continue
        typed = quoted("t_" + column.name)
        filled = f"coalesce({typed}, {literal(column.default)})" if column.default else typed
        parts.append(f"{filled} AS {quoted(column.name)}")
    parts += [
        f"{literal(column.default)} AS {quoted(column.name)}"
        for column in table
        if column.default and column.name not in names
    ]
    own = [f"CAST({quoted('t_' + name)} AS TIMESTAMP)" for name in table.own_date if name in names]
    known = ['"t_recorded_at"'] if "recorded_at" in names else []
    parts.append(f"coalesce({', '.join([*known, *own, f'TIMESTAMP {literal(recorded_default)}'])}) AS recorded_at")
    return ", ".join(parts)


def _attributes(names: list[str]) -> str:
    """SQL of the attributes as a JSON object with sorted keys; numbers and booleans keep their type."""
    if not names:
        return "CAST(NULL AS VARCHAR)"
    number = "-?(0|[1-9]\\d{0,17})(\\.\\d+)?([eE][+-]?\\d{1,2})?"
    pairs = []
    for name in names:
        text, key = quoted(name), literal(f'"{name.removeprefix(ATTRIBUTE_PREFIX)}": ')
        pairs.append(
            f"CASE WHEN {text} IS NULL THEN NULL "
            f"WHEN regexp_full_match({text}, '{number}') THEN {key} || {text} "
            f"WHEN lower({text}) IN ('true', 'false') THEN {key} || lower({text}) "
            f"ELSE {key} || CAST(to_json({text}) AS VARCHAR) END"
        )
    joined = f"concat_ws(', ', {', '.join(pairs)})"
    return f"CASE WHEN {joined} = '' THEN NULL ELSE '{{' || {joined} || '}}' END"


def _rounded(present: list[Column]) -> str:
    """SQL of how many amounts of a row had more than four decimals."""
    money = [quoted(column.name) for column in present if column.kind is Kind.MONEY]
    tests = [f"CAST(regexp_matches({text}, '\\.\\d{{4}}\\d*[1-9]') AS INTEGER)" for text in money]
    return " + ".join(f"coalesce({test}, 0)" for test in tests) or "0"
