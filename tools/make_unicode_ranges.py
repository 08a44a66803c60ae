#!/usr/bin/env python3
"""Writes src/dockerfile/internal/unicode_ranges.h from Python's Unicode data.

Code points that are not assigned may fall inside a range: that keeps the table short.
"""
import pathlib
import unicodedata


def ranges(wanted):
    found, first, last = [], None, None
    for code in range(0x80, 0x110000):
        category = unicodedata.category(chr(code))
        if wanted(category):
            first = code if first is None else first
            last = code
        elif first is not None and category != "Cn":
            found.append((first, last))
            first = None
    return found


def table(name, rows):
    lines = [f"inline constexpr RuneRange {name}[] = {{"]
    line = "   "
    for first, last in rows:
        entry = f" {{0x{first:X}, 0x{last:X}}},"
        if len(line) + len(entry) > 100:
            lines.append(line)
            line = "   "
        line += entry
    return lines + [line, "};"]


text = [
    "// Letters (L*) and decimal digits (Nd) of Unicode beyond ASCII.",
    f"// Written by tools/make_unicode_ranges.py from Unicode {unicodedata.unidata_version}.",
    "#pragma once",
    "",
    "namespace slipway::dockerfile::internal {",
    "",
    "/// `last` is included.",
    "struct RuneRange {",
    "    char32_t first;",
    "    char32_t last;",
    "};",
    "",
    "// clang-format off",
    *table("kLetters", ranges(lambda category: category[0] == "L")),
    *table("kDigits", ranges(lambda category: category == "Nd")),
    "// clang-format on",
    "",
    "}  // namespace slipway::dockerfile::internal",
    "",
]
root = pathlib.Path(__file__).resolve().parent.parent
(root / "src/dockerfile/internal/unicode_ranges.h").write_text("\n".join(text))
