"""What is asked of a finished result: questions in, labelled xarray Datasets out."""

from csmc.analysis.contrasts import contrasts
from csmc.analysis.prevention import prevention

__all__ = ["contrasts", "prevention"]
