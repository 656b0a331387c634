"""Call files as buffers of whole lines: plain, gzip or zstandard, checked before the first record counts."""

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Final, cast

import numpy as np
import zstandard
from numpy.typing import NDArray

from stream.errors import BadInput

__all__ = ["CallFile", "Chunk", "open_call_file"]

_BLOCK: Final = 1 << 20
_NEWLINE: Final = 10


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a file.

    buffer : (m,) uint8. offset : where it begins in the decompressed content, bytes; end : where it ends.
    """

    buffer: NDArray[np.uint8]
    offset: int
    end: int


class CallFile:
    """An open call file; its name is its digest, so a file moved or renamed is the same file.

    The file stays open from the digest to the last line: a path that is given to another file
    meanwhile changes nothing. One that is written to meanwhile is found out by `unchanged`.
    """

    def __init__(self, path: Path, handle: IO[bytes]) -> None:
        self.path = path
        self._handle = handle
        self._stat = _stamp(handle)
        self.bytes = self._stat[0]
        self.content_bytes = self.bytes
        self.sha256 = self._digest()

    def _digest(self) -> str:
        """Read the file once: its digest, and whether what is compressed is whole."""
        digest = sha256()
        self._handle.seek(0)
        while block := self._handle.read(_BLOCK):
            digest.update(block)
        if self._compressed:
            self.content_bytes = sum(len(block) for block in self._blocks())
        return digest.hexdigest()

    @property
    def _compressed(self) -> bool:
        return self.path.suffix in (".gz", ".zst")

    def unchanged(self) -> bool:
        """Whether the file is what it was when its digest was taken, as far as its size and time tell."""
        return _stamp(self._handle) == self._stat

    def _blocks(self, size: int = _BLOCK) -> Iterator[bytes]:
        """Yield the decompressed content, at most `size` bytes at a time; BadInput where it is cut off or damaged."""
        self._handle.seek(0)
        stream: IO[bytes]
        if self.path.suffix == ".gz":
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=self._handle, mode="rb"))
        elif self.path.suffix == ".zst":
            stream = io.BufferedReader(_Zstandard(self._handle))
        else:
            stream = self._handle
        try:
            while block := stream.read(size):
                yield block
        except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as error:
            kind = "gzip" if self.path.suffix == ".gz" else "zstandard"
            raise BadInput(
                f"found damaged or cut-off {kind} data ({error}), expected a whole file", file=self.path
            ) from error

    def chunks(self, offset: int, size: int) -> Iterator[Chunk]:
        """Yield whole lines from a place in the decompressed content on, about `size` bytes at a time.

        A line longer than `size` makes its chunk longer; the last line may lack its newline.
        """
        at = 0
        held = bytearray()
        begin = offset
        for block in self._blocks(min(size, _BLOCK)):
            at += len(block)
            if at <= offset:
                continue
            held += block[max(0, offset - (at - len(block))) :]
            if len(held) < size:
                continue
            cut = held.rfind(b"\n") + 1
            if cut:
                yield _chunk(held[:cut], begin)
                begin += cut
                del held[:cut]
        if held:
            yield _chunk(held, begin)

    def close(self) -> None:
        """Close the file."""
        self._handle.close()


class _Zstandard(io.RawIOBase):
    """Zstandard as a raw stream that minds an unfinished frame, which the library's reader does not."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self._object = zstandard.ZstdDecompressor().decompressobj()
        self._ready = b""
        self._begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, into: object) -> int:
        view = memoryview(into).cast("B")  # type: ignore[arg-type]
        while not self._ready:
            block = self._handle.read(_BLOCK)
            if not block:
                if self._begun and not self._object.eof:
                    raise EOFError("compressed data ended before its end-of-frame marker")
                return 0
            while block:
                if self._object.eof:
                    self._object = zstandard.ZstdDecompressor().decompressobj()
                self._begun = True
                self._ready += self._object.decompress(block)
                block = self._object.unused_data if self._object.eof else b""
        count = min(len(view), len(self._ready))
        view[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def _chunk(held: bytearray, offset: int) -> Chunk:
    buffer = np.frombuffer(bytes(held), np.uint8)
    return Chunk(buffer, offset, offset + buffer.size)


def _stamp(handle: IO[bytes]) -> tuple[int, int]:
    stat = os.fstat(handle.fileno())
    return stat.st_size, stat.st_mtime_ns


def open_call_file(path: Path) -> CallFile:
    """Open a call file and take its digest; BadInput where it cannot be read or is damaged."""
    try:
        handle = path.open("rb")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=path) from error
    try:
        return CallFile(path, handle)
    except BaseException:
        handle.close()
        raise
