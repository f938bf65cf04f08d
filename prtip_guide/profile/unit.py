"""Quantities as people read them."""

from prtip_guide.profile.interval import share_interval


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
    """``1.2 s``, ``35.1 ms`` or ``7 µs``."""
    if abs(seconds) >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if abs(seconds) >= 1e-3 else f"{seconds * 1e6:.0f} µs"


def quantity_text(value: float, unit: str) -> str:
    """A figure's value with its unit."""
    if unit == "s":
        return seconds_text(value)
    return bytes_text(value) if unit == "B" else f"{value:,.0f}"


def share_text(part: int, whole: int) -> str:
    """``12.3 % (10.5–14.3)``: the share, and its 95 % confidence interval."""
    low, high = share_interval(part, whole)
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f} % ({100 * low:.1f}–{100 * high:.1f})"
