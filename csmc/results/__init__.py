"""The labelled result of an experiment: one xarray Dataset, on disk as Zarr."""

from csmc.results.accessor import Results
from csmc.results.assemble import assemble
from csmc.results.export import export
from csmc.results.read import RESULT_NAME, is_partial, open_results, reading, refuse_other_stream, result_path

__all__ = [
    "RESULT_NAME",
    "Results",
    "assemble",
    "export",
    "is_partial",
    "open_results",
    "reading",
    "refuse_other_stream",
    "result_path",
]
