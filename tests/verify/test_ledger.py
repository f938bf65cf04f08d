"""What is kept of a run, and that it is whole at any moment."""

import datetime
import json
import os
from pathlib import Path
from typing import Any

import pytest

from prtip_guide.pages.page import Page, parse_page
from prtip_guide.target import Target
from prtip_guide.verify.host import Host
from prtip_guide.verify.ledger import Ledger, LedgerError, PageRun, read_ledger, read_ledgers
from prtip_guide.verify.outcome import Artifact, Outcome
from prtip_guide.verify.run import is_current, page_host, page_target
from prtip_guide.verify.store import write_whole

HOST = Host("debian-12", "Debian 12", "6.1", "x86_64", 2, tools={"perf": "6.1", "gdb": "13", "bash": "5.2"})
TARGET = Target("reference", Path("/x"), "0.1.0", "abc")
DATE = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def page(text: str = "echo a", options: str = "#one", front: str = "") -> Page:
    return parse_page(f"{front}# T\n\n```bash {{{options}}}\n{text}\n```\n", "docs/p.md")


def run_of(page: Page, output: str = "a\n", artifacts: tuple[Artifact, ...] = ()) -> PageRun:
    outcomes = [Outcome(s, "passed", exit=0, seconds=0.5, output=output, artifacts=artifacts) for s in page.snippets]
    return PageRun(page.path, DATE, page_host(page, HOST), page_target(page, TARGET), outcomes, 1.0, ["/etc/x"])


def test_a_page_is_kept_with_machine_target_and_outputs(tmp_path: Path) -> None:
    Ledger(tmp_path, "debian-12", "none").record(run_of(page(), artifacts=(Artifact("d/f.svg", b"<svg/>"),)))
    kept = json.loads((tmp_path / "ledgers/debian-12/none.json").read_text())["pages"]["docs/p.md"]
    assert (kept["date"], kept["machine"]["kernel"], kept["changed"]) == ("2026-01-02T03:04:05Z", "6.1", ["/etc/x"])
    outcome = kept["outcomes"][0]
    assert (outcome["text"], outcome["verdict"], outcome["line"]) == ("echo a", "passed", 3)
    assert (tmp_path / outcome["output"]).read_text() == "a\n"
    assert (tmp_path / outcome["artifacts"][0]["path"]).read_bytes() == b"<svg/>"


def test_another_page_stays_when_one_is_recorded(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "debian-12", "none")
    ledger.record(run_of(page()))
    other = parse_page("```bash {#two}\nb\n```", "docs/q.md")
    ledger.record(run_of(other))
    assert list(ledger.pages()) == ["docs/p.md", "docs/q.md"]


def test_files_of_snippets_that_are_gone_are_removed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "debian-12", "none")
    ledger.record(run_of(page(), artifacts=(Artifact("f", b"x"),)))
    ledger.record(run_of(page(options="#renamed")))
    assert sorted(path.name for path in ledger.outputs.rglob("*")) == ["renamed.txt"]


def test_a_snippet_that_no_longer_prints_has_no_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "debian-12", "none")
    ledger.record(run_of(page()))
    ledger.record(run_of(page(), output=""))
    assert list(ledger.outputs.rglob("*.txt")) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}', '{"schema": 99, "pages": {}}'])
def test_a_damaged_or_future_ledger_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ledgers" / "h" / "t.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(LedgerError, match=r"t\.json"):
        read_ledger(path)
    with pytest.raises(LedgerError, match=r"t\.json"):
        Ledger(tmp_path, "h", "t").record(run_of(page()))
    assert path.read_text() == content


