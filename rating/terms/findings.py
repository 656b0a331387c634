"""What a check of instruments has to say."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["LintFinding", "Severity"]

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing to look at.

    severity : ``error`` is a fault of the files, ``warning`` something that the text itself has
    wrong or that cannot act, ``info`` what a reader should know. clause : its reference, empty where
    the instrument as a whole is meant.
    """

    severity: Severity
    instrument: str
    clause: str
    message: str
