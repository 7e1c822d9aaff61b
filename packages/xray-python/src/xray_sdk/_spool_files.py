"""The files of a spool: one directory a process, with append-only segments."""

from __future__ import annotations

import os
import shutil
import zlib
from typing import NamedTuple

from ._queue import Queued

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment] # pyright: ignore

_SEGMENT_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_SUFFIX = ".python-spool"
_LOCK = "lock"
_ACKNOWLEDGED = "acknowledged"


class SpoolRecord(NamedTuple):
    order: int
    reported_drops: int
    execution_id: str
    body: bytes


def line_of(item: Queued) -> bytes:
    """`checksum order reported_drops execution_id json`. JSON text has no line break."""
    rest = f"{item.order} {item.reported_drops} {item.execution_id} ".encode() + item.body
    return b"%08x %s\n" % (zlib.crc32(rest), rest)


def _record_of(line: bytes) -> SpoolRecord | None:
    """None for a torn or damaged line."""
    checksum, _, rest = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(rest):
        return None
    parts = rest.split(b" ", 3)
    if len(parts) != 4:
        return None
    try:
        return SpoolRecord(int(parts[0]), int(parts[1]), parts[2].decode(), parts[3])
    except ValueError:
        return None


def create(root: str, instance_id: str) -> Segments:
    """A directory for this process. Its lock shows that the process lives."""
    final = os.path.join(root, f"{instance_id}{_SUFFIX}")
    begun = os.path.join(root, f".{instance_id}{_SUFFIX}")
    os.makedirs(begun, exist_ok=True)
    lock = _lock(begun)
    if lock is None:
        raise OSError("the directory is locked")
    os.rename(begun, final)
    return Segments(final, lock)


def adopt(root: str) -> list[Segments]:
    """Takes over the directories of ended processes, oldest first."""
    found: list[Segments] = []
    for name in sorted(os.listdir(root)):
        if name.startswith(".") or not name.endswith(_SUFFIX):
            continue
        directory = os.path.join(root, name)
        lock = _lock(directory)
        if lock is None:
            continue
        segments = Segments(directory, lock)
        if segments.open():
            found.append(segments)
        else:
            segments.release()
    return found


def _lock(directory: str) -> int | None:
    """The system releases the lock when the process ends. None if another process holds it."""
    try:
        descriptor = os.open(os.path.join(directory, _LOCK), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif os.fstat(descriptor).st_size > 0:
            # Windows refuses to open a file that a living process holds exclusively.
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # pyright: ignore
        return descriptor
    except OSError:
        os.close(descriptor)
        return None


class Segments:
    """`<n>.spool` are append-only files, read from the front.

    `acknowledged` holds the delivered position: a segment's number and an offset in it.
    """

    def __init__(self, directory: str, lock: int) -> None:
        self._directory = directory
        self._lock = lock
        self._numbers: list[int] = []
        self._offset = 0
        # The end of the last read, which is acknowledged when its records are settled.
        self._read_to: tuple[int, int] | None = None
        self._read_bytes = 0
        self._file: int | None = None
        self._file_bytes = 0
        self._next_number = 0
        # The bytes on disk that are not acknowledged.
        self.bytes = 0

    def open(self) -> bool:
        """Reads the directory of an ended process. False if somebody removed it."""
        try:
            names = os.listdir(self._directory)
        except OSError:
            return False
        self._numbers = sorted(int(name[:-6]) for name in names if name.endswith(".spool"))
        try:
            with open(os.path.join(self._directory, _ACKNOWLEDGED), encoding="ascii") as file:
                number, offset = map(int, file.read().split())
            if self._numbers and number == self._numbers[0]:
                self._offset = offset
        except (OSError, ValueError):
            pass
        sizes = [os.path.getsize(self._path(number)) for number in self._numbers]
        self.bytes = sum(sizes) - self._offset
        return True

    def append(self, lines: list[bytes]) -> int:
        """Returns how many of the lines are on disk. A full disk takes only a part of them."""
        if self._file is None or self._file_bytes > _SEGMENT_BYTES:
            self._open_next()
        file = self._file
        if file is None:
            return 0
        data = b"".join(lines)
        written = 0
        try:
            while written < len(data):
                written += os.write(file, data[written:] if written else data)
        except OSError:
            if written == 0:
                raise
        kept = 0
        kept_bytes = 0
        for line in lines:
            if kept_bytes + len(line) > written:
                break
            kept += 1
            kept_bytes += len(line)
        if kept_bytes < written:
            # A partly written line would look damaged.
            os.ftruncate(file, self._file_bytes + kept_bytes)
        self._file_bytes += kept_bytes
        self.bytes += kept_bytes
        return kept

    def read(
        self, max_items: int, max_bytes: int, is_complete: bool
    ) -> tuple[list[SpoolRecord], int]:
        """The next records of the oldest segment, and the number of damaged lines before them.

        `is_complete` means that no process writes to the directory any more.
        """
        while self._numbers:
            number = self._numbers[0]
            is_last = len(self._numbers) == 1
            start = self._read_to[1] if self._read_to is not None else self._offset
            records, torn, size = _read_segment(
                self._path(number), start, max_items, max_bytes, is_complete or not is_last
            )
            self._read_to = (number, start + size)
            self._read_bytes += size
            if records or torn or (is_last and not is_complete):
                return records, torn
            self._numbers.pop(0)
            self._offset = 0
            self._read_to = None
            os.unlink(self._path(number))
        return [], 0

    def acknowledge(self) -> None:
        """Marks the read records as settled. No process reads them again, even after a crash."""
        self.bytes -= self._read_bytes
        self._read_bytes = 0
        if self._read_to is None:
            return
        number, self._offset = self._read_to
        path = os.path.join(self._directory, _ACKNOWLEDGED)
        with open(f"{path}.new", "w", encoding="ascii") as file:
            file.write(f"{number} {self._offset}")
        os.replace(f"{path}.new", path)

    def remove_all(self) -> None:
        self._numbers = []
        shutil.rmtree(self._directory, ignore_errors=True)

    def release(self) -> None:
        """Lets any process take the directory over."""
        for descriptor in (self._file, self._lock):
            if descriptor is not None and descriptor >= 0:
                try:
                    os.close(descriptor)
                except OSError:
                    pass
        self._file = None
        self._lock = -1

    def _open_next(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        number = self._next_number
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(self._path(number), flags, 0o600)
        self._numbers.append(number)
        self._next_number += 1
        self._file_bytes = 0

    def _path(self, number: int) -> str:
        return os.path.join(self._directory, f"{number:08d}.spool")


def _read_segment(
    path: str, start: int, max_items: int, max_bytes: int, is_complete: bool
) -> tuple[list[SpoolRecord], int, int]:
    records: list[SpoolRecord] = []
    torn = 0
    size = 0
    if not os.path.exists(path):
        return records, torn, size
    with open(path, "rb") as file:
        file.seek(start)
        rest = b""
        while True:
            chunk = file.read(_CHUNK_BYTES)
            rest += chunk
            lines = rest.split(b"\n")
            rest = lines.pop()
            for line in lines:
                is_full = len(records) >= max_items or size + len(line) > max_bytes
                if is_full and records:
                    return records, torn, size
                record = _record_of(line)
                if record is not None:
                    records.append(record)
                elif line:
                    torn += 1
                size += len(line) + 1
            if not chunk:
                break
    if is_complete and rest:
        torn += 1
        size += len(rest)
    return records, torn, size