def test_every_ledger_is_found(tmp_path: Path) -> None:
    for host, target in (("b", "none"), ("a", "reference")):
        Ledger(tmp_path, host, target).record(run_of(page()))
    assert [(ledger["host"], ledger["target"]) for ledger in read_ledgers(tmp_path)] == [
        ("a", "reference"),
        ("b", "none"),
    ]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    write_whole(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["f"]
    assert path.read_bytes() == b"old"


def state(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def die_at(moment: int) -> None:
    """End this process, as SIGKILL would, at its ``moment``-th call that changes a folder or a file."""
    calls = [0]

    def deadly(call: Any) -> Any:
        def called(*arguments: Any, **named: Any) -> Any:
            calls[0] += 1
            if calls[0] == moment:
                os._exit(9)
            return call(*arguments, **named)

        return called

    for name in ("fsync", "replace", "unlink", "rmdir", "rename"):
        setattr(os, name, deadly(getattr(os, name)))


def test_a_page_is_replaced_with_all_its_files_or_not_at_all_whenever_it_is_killed(tmp_path: Path) -> None:
    text = "```bash {#one}\na\n```\n```bash {#two}\nb\n```\n"
    old, new = (parse_page(text, "docs/p.md"), parse_page(text.replace("#two", "#three"), "docs/p.md"))
    runs = run_of(old, "old\n", (Artifact("f", b"old"),)), run_of(new, "new\n", (Artifact("f/g", b"new"),))
    states = []
    for number, run in enumerate(runs):
        Ledger(tmp_path / str(number), "h", "t").record(run)
        states.append(state(tmp_path / str(number)))
    seen = []
    for moment in range(1, 100):
        results = tmp_path / f"killed-{moment}"
        Ledger(results, "h", "t").record(runs[0])
        child = os.fork()
        if child == 0:
            die_at(moment)
            Ledger(results, "h", "t").record(runs[1])
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        Ledger(results, "h", "t").begin()  # the next start
        seen.append(states.index(state(results)))
        if ended == 0:
            break
    assert seen == sorted(seen), "once it is decided, it is made"
    assert set(seen) == {0, 1}
    assert len(seen) > 10


def test_a_full_disk_leaves_outputs_and_ledger_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(tmp_path, "h", "t")
    ledger.record(run_of(page()))
    before = state(tmp_path)
    synced = [0]

    def full(descriptor: int) -> None:
        synced[0] += 1
        if synced[0] == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerError, match=r"No space left on device; the old ledger is unchanged"):
        ledger.record(run_of(page(), "new\n"))
    assert state(tmp_path) == before


def test_results_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "ledgers").touch()  # a file where a folder should be: neither may root write there
    with pytest.raises(LedgerError, match=r"cannot record: .*; make it writable"):
        Ledger(tmp_path, "h", "t").record(run_of(page()))


def recorded(tmp_path: Path, of: Page) -> dict[str, object]:
    ledger = Ledger(tmp_path, "debian-12", "none")
    ledger.record(run_of(of))
    kept: dict[str, object] = ledger.pages()["docs/p.md"]
    return kept


PROSE = parse_page("# Another title\n\nMore words.\n\n```bash {#one}\necho a\n```\n", "docs/p.md")
TARGETED = "---\ntarget: prtip\n---\n"


def test_a_change_of_prose_runs_nothing(tmp_path: Path) -> None:
    assert is_current(PROSE, recorded(tmp_path, page()), HOST, TARGET)


def test_a_tool_that_the_page_does_not_use_runs_nothing(tmp_path: Path) -> None:
    newer = Host("debian-12", "Debian 12", "6.1", "x86_64", 2, tools={"perf": "6.1", "gdb": "14", "bash": "5.2"})
    assert is_current(page(), recorded(tmp_path, page()), newer, TARGET)


@pytest.mark.parametrize(
    ("before", "after", "host", "target"),
    [
        (page(), page("echo b"), HOST, TARGET),
        (page(), page("echo a "), HOST, TARGET),
        (page(), page(options="#one data-expect=a"), HOST, TARGET),
        (page(), page(options="#two"), HOST, TARGET),
        (page(), page(), Host("debian-12", "Debian 12", "6.2", "x86_64", 2, tools=HOST.tools), TARGET),
        (
            page(),
            page(),
            Host("debian-12", "Debian 12", "6.1", "x86_64", 2, tools={"perf": "6.2", "bash": "5.2"}),
            TARGET,
        ),
        (page(front=TARGETED), page(front=TARGETED), HOST, Target("reference", Path("/x"), "0.1.0", "other")),
    ],
    ids=["letter", "blank", "options", "id", "kernel", "tool", "target"],
)
def test_what_changed_is_run_again(tmp_path: Path, before: Page, after: Page, host: Host, target: Target) -> None:
    assert is_current(before, recorded(tmp_path, before), HOST, TARGET)
    assert not is_current(after, recorded(tmp_path, before), host, target)


def test_what_was_never_recorded_is_run() -> None:
    assert not is_current(page(), None, HOST, TARGET)
