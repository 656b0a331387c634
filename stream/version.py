"""The version of the software, as its distribution says."""

from importlib.metadata import version
from typing import Final

__all__ = ["VERSION"]

VERSION: Final = version("ratestream")
