"""Ledgers of several machines in one folder, and parts of a run that are the whole run."""

import datetime
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prtip_guide.pages.page import Page, parse_page
from prtip_guide.schema import SCHEMA, SchemaError, migrate
from prtip_guide.verify.ledger import Ledger, LedgerError, read_ledger, read_ledgers
from prtip_guide.verify.merge import merge
from prtip_guide.verify.shard import Shard, ShardError, pages_of, read_shard
from tests import many
from tests.verify.test_ledger import run_of


def page(name: str) -> Page:
    return parse_page(f"```bash {{#{name}}}\necho {name}\n```\n", f"docs/{name}.md")


def record(results: Path, host: str, name: str, day: int = 1, output: str = "x\n", shard: str = "") -> Path:
    """Record one page, run on a day of January."""
    date = datetime.datetime(2026, 1, day, tzinfo=datetime.UTC)
    ledger = Ledger(results, host, "none", shard)
    ledger.record(replace(run_of(page(name), output), date=date))
    return ledger.path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_hosts_meet_in_one_folder_with_their_files(tmp_path: Path) -> None:
    for number, host in enumerate(["debian-12", "fedora-43"]):
        record(tmp_path / f"job-{number}" / "results", host, "a", output=f"{host}\n")
    merged = merge([tmp_path / "job-0", tmp_path / "job-1"], tmp_path / "all")
    assert len(merged.taken) == 2
    for host in ("debian-12", "fedora-43"):
        outcome = read_ledger(tmp_path / "all/ledgers" / host / "none.json")["pages"]["docs/a.md"]["outcomes"][0]
        assert (tmp_path / "all" / outcome["output"]).read_text() == f"{host}\n"


@pytest.mark.parametrize("order", [("old", "new"), ("new", "old")])
def test_the_newest_ledger_of_a_host_wins_whole(tmp_path: Path, order: tuple[str, str]) -> None:
    record(tmp_path / "old", "h", "a", day=1)
    record(tmp_path / "old", "h", "b", day=2)
    record(tmp_path / "new", "h", "a", day=3, output="newest\n")
    for name in order:
        merge([tmp_path / name], tmp_path / "all")
    assert tree(tmp_path / "all") == tree(tmp_path / "new")
    merge([tmp_path / name for name in order], tmp_path / "at-once")
    assert tree(tmp_path / "at-once") == tree(tmp_path / "new")


def damage(path: Path, how: str) -> None:
    ledger: Any = json.loads(path.read_text())
    match how:
        case "cut":
            path.write_text(path.read_text()[:100])
            return
        case "future":
            ledger["schema"] = SCHEMA + 1
        case "foreign":
            ledger["host"] = "another"
        case "outside":
            ledger["pages"]["docs/a.md"]["outcomes"][0]["output"] = "outputs/h/none/../../../secret"
        case "of another host":
            ledger["pages"]["docs/a.md"]["outcomes"][0]["output"] = "outputs/other/none/a.txt"
        case "page":
            del ledger["pages"]["docs/a.md"]["outcomes"][0]["verdict"]
    path.write_text(json.dumps(ledger))


@pytest.mark.parametrize("how", ["cut", "future", "foreign", "outside", "of another host", "page"])
def test_a_ledger_that_cannot_be_used_is_refused_by_name_and_nothing_is_lost(tmp_path: Path, how: str) -> None:
    record(tmp_path / "all", "h", "a", day=1)
    before = tree(tmp_path / "all")
    bad = record(tmp_path / "bad", "h", "a", day=2)
    damage(bad, how)
    sources = tree(tmp_path / "bad")
    record(tmp_path / "good", "other", "a")
    merged = merge([tmp_path / "bad", tmp_path / "good"], tmp_path / "all")
    assert len(merged.refused) == 1
    assert str(bad) in merged.refused[0]
    assert len(merged.taken) == 1
    assert {name: content for name, content in tree(tmp_path / "all").items() if "/h/" in name} == before
    assert tree(tmp_path / "bad") == sources


def test_a_ledger_whose_file_is_missing_is_refused(tmp_path: Path) -> None:
    record(tmp_path / "part", "h", "a")
    shutil.rmtree(tmp_path / "part" / "outputs")
    assert "is missing; copy the whole folder" in merge([tmp_path / "part"], tmp_path / "all").refused[0]


def test_a_damaged_ledger_in_the_way_is_not_written_over(tmp_path: Path) -> None:
    there = record(tmp_path / "all", "h", "a")
    there.write_text("{")
    record(tmp_path / "new", "h", "a", day=9)
    with pytest.raises(LedgerError, match=str(there)):
        merge([tmp_path / "new"], tmp_path / "all")
    assert there.read_text() == "{"


def test_a_folder_without_ledgers_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="no ledgers/"):
        merge([tmp_path], tmp_path / "all")


