"""What is asked of a finished result: questions in, labelled xarray Datasets out."""

from csmc.analysis.average import average
from csmc.analysis.best import best
from csmc.analysis.boundary import boundary
from csmc.analysis.compare import compare
from csmc.analysis.contrasts import contrasts
from csmc.analysis.diagnostics import diagnose
from csmc.analysis.discovery import discover
from csmc.analysis.dominance import dominance
from csmc.analysis.prevention import prevention
from csmc.analysis.rare import rare
from csmc.analysis.screening import screen
from csmc.analysis.sensitivity import sensitivity

__all__ = [
    "average",
    "best",
    "boundary",
    "compare",
    "contrasts",
    "diagnose",
    "discover",
    "dominance",
    "prevention",
    "rare",
    "screen",
    "sensitivity",
]
