"""From exact tallies to estimates with standard errors, intervals and paired differences."""

from csmc.estimate.metrics import METRICS, Metric, chosen_metrics, plan
from csmc.estimate.paired import Estimate, estimate
from csmc.estimate.precision import excess, level_of, targets
from csmc.estimate.ratios import Moments

__all__ = [
    "METRICS",
    "Estimate",
    "Metric",
    "Moments",
    "chosen_metrics",
    "estimate",
    "excess",
    "level_of",
    "plan",
    "targets",
]
