"""HTML from the templates beside this file; every value is escaped unless it is HTML already."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from prtip_guide.site.verdict import NEVER, SHAPES

CODE = re.compile(r"`([^`]+)`")


def _ticks(text: str) -> Markup:
    """Escape a reason and turn what stands between backticks into code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(Markup.escape(text))))


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    auto_reload=False,  # asked for a thousand times a build, and each time the file would be looked at
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals |= {"shapes": SHAPES, "never": NEVER}

_templates.filters["ticks"] = _ticks


def render(template: str, **values: object) -> str:
    """The HTML of one template."""
    return Markup(_templates.get_template(f"{template}.html").render(**values))
