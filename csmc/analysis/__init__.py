"""What is asked of a finished result: questions in, labelled xarray Datasets out."""

from csmc.analysis.average import average
from csmc.analysis.contrasts import contrasts
from csmc.analysis.discovery import discover
from csmc.analysis.prevention import prevention
from csmc.analysis.screening import screen
from csmc.analysis.sensitivity import sensitivity

__all__ = ["average", "contrasts", "discover", "prevention", "screen", "sensitivity"]
