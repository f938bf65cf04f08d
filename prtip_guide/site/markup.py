"""HTML from the templates beside this file; every value is escaped unless it is HTML already."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from prtip_guide.site.verdict import NEVER, SHAPES

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals |= {"shapes": SHAPES, "never": NEVER}


def render(template: str, **values: object) -> str:
    """The HTML of one template."""
    return Markup(_templates.get_template(f"{template}.html").render(**values))
