"""Configurations: YAML or Python objects in, an `Experiment` or all that is wrong with them out."""

from csmc.config.experiment import KEY_BYTES, Experiment, Point, load_experiment
from csmc.config.schema import schema

__all__ = ["KEY_BYTES", "Experiment", "Point", "load_experiment", "schema"]
