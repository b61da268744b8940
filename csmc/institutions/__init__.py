"""Institutions are data: the record of rules, the presets, and how one is made from another."""

from csmc.institutions.catalogue import get, names, resolve
from csmc.institutions.record import (
    INSTITUTION_DTYPE,
    Balancing,
    Council,
    Forum,
    Institution,
    Obligation,
    Rung,
    pack_institutions,
)

__all__ = [
    "INSTITUTION_DTYPE",
    "Balancing",
    "Council",
    "Forum",
    "Institution",
    "Obligation",
    "Rung",
    "get",
    "names",
    "pack_institutions",
    "resolve",
]
