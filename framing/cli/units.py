"""Numbers as people read them at a glance, each in a width that does not change while it grows. Pure.

>>> [amount(0), amount(999), amount(12_345, "B/s"), amount(999_950)]
['    0 B ', '  999 B ', ' 12.3 kB/s', '  1.0 MB']
>>> [rate(0.5), rate(1234.5), rate(123_456), rate(23_456_789)]
['    0.5', '  1,234', '123,456', ' 23.5 M']
>>> [duration(3.21), duration(65), duration(43_509)]
['3.2 s', '1:05 min', '12:05:09 h']
"""

from __future__ import annotations

_PREFIXES = "kMGTPE"


def amount(size: float, unit: str = "B") -> str:
    """Bytes with a decimal prefix, seven characters and the unit: 1 kB is 1,000 bytes."""
    if size < 999.5:
        return f"{size:5.0f} {unit} "
    power = 1
    while size >= 999.95 * 1000**power and power < len(_PREFIXES):
        power += 1
    return f"{size / 1000**power:5.1f} {_PREFIXES[power - 1]}{unit}"


def rate(value: float) -> str:
    """Times a second, seven characters: one decimal below 1,000, then whole, from a million on in millions."""
    if value < 999.95:
        return f"{value:7.1f}"
    if value < 999_999.5:
        return f"{value:7,.0f}"
    return f"{value / 1e6:5.1f} M"


def duration(seconds: float) -> str:
    """Seconds with a decimal, from a minute on as a clock has it."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02} h"
