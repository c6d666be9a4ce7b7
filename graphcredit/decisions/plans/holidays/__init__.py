"""Holiday calendars from lists of days: those shipped by country, or a file of one's own.

One line a day or span: `2026-10-01`, `2026-10-01..2026-10-07`, `2026-10-10,work` (a weekend day made up for a holiday, 调休);
`#` begins a comment. Several, separated by commas, count together: `cn,ours.csv` adds a year to the shipped ones.
"""

from datetime import date, timedelta
from importlib import resources
from pathlib import Path

from graphcredit.decisions.plans.calendar import Calendar
from graphcredit.exc import InputError

SHIPPED = ("cn",)
LONGEST = 366


def load_calendar(source: str) -> Calendar:
    """The calendar of a country (`cn`), of a file, or of several of them, separated by commas.

    Raises:
        InputError: no such file, or a line that is no day or span; the message names the line.
    """
    parts = [part.strip() for part in source.split(",") if part.strip()]
    if len(parts) > 1:
        each = [load_calendar(part) for part in parts]
        holidays = frozenset[date]().union(*(one.holidays for one in each))
        working = frozenset[date]().union(*(one.working_weekends for one in each))
        return Calendar(holidays, working, name=", ".join(parts))
    source = parts[0] if parts else source
    if source.lower() in SHIPPED:
        file = resources.files("graphcredit.decisions.plans.holidays") / f"{source.lower()}.csv"
        return parse_calendar(file.read_text(encoding="utf-8"), name=source)
    try:
        text = Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"holidays {source!r} cannot be read: {error}",
            remedy=f"give a file of days, or one of {', '.join(SHIPPED)}",
        ) from None
    return parse_calendar(text, name=source)


def parse_calendar(text: str, *, name: str = "holidays") -> Calendar:
    """A calendar from lines.

    Raises:
        InputError: a line that is no day or span.
    """
    holidays, working = set[date](), set[date]()
    for number, line in enumerate(text.splitlines(), 1):
        content = line.split("#")[0].strip()
        if not content:
            continue
        span, _, what = (part.strip() for part in content.partition(","))
        if what not in ("", "work"):
            raise InputError(f"{name} line {number}: {what!r} says nothing", remedy="write `work` or nothing")
        (working if what else holidays).update(_days(span, f"{name} line {number}"))
    return Calendar(frozenset(holidays), frozenset(working), name=name)


def _days(span: str, where: str) -> list[date]:
    first, _, last = span.partition("..")
    try:
        begin = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if last else begin
    except ValueError:
        raise InputError(
            f"{where}: {span!r} is not a date", remedy="write 2026-10-01 or 2026-10-01..2026-10-07"
        ) from None
    if not 0 <= (end - begin).days < LONGEST:
        raise InputError(f"{where}: {span!r} is no span of days", remedy="the first day, .., the last day")
    return [begin + timedelta(days=k) for k in range((end - begin).days + 1)]
