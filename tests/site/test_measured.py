"""What was measured of the site, on a page."""

import json

import pytest
from pymdownx.superfences import SuperFencesException

from tests.site.small import Small
from tests.site.test_block import words

SCORES = {"performance": 99, "accessibility": 100, "best-practices": 98, "seo": 97}
SCORED = {
    "version": "12",
    "date": "2026-01-02",
    "runs": 3,
    "cpus": 2,
    "load": 1.5,
    "pages": {"/a/": {"mobile": SCORES}},
}
BUILT = {"pages": 50, "plain_seconds": 2.0, "seconds": 2.06, "ratio": 1.03}
SPEED = {
    "snippets": 20,
    "runs": 3,
    "cpus": 2,
    "date": "2026-01-02",
    "builds": [BUILT],
    "serve": {"seconds": 1.5, "ratio": 1.1},
}


def shown(small: Small) -> str:
    small.page("index.md", "# T\n\n```site-measured\n```\n")
    return words(small.html("index.md"))


def test_it_says_how_to_measure_what_was_not(small: Small) -> None:
    small.results.mkdir(exist_ok=True)
    html = shown(small)
    assert "make lighthouse" in html
    assert "make bench-site" in html


def test_scores_and_times_are_shown_with_their_day_and_machine(small: Small) -> None:
    small.results.mkdir(exist_ok=True)
    (small.results / "site.json").write_text(json.dumps({"lighthouse": SCORED, "speed": SPEED}))
    html = shown(small)
    assert "/a/ mobile 99 100 98 97" in html
    assert "2 CPUs and a load of 1.5" in html
    assert "50 2.0 s 2.1 s 1.03" in html
    assert "after 1.50 s, 1.10 times" in html


def test_a_damaged_file_stops_the_build(small: Small) -> None:
    small.results.mkdir(exist_ok=True)
    (small.results / "site.json").write_text("{")
    with pytest.raises(SuperFencesException, match=r"site\.json: cannot be read"):
        shown(small)
