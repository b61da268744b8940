"""From exact tallies to estimates with standard errors, intervals and paired differences."""

from csmc.estimate.metrics import METRICS, Metric, chosen_metrics, plan
from csmc.estimate.paired import Difference, Estimate, differences, estimate
from csmc.estimate.precision import excess, level_of, targets
from csmc.estimate.ratios import Moments, Pairs
from csmc.estimate.replication import ReplicationGain, replication_gain

__all__ = [
    "METRICS",
    "Difference",
    "Estimate",
    "Metric",
    "Moments",
    "Pairs",
    "ReplicationGain",
    "chosen_metrics",
    "differences",
    "estimate",
    "excess",
    "level_of",
    "plan",
    "replication_gain",
    "targets",
]
