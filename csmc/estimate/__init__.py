"""From exact tallies to estimates with standard errors, intervals and paired differences."""

from csmc.estimate.metrics import METRICS, Metric, chosen_metrics, plan
from csmc.estimate.paired import Estimate, estimate
from csmc.estimate.ratios import Moments
from csmc.estimate.replication import ReplicationGain, replication_gain

__all__ = [
    "METRICS",
    "Estimate",
    "Metric",
    "Moments",
    "ReplicationGain",
    "chosen_metrics",
    "estimate",
    "plan",
    "replication_gain",
]
