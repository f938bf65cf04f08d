"""What a snippet printed, kept within bounds however much it is."""

HEAD_BYTES = TAIL_BYTES = 512 << 10


class Output:
    """Bytes of one snippet: all of them up to a bound, past it the beginning and the end."""

    def __init__(self) -> None:
        self._head, self._tail, self._dropped = bytearray(), bytearray(), 0

    def add(self, data: bytes | bytearray) -> None:
        """Append ``data``, dropping from the middle what is too much."""
        room = HEAD_BYTES - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail += data
            if len(self._tail) > 2 * TAIL_BYTES:
                self._cut()

    def text(self) -> str:
        """The output as text; what is not UTF-8 becomes U+FFFD, a gap is named."""
        if self._dropped or len(self._tail) > TAIL_BYTES:
            self._cut()
            gap = f"\n[… {self._dropped:,} bytes not kept …]\n".encode()
            return (self._head + gap + self._tail).decode(errors="replace")
        return (self._head + self._tail).decode(errors="replace")

    def _cut(self) -> None:
        excess = len(self._tail) - TAIL_BYTES
        if excess > 0:
            del self._tail[:excess]
            self._dropped += excess


class Splitter:
    """Cuts a stream at markers, one after the other; each piece is one snippet's output."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._current = Output()

    def feed(self, data: bytes) -> None:
        """Take in what was read from the stream."""
        self._pending += data

    def reaches(self, marker: bytes) -> bool:
        """Whether the stream has come to ``marker``; what stands before it becomes the current piece."""
        at = self._pending.find(marker)
        if at < 0:
            # The last bytes may be the beginning of the marker.
            self._move(max(0, len(self._pending) - len(marker) + 1), skip=0)
            return False
        self._move(at, skip=len(marker))
        return True

    def end(self) -> None:
        """The stream was cut off: all that is there belongs to the current piece."""
        self._move(len(self._pending), skip=0)

    def take(self) -> Output:
        """The current piece; the next one begins."""
        output, self._current = self._current, Output()
        return output

    def _move(self, count: int, skip: int) -> None:
        self._current.add(self._pending[:count])
        del self._pending[: count + skip]
