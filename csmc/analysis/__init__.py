"""What is asked of a finished result: questions in, labelled xarray Datasets out."""

from csmc.analysis.rare import rare

__all__ = ["rare"]
