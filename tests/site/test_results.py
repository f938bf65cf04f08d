"""The reader of the ledgers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from prtip_guide.site.results import ResultsError, load_results
from tests.site.small import Small


def test_what_was_read_is_kept_until_a_ledger_changes(small: Small) -> None:
    path = small.record(small.outcome())
    first = load_results()
    assert load_results() is first
    path.write_text(path.read_text() + " ")
    assert load_results() is not first


def test_a_new_and_a_gone_ledger_are_noticed(small: Small) -> None:
    assert load_results() == {}
    path = small.record(small.outcome())
    assert set(load_results()) == {"it"}
    path.unlink()
    assert load_results() == {}


def test_of_a_snippet_that_moved_the_newer_record_counts(small: Small) -> None:
    path = small.record(small.outcome())
    ledger = json.loads(path.read_text())
    old = ledger["pages"]["docs/page.md"] | {"date": "2020-01-01T00:00:00Z"}
    ledger["pages"] |= {"docs/a.md": old, "docs/z.md": old}
    path.write_text(json.dumps(ledger))
    (run,) = load_results()["it"]
    assert run.date.year == 2026


Damage = Callable[[dict[str, Any], dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda ledger, outcome: ledger.update(schema=3), "schema 3, this program knows 1 to 2"),
        (lambda ledger, outcome: ledger.update(pages=[]), "is no dict"),
        (lambda ledger, outcome: ledger.pop("host"), "'host'"),
        (lambda ledger, outcome: outcome.update(verdict="fine"), "verdict 'fine' of it"),
        (lambda ledger, outcome: outcome.update(text=None), "None is no str"),
        (lambda ledger, outcome: outcome.pop("artifacts"), "'artifacts'"),
        (lambda ledger, outcome: outcome.update(output="outputs/gone.txt"), "outputs/gone.txt was recorded and is not"),
        (lambda ledger, outcome: outcome.update(output="../mkdocs.yml"), "../mkdocs.yml is not below results/"),
        (lambda ledger, outcome: outcome.update(output="/etc/hostname"), "/etc/hostname is not below results/"),
    ],
)
def test_a_damaged_ledger_is_named_with_what_is_wrong(small: Small, damage: Damage, message: str) -> None:
    path = small.record(small.outcome())
    ledger = json.loads(path.read_text())
    damage(ledger, ledger["pages"]["docs/page.md"]["outcomes"][0])
    path.write_text(json.dumps(ledger))
    with pytest.raises(ResultsError, match=message) as raised:
        load_results()
    assert str(raised.value).startswith(f"{path}: ")
