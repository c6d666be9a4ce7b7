"""Small charts as inline SVG: no script, no network, colours from the page's style so that light and dark both read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

Point = tuple[float, float]
WIDTH, HEIGHT = 440, 320
LEFT, RIGHT, TOP, BOTTOM = 58, 24, 34, 46
CHAR = 7.0
"""Width of a letter in the legend, in pixels; a Chinese one is twice that."""


def percent(value: float) -> str:
    """0.25 as 25%; small shares keep a digit."""
    return f"{value:.0%}" if value == 0 or abs(value) >= 0.0995 else f"{value:.1%}"


def number(value: float) -> str:
    """Three significant digits."""
    return f"{value:.3g}"


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from low to high, at most `most`; low alone where the range is empty."""
    if not high > low:
        return [low]
    raw = (high - low) / max(1, most - 1)
    size = 10.0 ** int(f"{raw:e}".split("e")[1])
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * (1 - 1e-9))
    first = -(-low // step)
    found = [round((first + i) * step, 12) for i in range(most + 1)]
    return [value for value in found if low - 1e-12 <= value <= high + 1e-12]


@dataclass
class Chart:
    """One pair of axes; add series, then `render`.

    Attributes:
        title: read by screen readers, shown above.
        x_label, y_label: under and beside the axes.
        x_range, y_range: (low, high).
        x_format, y_format: number -> text of a tick.
    """

    title: str
    x_label: str
    y_label: str
    x_range: Point = (0.0, 1.0)
    y_range: Point = (0.0, 1.0)
    x_format: Callable[[float], str] = percent
    y_format: Callable[[float], str] = percent
    _marks: list[str] = field(default_factory=list)
    _legend: list[tuple[str, str]] = field(default_factory=list)

    def x(self, value: float) -> float:
        """Pixel of a value, kept inside the frame."""
        low, high = self.x_range
        share = (value - low) / (high - low) if high > low else 0.5
        return LEFT + min(max(share, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Pixel of a value, kept inside the frame."""
        low, high = self.y_range
        share = (value - low) / (high - low) if high > low else 0.5
        return HEIGHT - BOTTOM - min(max(share, 0.0), 1.0) * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Sequence[Sequence[float]], name: str = "", style: str = "s0") -> "Chart":
        """A line through points; `style` is a class of the page: s0, s1, s2 or faint."""
        path = " ".join(f"{self.x(a):.1f},{self.y(b):.1f}" for a, b in points)
        self._marks.append(f'<polyline class="line {style}" points="{path}"/>')
        return self._named(name, style)

    def dots(
        self,
        points: Sequence[Sequence[float]],
        name: str = "",
        style: str = "s0",
        intervals: Sequence[Sequence[float]] = (),
    ) -> "Chart":
        """Points, with vertical intervals where given."""
        for (a, _), (low, high) in zip(points, intervals, strict=False):
            self._marks.append(
                f'<line class="line {style} thin" x1="{self.x(a):.1f}" x2="{self.x(a):.1f}" '
                f'y1="{self.y(low):.1f}" y2="{self.y(high):.1f}"/>'
            )
        for a, b in points:
            self._marks.append(f'<circle class="dot {style}" cx="{self.x(a):.1f}" cy="{self.y(b):.1f}" r="4"/>')
        return self._named(name, style)

    def upright(self, value: float, name: str = "", style: str = "faint") -> "Chart":
        """A vertical rule at a value."""
        self._marks.append(
            f'<line class="line {style}" x1="{self.x(value):.1f}" x2="{self.x(value):.1f}" '
            f'y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        )
        return self._named(name, style)

    def level(self, value: float, style: str = "faint") -> "Chart":
        """A horizontal rule at a value."""
        return self.line([(self.x_range[0], value), (self.x_range[1], value)], "", style)

    def _named(self, name: str, style: str) -> "Chart":
        if name:
            self._legend.append((name, style))
        return self

    def render(self) -> Markup:
        """The chart as an <svg> element."""
        parts = [
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self.title)}">',
            f"<title>{escape(self.title)}</title>",
            *self._axes(),
            *self._marks,
            *self._names(),
            "</svg>",
        ]
        return Markup("".join(parts))  # every text in it is escaped

    def _axes(self) -> list[str]:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        made = []
        for value in ticks(*self.x_range):
            at = self.x(value)
            made.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{bottom}"/>')
            text = escape(self.x_format(value))
            made.append(f'<text class="tick" x="{at:.1f}" y="{bottom + 15}" text-anchor="middle">{text}</text>')
        for value in ticks(*self.y_range):
            at = self.y(value)
            made.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
            text = escape(self.y_format(value))
            made.append(f'<text class="tick" x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{text}</text>')
        middle_x, middle_y = (LEFT + right) / 2, (TOP + bottom) / 2
        made.append(
            f'<text class="axis" x="{middle_x:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{escape(self.x_label)}</text>'
        )
        made.append(
            f'<text class="axis" transform="translate(13 {middle_y:.0f}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y_label)}</text>"
        )
        return made

    def _names(self) -> list[str]:
        made, at = [], float(LEFT)
        for name, style in self._legend:
            made.append(f'<line class="line {style}" x1="{at:.0f}" x2="{at + 20:.0f}" y1="16" y2="16"/>')
            made.append(f'<text class="tick" x="{at + 25:.0f}" y="20">{escape(name)}</text>')
            at += 42 + sum(CHAR * (2 if ord(letter) > 0x2E80 else 1) for letter in name)
        return made
