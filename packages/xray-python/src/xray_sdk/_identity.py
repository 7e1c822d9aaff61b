from __future__ import annotations

import os

_UUID_BYTES = 10


def uuid_v7(epoch_ms: float) -> str:
    """A UUID of version 7 (RFC 9562, 5.7). Ids sort by the time of their creation."""
    rest = int.from_bytes(os.urandom(_UUID_BYTES), "big")
    time = max(0, int(epoch_ms)) & 0xFFFFFFFFFFFF
    number = time << 80 | 0x7 << 76 | (rest >> 64 & 0xFFF) << 64 | 0b10 << 62
    number |= rest & 0x3FFFFFFFFFFFFFFF
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def span_id() -> str:
    """16 hex digits that are not all zero, as W3C trace context requires."""
    number = int.from_bytes(os.urandom(8), "big") or 1
    return f"{number:016x}"
