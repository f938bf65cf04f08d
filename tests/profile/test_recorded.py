"""The profiles in ``results/`` are all there, can be read, and name no folder of the machine they were made on."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from prtip_guide.profile.capacity import SCANS
from prtip_guide.profile.report import report_document
from prtip_guide.profile.scenario import SCENARIOS
from prtip_guide.profile.summary import PLACES, profile_path, read_summary, summary_path

CHECKOUT = Path(__file__).parents[2]
RECORDED = CHECKOUT / "results" / "profiles" / "debian-12"
TARGETS = ("reference", "prort-ip")
# Too large to keep in git; .gitignore names them too.
LEFT_OUT = re.compile(r"\.folded$|-65k-strace-detail\.txt$")
FOLDERS = re.compile(rb"/(?:root|tmp|work|home)/[^ \n\"<)]*")


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("target", TARGETS)
def test_each_scenario_has_each_profile_with_its_files(target: str, scenario: str, kind: str) -> None:
    summary = read_summary(summary_path(RECORDED / target, scenario, kind))
    assert summary.target["name"] == target
    assert summary.command == ("prtip", *SCENARIOS[scenario].arguments)
    assert (summary.exit, summary.odd_lines) == (0, 0)
    assert summary.overhead
    assert report_document([summary])["profiles"][0]["advice"]
    for name in summary.files:
        path = summary_path(RECORDED / target, scenario, kind).with_name(name)
        assert LEFT_OUT.search(name) or path.stat().st_size > 0


@pytest.mark.parametrize("scan", SCANS)
@pytest.mark.parametrize("target", TARGETS)
def test_what_more_ports_and_higher_rates_cost_is_recorded_over_three_decades(target: str, scan: str) -> None:
    document = json.loads((RECORDED / target / "capacity" / f"{scan}-capacity.json").read_text())
    assert document["target"]["name"] == target
    of = {(each["name"], each["variable"]): each for each in document["series"]}
    assert of.keys() == {(name, "ports") for name in ("time", "CPU time", "peak heap", "system calls")} | {
        ("time", "rate")
    }
    for each in document["series"]:
        values = sorted(map(int, each["values"]))
        assert values[-1] / values[0] > 600
        assert min(map(len, each["values"].values())) >= 3
    assert all(of[name, "ports"]["foretold"] for name in ("CPU time", "peak heap", "system calls"))


@pytest.mark.parametrize("target", TARGETS)
def test_files_have_the_names_of_the_field(target: str) -> None:
    for ending in ("-flamegraph.svg", "-massif.out", "-massif-report.txt", "-strace-summary.txt"):
        assert list(RECORDED.glob(f"{target}/*/connect-scan-100{ending}")), ending
    assert profile_path(RECORDED / target, "connect-scan-100", "cpu", ".svg").is_file()


def test_no_folder_of_a_machine_is_named() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "results/profiles"], cwd=CHECKOUT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        found = FOLDERS.search((CHECKOUT / name).read_bytes())
        assert found is None, f"{name}: {found[0].decode(errors='replace')}"
