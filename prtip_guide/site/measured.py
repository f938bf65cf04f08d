"""What was measured of the site itself: the fence ``site-measured``, from ``results/site.json``."""

import json
from typing import Any

from prtip_guide.site.folder import results_folder
from prtip_guide.site.markup import render
from prtip_guide.site.results import ResultsError

NAME = "site.json"


def draw_measured() -> str:
    """The HTML of all measurements; raises ResultsError where the file cannot be read."""
    path = results_folder() / NAME
    try:
        found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
        return render("measured", lighthouse=found.get("lighthouse"), speed=found.get("speed"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(
            f"{path}: cannot be read ({error}); measure again with make lighthouse bench-site"
        ) from error
