"""Names for prtip arguments, so that two people who say ``syn-scan-1k`` mean the same scan."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from prtip_guide.profile.error import RequestError


@dataclass(frozen=True, slots=True)
class Scenario:
    """A name for a scan."""

    name: str
    """Part of file names: small letters, digits and hyphens."""
    arguments: tuple[str, ...]
    """What prtip is given. Every address is one of this machine's own."""
    about: str
    """What it shows, in a few words."""


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("syn-scan-1k", ("-sS", "-p", "1-1000", "127.0.0.1"), "1,000 SYN packets in batches; needs root"),
        Scenario("syn-scan-65k", ("-sS", "-p", "1-65535", "127.0.0.1"), "the same for every port; needs root"),
        Scenario("connect-scan-100", ("-sT", "-p", "1-100", "127.0.0.1"), "100 connections, without privilege"),
        Scenario("connect-scan-65k", ("-sT", "-p", "1-65535", "127.0.0.1"), "a connection for every port"),
        Scenario("ipv6-scan-500", ("-6", "-sS", "-p", "1-500", "::1"), "500 SYN packets over IPv6; needs root"),
        Scenario(
            "service-detect-20",
            ("-sT", "-sV", "-p", "21-25,53,80,110,111,135,139,143,443,445,993,995,1723,3306,3389,5900", "127.0.0.1"),
            "20 usual ports, and what listens there",
        ),
        Scenario(
            "rate-limited",
            ("-sS", "-p", "1-1000", "--max-rate", "2000", "127.0.0.1"),
            "1,000 SYN packets in half a second; needs root",
        ),
    )
}


def find_scenario(name: str, arguments: Sequence[str] = ()) -> Scenario:
    """The scenario ``name``, with ``arguments`` in place of its own where there are any; raises RequestError."""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        raise RequestError(f"{name!r}: a scenario's name has small letters, digits and hyphens, as in syn-scan-1k")
    if arguments:
        return Scenario(name, tuple(arguments), "arguments of your own")
    if name not in SCENARIOS:
        raise RequestError(
            f"{name}: no such scenario; name its arguments after --, or take one of {', '.join(SCENARIOS)}"
        )
    return SCENARIOS[name]
