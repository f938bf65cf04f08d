"""What runs on a host and what is skipped, decided before anything runs."""

from dataclasses import replace

import pytest

from prtip_guide.pages.page import parse_page
from prtip_guide.verify import plan
from prtip_guide.verify.host import Host
from prtip_guide.verify.plan import changed_settings, needed_tools, plan_page

HOST = Host("debian-12", "Debian 12", "6.1", "x86_64", 2, ids=("linux", "debian", "debian-12"), tools={"perf": "6.1"})
ROOT = replace(HOST, features=("root",))


def reasons(options: str, text: str = "true", host: Host = HOST, front: str = "") -> list[str]:
    page = parse_page(f"{front}```bash {{{options}}}\n{text}\n```\n", "p.md")
    return [step.skip for step in plan_page(page, host)]


@pytest.mark.parametrize(
    "options", ["", "data-needs=perf", "data-on=debian", "data-on='arch debian-12'", "data-on=linux"]
)
def test_it_runs_where_its_needs_are_met(options: str) -> None:
    assert reasons(options) == [""]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("data-needs=gdb", "needs gdb, which is not installed"),
        ("data-needs=root", "needs root; run as root, or with sudo"),
        ("data-needs=hardware-counters", "needs hardware counters, which this machine does not offer"),
        ("data-on=fedora", "for fedora; this host is debian-12"),
        ("data-on='ubuntu arch'", "for ubuntu and arch; this host is debian-12"),
        ("data-skip='a person must look'", "a person must look"),
        ("data-needs=sysctl:kernel.perf_event_paranoid", "needs root"),
    ],
)
def test_it_is_skipped_with_a_reason(options: str, reason: str) -> None:
    assert reasons(options)[0].startswith(reason)


def test_sudo_needs_root_even_where_the_writer_forgot_to_say_so() -> None:
    assert reasons("", "sudo true")[0].startswith("needs root")
    assert reasons("", "sudo true", ROOT) == [""]


@pytest.mark.parametrize("text", ["# no sudo needed", "echo 'use sudo perf'", 'x="sudo y"', "cat sudo.txt"])
def test_a_word_is_no_command(text: str) -> None:
    assert reasons("", text) == [""]


@pytest.mark.parametrize(
    "text", ["/usr/bin/sudo x", "a && sudo b", "x=$(sudo id)", "if sudo x; then :; fi", "time sudo x", "A=1 sudo x"]
)
def test_sudo_is_seen_where_a_command_begins(text: str) -> None:
    assert reasons("", text)[0].startswith("needs root")


def test_a_setting_that_the_kernel_does_not_have_is_a_reason() -> None:
    assert "does not have" in plan._setting_reason("kernel.no_such_setting", ROOT)


def test_what_a_step_installs_is_there_for_the_steps_after_it() -> None:
    page = "```bash {data-needs=gdb}\n```\n```bash {data-provides=gdb}\n```\n```bash {data-needs=gdb}\n```"
    assert [step.runs for step in plan_page(parse_page(page, "p.md"), HOST)] == [False, True, True]


def test_what_a_skipped_step_would_install_is_not_there() -> None:
    page = "```bash {data-provides=gdb data-on=arch}\n```\n```bash {data-needs=gdb}\n```"
    assert [step.runs for step in plan_page(parse_page(page, "p.md"), HOST)] == [False, False]


def test_a_tool_of_the_guides_own_is_there_only_if_the_front_matter_names_it() -> None:
    host = replace(HOST, own_tools={"flamegraph": "0.6"})
    assert reasons("data-needs=flamegraph", host=host) != [""]
    assert reasons("data-needs=flamegraph", host=host, front="---\ntools: flamegraph\n---\n") == [""]


def test_tools_are_looked_up_but_features_and_settings_are_not() -> None:
    page = parse_page("```bash {data-needs='perf root sysctl:kernel.kptr_restrict numa'}\n```", "p.md")
    assert needed_tools([page]) == {"perf"}


def test_only_steps_that_run_open_a_setting() -> None:
    text = "```bash {data-needs=sysctl:kernel.perf_event_paranoid}\n```"
    assert changed_settings(plan_page(parse_page(text, "p.md"), HOST)) == []
    assert changed_settings(plan_page(parse_page(text, "p.md"), ROOT)) == ["kernel.perf_event_paranoid"]
