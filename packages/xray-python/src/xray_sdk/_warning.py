from __future__ import annotations

import logging

LOGGER = logging.getLogger("xray_sdk")
_MAX_WARNINGS = 50
_warned: set[str] = set()


def warn_once(message: str) -> None:
    """Warns once per process and message. Never raises, even if a handler of the host does."""
    if message in _warned or len(_warned) >= _MAX_WARNINGS:
        return
    _warned.add(message)
    try:
        LOGGER.warning(message)
    except Exception:
        # The host's handler failed, and the SDK has no other place to warn.
        pass
