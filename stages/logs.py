"""Logging of the stages: short lines on stderr."""

import logging
import sys


def configure() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
