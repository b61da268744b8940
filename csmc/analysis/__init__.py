"""What is asked of a finished result: questions in, labelled xarray Datasets out."""

from csmc.analysis.average import average

__all__ = ["average"]
