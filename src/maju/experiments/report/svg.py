"""What matplotlib writes as SVG, made small for a file and safe within a page."""

from __future__ import annotations

import re
from html import escape

__all__ = ["compact", "within_page"]

REFERENCE = re.compile(r'(href="#|url\(#)([^")]+)')
ID = re.compile(r' id="([^"]+)"')


def compact(svg: str) -> str:
    """The same picture without comments, names of groups and line breaks, to a hundredth of a point."""
    svg = re.sub(r"<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    used = {match[2] for match in REFERENCE.finditer(svg)}
    svg = ID.sub(lambda match: match[0] if match[1] in used else "", svg)
    svg = re.sub(r"<[^>]*>", lambda match: _compact_tag(match[0]), svg)
    svg = re.sub(r">\s+<", "><", svg)
    return re.sub(r"<g></g>", "", svg) + "\n"


def within_page(svg: str, name: str, text: str) -> str:
    """The picture as an element of an HTML page that holds others.

    Args:
        name: what tells its ids from those of the others.
        text: what it shows, for who cannot see it.
    """
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # a style in a page reaches every picture
    svg = ID.sub(rf' id="{name}-\1"', svg)
    svg = REFERENCE.sub(rf"\1{name}-\2", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(text)}"', 1)


def _compact_tag(tag: str) -> str:
    tag = re.sub(r' transform="rotate\(-?0 [^"]*"', "", tag)
    tag = re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}", tag)
    return re.sub(r"\s+", " ", tag).replace(' "', '"')
