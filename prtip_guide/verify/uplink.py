"""A way out to the package registries, for as long as a step that asked for it runs."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from prtip_guide.error import GuideError
from prtip_guide.verify.registry import Registry

READY_SECONDS = 10.0


class UplinkError(GuideError):
    """The network could not be attached; the message says why, and the remedy."""


@dataclass(frozen=True)
class Uplink:
    """A way out that is open."""

    told: int
    """Where the relay tells of registries that it could not reach."""

    def lost(self) -> list[str]:
        """The registries that could not be reached so far, sorted."""
        told = b""
        while select.select([self.told], [], [], 0)[0] and (more := os.read(self.told, 1 << 16)):
            told += more
        return sorted(set(told.decode().split()))


@contextmanager
def uplink(pid: int, privileged: bool, registries: Sequence[Registry]) -> Iterator[Uplink]:
    """Let the network namespace of process ``pid`` reach ``registries``; raises UplinkError.

    A program of its own carries the traffic, so nothing of the host's network is changed. It ends
    when this process does, as it watches a pipe that only this process holds.
    """
    if not registries:
        raise UplinkError("no package registry is known on this machine; name one with PRTIP_REGISTRIES=https://…")
    ready, ready_inside = os.pipe()
    alive_inside, alive = os.pipe()
    places = json.dumps([astuple(registry) for registry in registries])
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); "
        f"from prtip_guide.verify.relay import main; "
        f"main({pid}, {privileged}, {places!r}, {ready_inside}, {alive_inside})"
    )
    relay = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program],
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[ready_inside, alive_inside],
        start_new_session=True,
    )
    try:
        os.close(ready_inside)
        os.close(alive_inside)
        if not (select.select([ready], [], [], READY_SECONDS)[0] and os.read(ready, 1)):
            raise UplinkError("the way to the registries could not be opened; run the page again")
        yield Uplink(ready)
    finally:
        os.close(ready)
        os.close(alive)
        relay.wait()
