"""Quantities as people read them: bytes, seconds, counts."""


def bytes_text(count: float) -> str:
    """``1.4 MiB``; bytes below 10 KiB are given one by one."""
    if abs(count) < 10 * 1024:
        return f"{count:,.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if abs(count) < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:.1f} TiB"


def seconds_text(seconds: float) -> str:
    """``1.20 s``, ``35.1 ms`` or ``7 µs``."""
    if abs(seconds) >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if abs(seconds) >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def quantity_text(value: float, unit: str) -> str:
    """A value in the unit of a record: ``s``, ``B``, or empty for a count."""
    if unit == "s":
        return seconds_text(value)
    return bytes_text(value) if unit == "B" else f"{value:,.0f}"
