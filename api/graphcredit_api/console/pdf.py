"""A small PDF writer for text and tables in English and Chinese: pure Python, nothing embedded, nothing fetched.

Latin text is set in Helvetica, everything else in STSong-Light with Adobe's predefined encoding UniGB-UCS2-H (PDF 1.7,
9.7.5.2), which every reader shows with a Chinese font of its own. Text can be searched and copied.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT, MARGIN = 595.28, 841.89, 48.0
"""A4 in points."""
CELL = 8.5
"""Size of a table's text."""
INK, SOFT = "0.11 0.15 0.2", "0.32 0.38 0.43"
MISSING = "\u3013"
_HELVETICA = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, *[556] * 10, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
    667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
]  # fmt: skip
"""Widths of U+0020..U+007E in thousandths, from Adobe's metrics of Helvetica."""

_SIGNS = {"·": (0xB7, 278), "–": (0x96, 556), "×": (0xD7, 584), "±": (0xB1, 584)}
"""Signs that Helvetica has and many Chinese fonts lack: code in WinAnsiEncoding, width in thousandths."""


def _latin(char: str) -> bool:
    return " " <= char <= "~" or char in _SIGNS


def _width(char: str) -> int:
    if char in _SIGNS:
        return _SIGNS[char][1]
    return _HELVETICA[ord(char) - 32] if " " <= char <= "~" else 1000


def text_width(text: str, size: float) -> float:
    """Width of a text in points."""
    return sum(map(_width, text)) * size / 1000


