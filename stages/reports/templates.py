"""Jinja2 as all templates of the reports use it: an unknown name is an error, a line of a tag alone leaves none."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2

Filters = Mapping[str, Callable[[Any], Any]]


def template(text: str, filters: Filters) -> jinja2.Template:
    """Of plain text, which the filters escape where it is told so."""
    environment = _environment(autoescape=False)
    environment.filters |= filters
    return environment.from_string(text)


def html_template(folder: Path, name: str, filters: Filters) -> jinja2.Template:
    """A file in the folder; what is put in it is escaped."""
    environment = _environment(autoescape=True, loader=jinja2.FileSystemLoader(folder))
    environment.filters |= filters
    return environment.get_template(name)


def _environment(**options) -> jinja2.Environment:
    return jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, **options
    )
