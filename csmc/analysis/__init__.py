"""What is asked of a finished result: questions in, labelled xarray Datasets out."""

from csmc.analysis.best import best
from csmc.analysis.boundary import boundary
from csmc.analysis.contrasts import contrasts
from csmc.analysis.dominance import dominance
from csmc.analysis.prevention import prevention

__all__ = ["best", "boundary", "contrasts", "dominance", "prevention"]
