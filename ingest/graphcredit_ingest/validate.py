"""From text to typed rows, column by column in SQL; a row with a fault is set apart with the first fault found."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from graphcredit.model.money import CURRENCIES
from graphcredit.model.tables import ALWAYS_KNOWN, ATTRIBUTE_PREFIX, Column, Kind, Table
from graphcredit_ingest.faults import MAX_KEY, MAX_TEXT, PAIR_RULES
from graphcredit_ingest.mapping import ColumnRule, literal, quoted

ROW_NAME = "__row number__"
ROW = quoted(ROW_NAME)
"""SQL name of the column that holds each row's number; no file's column is called so."""

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_MONEY = "DECIMAL(24, 4)"
_WIDE = "DECIMAL(38, 8)"


@dataclass(frozen=True)
class Checked:
    """A file's rows for one table: `good` typed, with `_row`, `_rounded` and `_defaulted`; `bad` with row, column,
    code, value."""

    good: pa.Table
    bad: pa.Table


@dataclass(frozen=True)
class Plan:
    """What to take from a relation: canonical column or attribute -> SQL of its text, and how to read it.

    `known_at` overrides the facts' own dates where a row has no `recorded_at`.
    """

    table: Table
    texts: Mapping[str, str]
    rules: Mapping[str, ColumnRule]
    where: str = ""
    distinct: bool = False
    known_at: str | None = None
    no_nul: bool = False  # the relation holds no NUL character
    longest: int | None = None  # bytes of its longest cell, where known

    @property
    def present(self) -> list[Column]:
        """The table's columns that are taken."""
        return [column for column in self.table if column.name in self.texts]

    @property
    def attributes(self) -> list[str]:
        """The further columns, sorted."""
        return sorted(name for name in self.texts if name.startswith(ATTRIBUTE_PREFIX))


def check(connection: duckdb.DuckDBPyConnection, plan: Plan, rows: pa.Table) -> Checked:
    """Validate and type `rows`, text columns and ROW with each row's number.

    Faulty rows are few: their texts are looked up in a second pass over them alone.
    """
    plan = replace(plan, longest=_longest(rows))
    good = _run(connection, plan, rows, f"{_final(plan)}, _row, {_rounded(plan)} AS _rounded, _fault")
    faulty = good.filter(good["_fault"].is_valid())
    if faulty.num_rows:
        good = good.filter(good["_fault"].is_null())
        rows = rows.filter(pc.is_in(rows[ROW_NAME], value_set=faulty["_row"].combine_chunks()))
    else:
        rows = rows.slice(0, 0)
    names = [*(column.name for column in plan.present), *plan.attributes]
    values = " ".join(f"WHEN {literal(name)} THEN {quoted(name)}" for name in names) or "WHEN '' THEN NULL"
    column = "substr(_fault, strpos(_fault, ':') + 1)"
    bad = _run(
        connection,
        plan,
        rows,
        f"_row, {column} AS col, split_part(_fault, ':', 1) AS code, CASE {column} {values} END AS value",
    )
    return Checked(good.drop_columns(["_fault"]), bad)


def _longest(rows: pa.Table) -> int:
    """Bytes of the longest text."""
    texts = [column for column in rows.columns if pa.types.is_string(column.type)]
    return max((pc.max(pc.binary_length(column)).as_py() or 0 for column in texts), default=0)


def _run(connection: duckdb.DuckDBPyConnection, plan: Plan, rows: pa.Table, wanted: str) -> pa.Table:
    """Select `wanted` from the rows as mapped, typed and judged."""
    names = [*(column.name for column in plan.present), *plan.attributes]
    row, group = (f"min({ROW})", " GROUP BY ALL") if plan.distinct else (ROW, "")
    mapped = ", ".join([*(f"{plan.texts[name]} AS {quoted(name)}" for name in names), f"{row} AS _row"])
    where = f" WHERE {plan.where}" if plan.where else ""
    typed = "".join(
        f", {_typed(column, plan.rules.get(column.name))} AS {quoted('t_' + column.name)}" for column in plan.present
    )
    order = " ORDER BY _row" if plan.distinct else ""  # otherwise the order of the file is kept
    connection.register("raw_rows", rows)
    try:
        return connection.sql(
            f"WITH mapped AS (SELECT {mapped} FROM raw_rows{where}{group}), "
            f"typed AS (SELECT *{typed} FROM mapped), "
            f"judged AS (SELECT *, {_fault(plan)} AS _fault FROM typed) SELECT {wanted} FROM judged{order}"
        ).to_arrow_table()
    finally:
        connection.unregister("raw_rows")


