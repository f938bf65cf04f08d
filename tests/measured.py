"""What was measured of the site: results/site.json, one key a measurement."""

import json
import os
from typing import Any

from tests.browser.site import CHECKOUT

FILE = CHECKOUT / "results" / "site.json"


def keep(name: str, found: dict[str, Any]) -> None:
    """Put one measurement in place of its last; the file is replaced whole."""
    kept = json.loads(FILE.read_text()) if FILE.exists() else {"schema": 1}
    new = FILE.with_suffix(".new")
    new.write_text(json.dumps(kept | {name: found}, indent=1, sort_keys=True) + "\n")
    os.replace(new, FILE)
