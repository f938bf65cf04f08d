"""Whether a program has the names that profilers show."""

import struct
from pathlib import Path

SYMBOLS, BITS_64, LITTLE = 2, 2, 1


def symbols(path: Path) -> str:
    """``names and lines``, ``names``, ``none`` for a stripped program, or empty where it is no 64-bit ELF file."""
    try:
        content = path.read_bytes()
        return _symbols(content)
    except (OSError, struct.error, IndexError):
        return ""


def _symbols(content: bytes) -> str:
    if content[:4] != b"\x7fELF" or content[4] != BITS_64 or content[5] != LITTLE:
        return ""
    (start,) = struct.unpack_from("<Q", content, 0x28)
    size, count, names_index = struct.unpack_from("<HHH", content, 0x3A)
    sections = [struct.unpack_from("<IIQQQQ", content, start + size * n) for n in range(count)]
    names_at = sections[names_index][4]
    names = {content[names_at + s[0] : content.index(b"\0", names_at + s[0])] for s in sections}
    if not any(section[1] == SYMBOLS for section in sections):
        return "none"
    return "names and lines" if b".debug_line" in names or b".zdebug_line" in names else "names"