def _typed(column: Column, rule: ColumnRule | None) -> str:
    """SQL of a column's typed value; NULL where the text cannot be read."""
    text = quoted(column.name)
    match column.kind:
        case Kind.DATE:
            return _date(text, rule.date if rule else None)
        case Kind.TIMESTAMP if rule and rule.date and rule.date.startswith("epoch_ms"):
            return _moment(text, "+00:00")
        case Kind.TIMESTAMP:
            zoned = f"regexp_matches({text}, '[+-]\\d\\d:?\\d\\d$|Z$')"
            return (
                f"CASE WHEN {zoned} THEN CAST(TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP) ELSE "
                f"coalesce(TRY_CAST({text} AS TIMESTAMP), CAST({_date(text, None)} AS TIMESTAMP)) END"
            )
        case Kind.MONEY:
            return _money(text, rule)
        case Kind.NUMBER:
            share = f"TRY_CAST(left({text}, length({text}) - 1) AS DOUBLE) / 100"
            number = f"CASE WHEN ends_with({text}, '%') THEN {share} ELSE TRY_CAST({text} AS DOUBLE) END"
            factor = f" * {rule.factor}" if rule and rule.factor else ""
            return f"CASE WHEN NOT contains({text}, '_') THEN ({number}){factor} END"
        case Kind.INTEGER:
            whole = f"regexp_full_match({text}, '[+-]?\\d+(\\.0+)?')"
            return f"CASE WHEN {whole} THEN TRY_CAST(split_part({text}, '.', 1) AS BIGINT) END"
        case Kind.TEXT if column.choices and not column.open_choices:
            return f"lower({text})"
        case _:
            return text


def _date(text: str, form: str | None) -> str:
    """SQL that reads a date in one form, or in any that is unambiguous."""
    if form == "excel":
        days = f"TRY_CAST(split_part({text}, '.', 1) AS INTEGER)"
        return f"CASE WHEN {days} BETWEEN 61 AND 200000 THEN DATE '1899-12-30' + {days} END"
    if form and form.startswith("epoch_ms"):
        return f"CAST({_moment(text, form.removeprefix('epoch_ms') or '+00:00')} AS DATE)"
    if form:
        return f"CAST(try_strptime({text}, {literal(form)}) AS DATE)"
    formats = ", ".join(map(literal, _DATES))
    return (
        f"CASE WHEN ascii({text}) BETWEEN 48 AND 57 THEN "
        f"coalesce(TRY_CAST({text} AS DATE), CAST(try_strptime({text}, [{formats}]) AS DATE)) END"
    )


def _moment(text: str, zone: str) -> str:
    """SQL that reads milliseconds since 1970 as a moment in a zone such as +08:00."""
    minutes = (int(zone[1:3]) * 60 + int(zone[4:])) * (-1 if zone.startswith("-") else 1)
    digits = f"CASE WHEN regexp_full_match({text}, '-?\\d{{1,15}}') THEN CAST({text} AS BIGINT) END"
    return f"make_timestamp(({digits} + {minutes * 60_000}) * 1000)"


