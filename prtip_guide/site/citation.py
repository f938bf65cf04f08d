"""A number with where it is from, as an element of a sentence; the foot of the page lists them all."""

import xml.etree.ElementTree as etree

from markdown.util import AtomicString

SOURCE = "source"
SIGN = "†"


def cite(class_name: str, number: str, words: str, address: str, stale: bool = False) -> etree.Element:
    """``number`` with a link to ``address``, which holds what it was measured by; ``words`` say so."""
    span = etree.Element("span", {"class": f"{class_name} {class_name}--stale" if stale else class_name})
    span.text = AtomicString(number)
    # The style sheet shows the words on hover and on focus.
    link = etree.SubElement(span, "a", {"class": SOURCE, "href": address, "data-source": words, "aria-label": words})
    # Else the search takes the sign and its number for the end of the word before them.
    link.set("data-search-exclude", "")
    link.text = AtomicString(SIGN)
    return span


def with_unit(number: str, unit: str) -> str:
    """Number and unit, which no line break parts."""
    return f"{number}\N{NO-BREAK SPACE}{unit}" if unit else number
