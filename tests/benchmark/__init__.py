"""Tests of the yardsticks: a comparison of speed is worth something only between programs that agree."""
