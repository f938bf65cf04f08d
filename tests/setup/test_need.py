"""What has to be on the machine."""

import pytest

from prtip_guide.setup.need import CHECK, GROUPS, NAMES, Need, missing, packages_for

PERF = Need("perf", "samples", ("linux-perf",))
CC = Need("cc", "links", ("gcc", "libc6-dev"))
CARGO = Need("cargo", "builds", remedy="install Rust with rustup")


def test_what_is_present_is_not_missing() -> None:
    assert missing([PERF, CARGO, CC], {"cargo"}.__contains__) == [PERF, CC]


@pytest.mark.parametrize(
    ("distribution", "packages"),
    [
        ("debian", ["linux-perf", "gcc", "libc6-dev"]),
        ("ubuntu", ["linux-tools-common", "linux-tools-generic", "gcc", "libc6-dev"]),
        ("fedora", ["perf", "gcc", "glibc-devel"]),
        ("arch", ["perf", "gcc", "glibc"]),
    ],
)
def test_packages_are_called_as_the_distribution_calls_them(distribution: str, packages: list[str]) -> None:
    assert packages_for([PERF, CARGO, CC], distribution) == packages


def test_a_package_that_two_needs_share_is_named_once() -> None:
    assert packages_for([CC, Need("gcc", "compiles", ("gcc",))], "debian") == ["gcc", "libc6-dev"]


def test_each_need_says_why_and_where_it_comes_from() -> None:
    for need in CHECK:
        assert need.why
        assert bool(need.packages) != bool(need.remedy), need.name


def test_no_other_name_is_kept_for_a_package_that_nothing_needs() -> None:
    needed = {package for need in CHECK for package in need.packages}
    assert {package for names in NAMES.values() for package in names} <= needed


def test_the_site_needs_neither_rust_nor_profilers() -> None:
    assert [need.name for need in GROUPS["site"]] == ["ensurepip"]
