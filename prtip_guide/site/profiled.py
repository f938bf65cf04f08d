"""A figure of a profile in a sentence: `#!profiled scenario kind /place/in the summary/ unit`."""

import re
import xml.etree.ElementTree as etree

from markdown import Markdown

from prtip_guide.quantity import bytes_text, seconds_text
from prtip_guide.site.citation import cite, with_unit
from prtip_guide.site.folder import FolderError
from prtip_guide.site.number import NumberError
from prtip_guide.site.profiles import PLACES, Profile, find_profiles, find_value
from prtip_guide.site.results import ResultsError

REQUEST = re.compile(
    rf"(?P<scenario>\S+) (?P<kind>{'|'.join(PLACES)})(?: @(?P<target>\S+))? /(?P<place>.+)/(?: (?P<unit>.+))?"
)


def profiled(src: str, language: str, class_name: str, md: Markdown) -> etree.Element:
    """The formatter for ``custom_inline``: the figure with its source."""
    request = REQUEST.fullmatch(src.strip())
    if request is None:
        kinds = ", ".join(PLACES)
        raise NumberError(f"`#!profiled {src}`: write `#!profiled scenario kind /place/ unit`; the kinds are {kinds}")
    try:
        found = find_profiles(request["scenario"], request["kind"])
    except (FolderError, ResultsError) as error:
        raise NumberError(str(error)) from error
    named = [each for each in found if request["target"] in {None, each.document["target"]["name"]}]
    if not named:
        remedy = f"prtip-guide profile --scenario {request['scenario']} --type {request['kind']}"
        raise NumberError(f"#!profiled {src}: no such profile in results/profiles; make it with {remedy}")
    profile = named[0]
    number = _number(profile, request["place"], request["unit"] or "")
    words = f"Measured on {profile.where}, {profile.date}, by the {request['kind']} profile {request['scenario']}"
    return cite(class_name, number, words, f"/results/{profile.files[-1].path}")


def _number(profile: Profile, place: str, unit: str) -> str:
    try:
        value = find_value(profile.document, place)
    except (KeyError, TypeError) as error:
        raise NumberError(f"#!profiled: {place}: {error} in {profile.path}; look there for the place") from error
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NumberError(f"#!profiled: {place} in {profile.path} is {value!r:.40}, no number")
    if place.endswith("bytes"):
        return bytes_text(value)
    if place.endswith("seconds"):
        return seconds_text(value)
    return with_unit(f"{value:,}" if isinstance(value, int) else f"{value:,.3g}", unit)
