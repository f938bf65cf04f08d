"""One issue for each command that fails. gh is the one thing that cannot be real here: a stand-in keeps the issues."""

import json
import os
import stat
from pathlib import Path

import pytest

from prtip_guide.pages.page import parse_page
from prtip_guide.verify.failure import Verdicts, verdicts_in
from prtip_guide.verify.issue import IssueError, body, report
from prtip_guide.verify.ledger import Ledger, PageRun
from prtip_guide.verify.outcome import Outcome, Verdict
from tests.verify.test_ledger import DATE, HOST

PAGE = parse_page("# T\n\n```bash {#one}\nfalse\n```\n\n```bash {#two}\ntrue\n```\n", "docs/p.md")
RUN = "https://forge.example/runs/7"
GH = """\
#!/usr/bin/env python3
import json, pathlib, sys
store = pathlib.Path({store!r})
issues = json.loads(store.read_text()) if store.exists() else []
args = sys.argv[1:]
value = lambda name: args[args.index(name) + 1]
if args[:2] == ["issue", "list"]:
    print(json.dumps([issue for issue in issues if issue["open"]]))
elif args[:2] == ["issue", "create"]:
    issues.append(dict(number=len(issues) + 1, title=value("--title"), body=value("--body"), open=True, comments=[]))
elif args[:2] == ["issue", "edit"]:
    issues[int(args[2]) - 1]["body"] = value("--body")
elif args[:2] == ["issue", "comment"]:
    issues[int(args[2]) - 1]["comments"].append(value("--body"))
elif args[:2] == ["issue", "close"]:
    issues[int(args[2]) - 1].update(open=False, closed=value("--comment"))
elif args[:2] != ["label", "create"]:
    sys.exit("unknown command")
store.write_text(json.dumps(issues))
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in keeps its issues."""
    store, program = tmp_path / "issues.json", tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(GH.format(store=str(store)))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return store


def fail(folder: Path, host: str, output: str = "no such file\n", verdict: Verdict = "failed") -> None:
    """A ledger in which #one failed, or what else is said of it, and #two passed."""
    outcomes = [Outcome(PAGE.snippets[0], verdict, "it ended with exit 1", 1, 0.1, output)]
    outcomes.append(Outcome(PAGE.snippets[1], "passed", "", 0, 0.1))
    target = {"name": "none", "version": "", "digest": ""}
    Ledger(folder / host, host, "none").record(PageRun(PAGE.path, DATE, HOST, target, outcomes, 1.0))


def test_one_issue_for_a_command_names_page_line_hosts_and_run(tmp_path: Path, store: Path) -> None:
    fail(tmp_path / "all", "fedora-43")
    fail(tmp_path / "all", "debian-11")
    verdicts = verdicts_in(tmp_path / "all")
    assert report(verdicts, RUN) == ["opened: one"]
    (issue,) = json.loads(store.read_text())
    assert verdicts.unread == []
    assert issue["title"] == "docs/p.md:3: #one fails"
    assert "`#one` in `docs/p.md`, line 3, fails on debian-11, fedora-43." in issue["body"]
    assert RUN in issue["body"]
    assert "no such file" in issue["body"]


def test_a_command_that_fails_again_updates_its_issue(tmp_path: Path, store: Path) -> None:
    fail(tmp_path / "all", "debian-11")
    verdicts = verdicts_in(tmp_path / "all")
    report(verdicts, RUN)
    assert report(verdicts, "https://forge.example/runs/8") == ["updated #1: one"]
    (issue,) = json.loads(store.read_text())
    assert "runs/8" in issue["body"]
    assert issue["comments"] == ["It fails again: debian-11; https://forge.example/runs/8"]


def test_a_command_that_passes_again_closes_its_issue(tmp_path: Path, store: Path) -> None:
    fail(tmp_path / "first", "debian-11")
    report(verdicts_in(tmp_path / "first"), RUN)
    fail(tmp_path / "second", "debian-11", verdict="passed")
    assert report(verdicts_in(tmp_path / "second"), RUN) == ["closed #1: one"]
    (issue,) = json.loads(store.read_text())
    assert not issue["open"]
    assert issue["closed"] == f"It passes on debian-11/none; {RUN}"
    assert report(verdicts_in(tmp_path / "second"), RUN) == []
    assert report(verdicts_in(tmp_path / "first"), RUN) == ["opened: one"]


@pytest.mark.parametrize(("host", "verdict"), [("debian-12", "passed"), ("debian-11", "skipped")])
def test_what_did_not_pass_where_it_failed_stays_open(tmp_path: Path, store: Path, host: str, verdict: Verdict) -> None:
    """A runner that was lost, or a command that was skipped, says nothing of the failure."""
    fail(tmp_path / "first", "debian-11")
    report(verdicts_in(tmp_path / "first"), RUN)
    fail(tmp_path / "second", host, verdict=verdict)
    assert report(verdicts_in(tmp_path / "second"), RUN) == []
    assert json.loads(store.read_text())[0]["open"]


def test_a_damaged_ledger_hides_no_failure_of_another(tmp_path: Path) -> None:
    fail(tmp_path / "all", "debian-11")
    bad = tmp_path / "all" / "b" / "ledgers" / "h" / "none.json"
    bad.parent.mkdir(parents=True)
    bad.write_text("{")
    verdicts = verdicts_in(tmp_path / "all")
    assert [failure.host for failure in verdicts.failures] == ["debian-11"]
    assert str(bad) in verdicts.unread[0]


def test_what_a_command_printed_stays_in_its_block_and_calls_nobody(tmp_path: Path) -> None:
    fail(tmp_path / "all", "h", "```\n@everyone\n````\n")
    text = body(verdicts_in(tmp_path / "all").failures, RUN)
    assert text.count("`````") == 2
    assert text.index("`````text") < text.index("@everyone") < text.rindex("`````")


def test_what_gh_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IssueError, match="needs gh"):
        report(Verdicts(), RUN)
