"""How fast the kernel is on this machine, and how fast it could be: times, counted operations, and their ratio."""