def _money(text: str, rule: ColumnRule | None) -> str:
    """SQL that reads an exact amount; digits beyond the fourth decimal are rounded half to even."""
    if wide := _wide_amount(text, rule):
        return f"TRY_CAST(round_even({wide}, 4) AS {_MONEY})"
    tie = f"regexp_full_match({text}, '[+-]?\\d*\\.\\d{{3}}[02468]50*')"
    down = f"left({text}, strpos({text}, '.') + 4)"
    decimals = f"length({text}) - strpos({text}, '.')"
    nearest = f"CASE WHEN {decimals} > 4 AND contains({text}, '.') AND {tie} THEN {down} ELSE {_digits(text)} END"
    return f"TRY_CAST({nearest} AS {_MONEY})"


def _wide_amount(text: str, rule: ColumnRule | None) -> str:
    """SQL of an amount that a mapping reformats or multiplies, not rounded yet; empty where it does neither."""
    if rule is None or (rule.numbers == "plain" and not rule.factor):
        return ""
    amount = _formatted(text) if rule.numbers == "formatted" else f"TRY_CAST({_digits(text)} AS {_WIDE})"
    return f"TRY({amount} * {rule.factor})" if rule.factor else amount


def _digits(text: str) -> str:
    """SQL of a text where it is digits alone: exponents (digits lost in a spreadsheet) and underscores are not."""
    return f"CASE WHEN NOT (contains({text}, 'e') OR contains({text}, 'E') OR contains({text}, '_')) THEN {text} END"


def _formatted(text: str) -> str:
    """SQL that reads amounts with thousands separators, currency signs, (negatives) and the units 千, 万 and 亿."""
    wide = f"translate({text}, '０１２３４５６７８９，．－（）＋', '0123456789,.-()+')"
    sign = f"(CASE WHEN regexp_full_match({wide}, '\\(.*\\)') THEN -1 ELSE 1 END)"
    inner = f"regexp_replace({wide}, '^\\((.*)\\)$', '\\1')"
    bare = f"regexp_replace({inner}, '^(-?)(CNY|RMB|[¥￥$€£])\\s*|\\s*元$', '\\1', 'g')"
    unit = f"(CASE right({bare}, 1) WHEN '千' THEN 1000 WHEN '万' THEN 10000 WHEN '亿' THEN 100000000 ELSE 1 END)"
    digits = f"regexp_replace({bare}, '\\s*[千万亿]$', '')"
    grouped = f"regexp_full_match({digits}, '-?\\d{{1,3}}(,\\d{{3}})+(\\.\\d+)?')"
    number = f"(CASE WHEN {grouped} THEN replace({digits}, ',', '') ELSE {digits} END)"
    return f"TRY(TRY_CAST({_digits(number)} AS {_WIDE}) * {unit} * {sign})"


def _fault(plan: Plan) -> str:
    """SQL of a row's first fault as "code:column", or NULL."""
    table, present = plan.table, plan.present
    names = {column.name for column in present}
    tests = [("true", name, "required") for name in table.required if name not in names]
    for column in present:
        tests += [(test, column.name, code) for test, code in _tests(plan, column)]
    for name in plan.attributes:
        tests += [(test, name, code) for test, code in _text_tests(plan, name, MAX_TEXT)]
    for a, b, _, _ in PAIR_RULES.get(table.name, ()):
        if {a, b} <= names:
            tests.append((f"{quoted('t_' + a)} = {quoted('t_' + b)}", a, "pair"))
    if table.begins in names and table.ends in names:
        tests.append((f"{quoted(f't_{table.ends}')} < {quoted(f't_{table.begins}')}", str(table.ends), "order"))
    if not tests:
        return "CAST(NULL AS VARCHAR)"
    return "CASE " + " ".join(f"WHEN {test} THEN {literal(f'{code}:{name}')}" for test, name, code in tests) + " END"


def _text_tests(plan: Plan, name: str, longest: int) -> list[tuple[str, str]]:
    """Tests that every text has to pass, without those that no cell of the file can fail."""
    text, tests = quoted(name), []
    rule = plan.rules.get(name)
    as_read = rule is None or rule.template is None
    if plan.longest is None or plan.longest > longest or not as_read:
        tests.append((f"strlen({text}) > {longest} AND length({text}) > {longest}", "long"))
    if not plan.no_nul:
        tests.append((f"contains({text}, chr(0))", "nul"))
    return tests