def clean(text: object) -> str:
    """A text that the fonts can show: one line, no control characters, nothing beyond the basic plane."""
    out = []
    for char in str(text):
        code = ord(char)
        if char in "\t\r\n" or char.isspace():
            out.append(" ")
        elif code < 32 or 127 <= code < 160 or 0xD800 <= code <= 0xDFFF or 0xFFFE <= code <= 0xFFFF:
            continue
        else:
            out.append(char if code < 0x10000 else MISSING)
    return "".join(out)


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines of at most `width` points; Latin words stay whole where they fit, Chinese breaks anywhere."""
    lines, line = [], ""
    for piece in _pieces(text):
        if text_width(line + piece.rstrip(), size) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
            line = ""
        for char in piece.lstrip():
            if text_width(line + char, size) > width:
                lines.append(line)
                line = ""
            line += char
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> list[str]:
    """Latin words with the space after them, and every other character by itself."""
    made, word = [], ""
    for char in text:
        if _latin(char) and char != " ":
            word += char
        elif char == " ":
            made.append(word + " ")
            word = ""
        else:
            made += [word, char] if word else [char]
            word = ""
    return [*made, word] if word else made


def _show(text: str) -> str:
    """Operators that show a text, run by run."""
    out, run, latin = [], "", True
    for char in [*text, ""]:
        if char and (not run or _latin(char) == latin):
            run, latin = run + char, _latin(char)
            continue
        if run:
            codes = bytes(_SIGNS[each][0] if each in _SIGNS else ord(each) for each in run) if latin else b""
            hexed = codes.hex() if latin else run.encode("utf-16-be").hex()
            out.append((f"/F{1 if latin else 2}", hexed))
        run, latin = char, bool(char) and _latin(char)
    return "\n".join(f"{name} SIZE Tf <{hexed}> Tj" for name, hexed in out)


@dataclass
class Pdf:
    """Pages filled from top to bottom."""

    title: str
    footer: str
    pages: list[list[str]] = field(default_factory=list)
    y: float = 0.0

    def _room(self, height: float) -> None:
        if not self.pages or self.y - height < MARGIN + 14:
            self.pages.append([])
            self.y = HEIGHT - MARGIN

    def _put(self, x: float, y: float, text: str, size: float, colour: str = INK) -> None:
        self.pages[-1].append(f"BT {colour} rg {x:.2f} {y:.2f} Td {_show(text).replace('SIZE', f'{size:g}')} ET")

    def _line(self, y: float, *, weight: float = 0.4, colour: str = "0.83 0.87 0.9") -> None:
        self.pages[-1].append(f"{colour} RG {weight} w {MARGIN} {y:.2f} m {WIDTH - MARGIN:.2f} {y:.2f} l S")

    def text(
        self, text: object, *, size: float = 9.5, colour: str = INK, gap: float = 2.0, indent: float = 0.0
    ) -> None:
        """A paragraph."""
        for line in wrap(clean(text), size, WIDTH - 2 * MARGIN - indent):
            self._room(size * 1.4)
            self.y -= size * 1.4
            self._put(MARGIN + indent, self.y, line, size, colour)
        self.y -= gap

    def heading(self, text: str) -> None:
        """A section's name, kept with what follows it."""
        self._room(56)
        self.y -= 10
        self.text(text, size=12, gap=0)
        self.y -= 4
        self._line(self.y, weight=1.2, colour="0.04 0.36 0.68")
        self.y -= 3

    def table(
        self, rows: Sequence[Sequence[object]], shares: Sequence[float], *, head: bool = True, right: Sequence[int] = ()
    ) -> None:
        """A table; `shares` of the width by column, `right` = columns set to the right; each page repeats the head."""
        whole = WIDTH - 2 * MARGIN
        widths = [share / sum(shares) * whole for share in shares]
        laid = [[wrap(clean(v), CELL, width - 6) for v, width in zip(row, widths, strict=True)] for row in rows]
        heights = [max(map(len, cells)) * CELL * 1.35 + 4 for cells in laid]
        for number, cells in enumerate(laid):
            before = len(self.pages)
            self._room(min(heights[number], HEIGHT - 2 * MARGIN - 20))
            if head and number and len(self.pages) > before:
                self._row(laid[0], widths, heights[0], right, SOFT)
            self._row(cells, widths, heights[number], right, SOFT if head and number == 0 else INK)

    def _row(
        self, cells: Sequence[list[str]], widths: Sequence[float], height: float, right: Sequence[int], colour: str
    ) -> None:
        x = MARGIN
        for column, (lines, width) in enumerate(zip(cells, widths, strict=True)):
            for k, line in enumerate(lines):
                shift = width - 4 - text_width(line, CELL) if column in right else 2
                self._put(x + shift, self.y - (k + 1) * CELL * 1.35, line, CELL, colour)
            x += width
        self.y -= height
        self._line(self.y)

    def render(self) -> bytes:
        """The file."""
        objects: list[bytes] = [b"", b""]
        objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
        objects.append(b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H "
                       b"/DescendantFonts [5 0 R] >>")  # fmt: skip
        objects.append(b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) "
                       b"/Ordering (GB1) /Supplement 4 >> /DW 1000 /FontDescriptor 6 0 R >>")  # fmt: skip
        objects.append(b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] "
                       b"/ItalicAngle 0 /Ascent 752 /Descent -271 /CapHeight 737 /StemV 58 >>")  # fmt: skip
        title = self.title.encode("utf-16-be").hex()
        objects.append(f"<< /Title <feff{title}> /Producer (graphcredit) >>".encode("ascii"))
        kids = []
        for number, operators in enumerate(self.pages, 1):
            shown = _show(clean(f"{self.footer} · {number}/{len(self.pages)}")).replace("SIZE", "8")
            foot = f"BT {SOFT} rg {MARGIN} 30 Td {shown} ET"
            stream = zlib.compress("\n".join([*operators, foot]).encode("ascii"), 9)
            objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream))
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {len(objects)} 0 R "
                "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode("ascii")
            )
            kids.append(f"{len(objects)} 0 R")
        objects[0] = b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>"
        objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode("ascii")
        return _assemble(objects)


def _assemble(objects: Sequence[bytes]) -> bytes:
    """Objects 1..n with their cross-reference table; 1 is the catalogue, 7 the information."""
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    begin = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, begin)
    return bytes(out)
