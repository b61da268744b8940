"""Worlds small enough to be computed without simulation, and the comparison of the kernel with them."""
