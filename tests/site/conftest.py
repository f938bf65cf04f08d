"""What every test of the site starts from."""

from pathlib import Path

import pytest

from tests.site.small import Small


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A guide of its own, in which the working directory is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRTIP_GUIDE_DOCS", raising=False)
    monkeypatch.delenv("PRTIP_GUIDE_RESULTS", raising=False)
    # A test writes and looks faster than a person saves.
    monkeypatch.setattr("prtip_guide.site.folder.PAUSE", 0)
    return Small(tmp_path)
