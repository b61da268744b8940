"""What a run would cost and tell, from a few seconds of it that are really simulated."""

from csmc.pilot.forecast import Amount, ByPrecision, Forecast, HalfWidth, Pilot, Range, Wall
from csmc.pilot.trial import try_out

__all__ = ["Amount", "ByPrecision", "Forecast", "HalfWidth", "Pilot", "Range", "Wall", "try_out"]
