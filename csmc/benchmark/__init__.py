"""Yardsticks that the kernel is measured against."""