def test_parts_of_a_run_are_the_whole_run(tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    for number, name in enumerate(names, 1):
        record(tmp_path / "whole", "h", name, day=number)
        record(tmp_path / f"part-{number}", "h", name, day=number, shard=f"{number}/4")
    Ledger(tmp_path / "part-4", "h", "none", "4/4").begin()
    merged = merge([tmp_path / f"part-{number}" for number in (3, 1, 4, 2)], tmp_path / "all")
    assert not merged.refused
    assert tree(tmp_path / "all") == tree(tmp_path / "whole")


def test_a_run_that_lacks_a_part_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    record(tmp_path / "all", "h", "a")
    before = tree(tmp_path / "all")
    record(tmp_path / "part", "h", "a", day=5, shard="1/2")
    merged = merge([tmp_path / "part"], tmp_path / "all")
    assert merged.refused == ["h: shard 2/2 is missing; merge all 2 together"]
    assert tree(tmp_path / "all") == before


def test_an_older_schema_is_migrated(tmp_path: Path) -> None:
    path = record(tmp_path / "old", "h", "a")
    ledger = json.loads(path.read_text())
    del ledger["shard"], ledger["pages"]["docs/a.md"]["machine"]["root"]
    path.write_text(json.dumps(ledger | {"schema": 1}))
    merge([tmp_path / "old"], tmp_path / "all")
    migrated = json.loads((tmp_path / "all/ledgers/h/none.json").read_text())
    assert (migrated["schema"], migrated["shard"]) == (SCHEMA, "")
    assert migrated["pages"]["docs/a.md"]["machine"]["root"] == ""


@pytest.mark.parametrize("version", [0, SCHEMA + 1, "1", None, True, 1.5])
def test_an_unknown_schema_is_refused(version: object) -> None:
    with pytest.raises(SchemaError, match="this program knows 1 to"):
        migrate({"schema": version, "pages": {}})


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "1/0", "a/b", "-1/4", "1/4/2"])
def test_a_part_that_cannot_be_is_wrong_use(text: str) -> None:
    with pytest.raises(ShardError, match="write I/N"):
        read_shard(text)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_each_page_is_in_one_part_and_the_parts_are_balanced(count: int) -> None:
    seconds = {f"docs/{name}.md": float(n * n + 1) for n, name in enumerate("abcdefg")}
    pages = [page(name) for name in "gfedcba"]
    parts = [pages_of(Shard(n + 1, count), pages, seconds) for n in range(count)]
    assert sorted(p.path for part in parts for p in part) == sorted(p.path for p in pages)
    loads = [sum(seconds[p.path] for p in part) for part in parts]
    # The bound of "longest first": no part takes more than 4/3 of the best, which is at least this.
    assert max(loads) <= 4 / 3 * max(sum(loads) / count, max(seconds.values()))


def test_a_page_that_was_never_recorded_counts_as_the_average() -> None:
    pages = [page(name) for name in "abc"]
    assert pages_of(Shard(1, 2), pages, {"docs/a.md": 10.0, "docs/b.md": 2.0}) == [pages[0]]


RESULTS = Path(__file__).parents[2] / "results"


def contents(results: Path) -> dict[str, Any]:
    """Ledgers as values, as one may be of an older schema, and every file that they name."""
    ledgers = {(ledger["host"], ledger["target"]): ledger for ledger in read_ledgers(results)}
    pages = [page for ledger in ledgers.values() for page in ledger["pages"].values()]
    outcomes = [outcome for page in pages for outcome in page["outcomes"]]
    names = [outcome["output"] for outcome in outcomes]
    names += [artifact["path"] for outcome in outcomes for artifact in outcome["artifacts"]]
    return {"ledgers": ledgers, "files": {name: (results / name).read_bytes() for name in names if name}}


@pytest.mark.parametrize("count", [2, 4])
def test_parts_of_the_recorded_ledgers_are_exactly_the_whole(tmp_path: Path, count: int) -> None:
    """What this guide has recorded, cut as a run is cut, and put together again."""
    for ledger in read_ledgers(RESULTS):
        host, target = ledger["host"], ledger["target"]
        pages = [Page(name, ()) for name in ledger["pages"]]
        seconds = {name: float(page["seconds"]) for name, page in ledger["pages"].items()}
        for number in range(1, count + 1):
            own = {page.path for page in pages_of(Shard(number, count), pages, seconds)}
            part = {name: page for name, page in ledger["pages"].items() if name in own}
            path = tmp_path / f"part-{number}" / "ledgers" / host / f"{target}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(ledger | {"shard": f"{number}/{count}", "pages": part}))
            for outcome in (outcome for page in part.values() for outcome in page["outcomes"]):
                for name in filter(None, [outcome["output"], *(kept["path"] for kept in outcome["artifacts"])]):
                    copy = tmp_path / f"part-{number}" / name
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(RESULTS / name, copy)
    merged = merge([tmp_path / f"part-{number}" for number in range(count, 0, -1)], tmp_path / "all")
    assert not merged.refused
    assert contents(tmp_path / "all") == contents(RESULTS)


def test_the_page_says_of_many_hosts_what_was_measured() -> None:
    record = json.loads(many.RECORD.read_text())
    assert (record["hosts"], record["snippets"]) == (200, 2000)
    assert many.table(record) in (RESULTS.parent / "docs" / "contributing" / "hosts.md").read_text()