def _tests(plan: Plan, column: Column) -> list[tuple[str, str]]:
    """Conditions under which a column's value is at fault, with their codes."""
    text, typed = quoted(column.name), quoted("t_" + column.name)
    longest = MAX_KEY if column.name in plan.table.key or column.party else MAX_TEXT
    tests = _text_tests(plan, column.name, longest)
    if column.required:
        tests.append((f"{text} IS NULL", "required"))
    match column.kind:
        case Kind.DATE | Kind.TIMESTAMP:
            tests.append((f"{text} IS NOT NULL AND coalesce(year({typed}), 0) NOT BETWEEN 1600 AND 2300", "date"))
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
    if column.name == "currency":
        tests.append((f"{text} NOT IN ({', '.join(map(literal, sorted(CURRENCIES)))})", "currency"))
    return tests


def _final(plan: Plan) -> str:
    """SQL of the typed columns, defaults filled in, recorded_at never null, attributes as JSON."""
    names = {column.name for column in plan.present}
    parts = []
    for column in plan.present:
        if column.name == "recorded_at":
            continue
        typed = quoted("t_" + column.name)
        filled = f"coalesce({typed}, {literal(column.default)})" if column.default else typed
        parts.append(f"{filled} AS {quoted(column.name)}")
    parts += [
        f"{literal(column.default)} AS {quoted(column.name)}"
        for column in plan.table
        if column.default and column.name not in names
    ]
    own = [f"CAST({quoted('t_' + name)} AS TIMESTAMP)" for name in plan.table.own_date if name in names]
    known = ['"t_recorded_at"'] if "recorded_at" in names else []
    otherwise = [f"TIMESTAMP {literal(plan.known_at)}"] if plan.known_at else [*own, f"TIMESTAMP '{ALWAYS_KNOWN}'"]
    parts.append(f"coalesce({', '.join([*known, *otherwise])}) AS recorded_at")
    parts.append(f"{_attributes(plan.attributes)} AS attributes")
    parts.append(f"{known[0] + ' IS NULL' if known else 'true'} AS _defaulted")
    return ", ".join(parts)


def _attributes(names: list[str]) -> str:
    """SQL of the attributes as a JSON object with sorted keys; numbers and booleans keep their type."""
    if not names:
        return "CAST(NULL AS VARCHAR)"
    number = "-?(0|[1-9]\\d{0,17})(\\.\\d+)?([eE][+-]?\\d{1,2})?"
    pairs = []
    for name in names:
        text, key = quoted(name), literal(json.dumps(name.removeprefix(ATTRIBUTE_PREFIX), ensure_ascii=False) + ": ")
        pairs.append(
            f"CASE WHEN {text} IS NULL THEN NULL "
            f"WHEN regexp_full_match({text}, '{number}') THEN {key} || {text} "
            f"WHEN lower({text}) IN ('true', 'false') THEN {key} || lower({text}) "
            f"ELSE {key} || CAST(to_json({text}) AS VARCHAR) END"
        )
    joined = f"concat_ws(', ', {', '.join(pairs)})"
    return f"CASE WHEN {joined} = '' THEN NULL ELSE '{{' || {joined} || '}}' END"


def _rounded(plan: Plan) -> str:
    """SQL of how many amounts of a row had more than four decimals."""
    tests = []
    for column in plan.present:
        if column.kind is Kind.MONEY:
            text, rule = quoted(column.name), plan.rules.get(column.name)
            lost = f"regexp_matches({text}, '\\.\\d{{4}}\\d*[1-9]')"
            if wide := _wide_amount(text, rule):
                lost = f"({wide} <> {quoted('t_' + column.name)})"
            else:
                lost = f"(length({text}) - strpos({text}, '.') > 4 AND {lost})"
            tests.append(f"coalesce(CAST({lost} AS INTEGER), 0)")
    return " + ".join(tests) or "0"
