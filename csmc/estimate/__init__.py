"""From exact tallies to estimates with standard errors, intervals and paired differences."""

from csmc.estimate.controls import Controlled, moments_of
from csmc.estimate.gains import Gain, control_gain, gains_of, replication_gain
from csmc.estimate.metrics import METRICS, Metric, chosen_metrics, plan
from csmc.estimate.paired import Difference, Estimate, differences, estimate
from csmc.estimate.precision import excess, level_of, targets
from csmc.estimate.ratios import Moments, Pairs

__all__ = [
    "METRICS",
    "Controlled",
    "Difference",
    "Estimate",
    "Gain",
    "Metric",
    "Moments",
    "Pairs",
    "chosen_metrics",
    "control_gain",
    "differences",
    "estimate",
    "excess",
    "gains_of",
    "level_of",
    "moments_of",
    "plan",
    "replication_gain",
    "targets",
]
