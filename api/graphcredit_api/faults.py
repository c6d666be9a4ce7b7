"""What is wrong with a field of a request, in the reader's language; English is as the validator words it."""

from collections.abc import Mapping
from typing import Any

NUMBER, DAY, MOMENT, WHOLE = "须为数值", "须为日期（如 2026-06-30）", "须为时间", "须为整数"
ZH: dict[str, str] = {
    "missing": "缺少该项",
    "date_from_datetime_parsing": DAY,
    "date_from_datetime_inexact": DAY,
    "date_parsing": DAY,
    "date_type": DAY,
    "datetime_parsing": MOMENT,
    "datetime_from_date_parsing": MOMENT,
    "datetime_type": MOMENT,
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_type": WHOLE,
    "int_from_float": WHOLE,
    "float_parsing": NUMBER,
    "float_type": NUMBER,
    "decimal_parsing": NUMBER,
    "decimal_type": NUMBER,
    "finite_number": "须为有限数值",
    "decimal_max_digits": "位数过多",
    "decimal_max_places": "小数位数过多",
    "decimal_whole_digits": "整数位数过多",
    "bool_parsing": "须为 true 或 false",
    "bool_type": "须为 true 或 false",
    "string_type": "须为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符（{pattern}）",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须不大于 {le}",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "literal_error": "须为 {expected}",
    "enum": "须为 {expected}",
    "list_type": "须为列表",
    "dict_type": "须为对象",
    "model_attributes_type": "须为对象",
    "mapping_type": "须为对象",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "json_invalid": "不是有效的 JSON",
    "extra_forbidden": "不允许该项",
}
"""By the validator's own code; `{name}` from its context."""


def what_is_wrong(fault: Mapping[str, Any], language: str) -> str:
    """One fault of a validation error (`type`, `msg`, `ctx`); in Chinese where its kind is known."""
    told = ZH.get(str(fault.get("type"))) if language == "zh" else None
    if told is None:
        return str(fault["msg"])
    context = {name: str(value).replace(" or ", " 或 ") for name, value in (fault.get("ctx") or {}).items()}
    try:
        return told.format_map(context)
    except KeyError:
        return str(fault["msg"])
