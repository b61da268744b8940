"""What is asked of a finished result: questions in, labelled xarray Datasets out."""

from csmc.analysis.diagnostics import diagnose

__all__ = ["diagnose"]
