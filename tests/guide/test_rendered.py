"""What is run and what is printed are the same fences, page by page."""

import re
from pathlib import Path

import pytest

from prtip_guide.pages.page import load_pages
from tests.browser.site import CHECKOUT, build

RENDERED = re.compile(r'<div class="snippet" id="([^"]+)"')
NASTY = """\
---
title: Nasty
---
# Nasty\r
\r
```bash {#top}\r
echo CRLF\r
```\r

- a list

    ```bash {#in-list}
    echo list
    ```

    1. deeper

        ~~~sh {#in-deep-list}
        echo deep
        ~~~

!!! warning "An admonition"

    ```bash {#in-admonition data-expect="*"}
    echo admonition
    ```

??? note

    > ```bash {#in-quote-in-details}
    > echo quote
    > ```

=== "Debian"

    ```bash {#in-tab data-on="debian"}
    echo debian

    echo after a blank line
    ```

=== "Arch"

    === "Inner"

        ```bash {#in-inner-tab data-on="arch"}
        echo arch
        ```

> quoted
>
> ```shell {#in-quote}
> echo quote
> ```

````markdown
```bash {#shown-not-run}
echo an example of a fence
```
````

````bash {#longer}
cat <<'EOF'
```bash {#inside}
EOF
````

<!--
```bash {#in-comment}
echo hidden
```
-->

    ```bash {#indented-code}
    echo code
    ```

```{.bash #class-first}
echo class
```

```console {#transcript}
$ echo transcript
```

``not a fence``

``` bash {#blank-before}
echo last, without a newline at the end of the file
```"""


def rendered(page: Path) -> list[str]:
    # A comment goes into the HTML as it is, with what was made of the fence in it.
    html = re.sub(r"<!--.*?-->", "", page.read_text(), flags=re.S)
    assert 'class="unseen"' not in html, f"{page} prints a fence that the runner does not see"
    return RENDERED.findall(html)


def page_file(site: Path, page: str) -> Path:
    name = page.removeprefix("docs/").removesuffix(".md")
    return site / ("index.html" if name == "index" else f"{name.removesuffix('/index')}/index.html")


@pytest.mark.slow
def test_every_page_shows_the_snippets_that_are_run(tmp_path: Path) -> None:
    build(CHECKOUT, tmp_path)
    pages = load_pages(sorted((CHECKOUT / "docs").rglob("*.md")), CHECKOUT)
    run = {page.path: [snippet.id for snippet in page.snippets] for page in pages}
    assert run == {page.path: rendered(page_file(tmp_path, page.path)) for page in pages}
    assert sum(map(len, run.values())) > 40


@pytest.mark.slow
def test_a_nasty_page_shows_the_snippets_that_are_run(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text(f"INHERIT: {CHECKOUT / 'mkdocs.yml'}\nnav: [index.md]\n")
    (tmp_path / "prtip_guide").symlink_to(CHECKOUT / "prtip_guide")
    (tmp_path / "results").mkdir()
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_bytes(NASTY.encode())
    (docs / "assets").symlink_to(CHECKOUT / "docs" / "assets")
    build(tmp_path, tmp_path / "site")
    run = [snippet.id for snippet in load_pages([docs / "index.md"], tmp_path)[0].snippets]
    assert run == rendered(tmp_path / "site" / "index.html")
    assert set(run).isdisjoint({"shown-not-run", "inside", "in-comment", "indented-code"})
    assert len(run) == 12
