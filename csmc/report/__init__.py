"""What a result says: a table, an answer in words, and figures."""

from csmc.report.figures import figures
from csmc.report.plots import Plots
from csmc.report.summary import Summary, Table, summary

__all__ = ["Plots", "Summary", "Table", "figures", "summary"]
