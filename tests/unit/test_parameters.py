"""The table of parameters, and the record that the kernel gets from it."""

import math

import numpy as np
import pytest

from csmc.parameters import BY_PATH, PARAMETERS, POINT_DTYPE, defaults, pack_point


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.path)
def test_every_parameter_is_documented_and_its_default_is_legal(parameter):
    assert parameter.accepts(parameter.default)
    assert parameter.meaning.endswith(".")
    assert parameter.unit
    assert parameter.source
    assert parameter.low < parameter.high


def test_paths_and_fields_are_unique():
    assert len(BY_PATH) == len({parameter.path for parameter in BY_PATH.values()})
    assert len(POINT_DTYPE.names) == len(PARAMETERS) == len(set(POINT_DTYPE.names))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, "1", None, [1], 11.0, -0.1])
def test_illegal_numbers_are_refused(value):
    assert not BY_PATH["interests.divergence"].accepts(value)


@pytest.mark.parametrize(
    ("path", "legal", "illegal"),
    [
        ("interests.persistence", [0, 0.999], [1, 1.0, -1e-9]),
        ("crisis.war_cost", [1e-9, 1000], [0, 0.0, 1000.1]),
        ("crisis.hegemony", [0.5], [0, 1]),
        ("crisis.challenge_cost", [-1000, 1000], [-1001]),
        ("response.noise", [0.01, 10], [0.0099]),
        ("system.n_states", [2, 64], [1, 65, 8.0, True]),
        ("dynamics.episodes", [1, 1_000_000], [0, 1_000_001]),
        ("system.capability.concentration", [0.05], [0.049]),
        ("system.geography.layout", ["ring"], ["Ring", 1, None]),
    ],
)
def test_bounds_are_open_or_closed_as_documented(path, legal, illegal):
    assert all(BY_PATH[path].accepts(value) for value in legal)
    assert not any(BY_PATH[path].accepts(value) for value in illegal)


def test_record_has_one_aligned_field_of_eight_bytes_per_parameter():
    assert POINT_DTYPE.isalignedstruct
    assert POINT_DTYPE.itemsize == 8 * len(PARAMETERS)
    assert POINT_DTYPE["n_states"] == np.int64
    assert POINT_DTYPE["layout"] == np.int64
    assert POINT_DTYPE["capability_sigma"] == np.float64


def test_pack_point_puts_every_value_into_its_field():
    values = defaults() | {"system.geography.layout": "plane", "response.noise": 0.7, "dynamics.episodes": 20}
    record = pack_point(values)
    assert record.shape == (1,)
    assert (record.layout[0], record.noise[0], record.episodes[0]) == (2, 0.7, 20)
    assert record.capability_distribution[0] == 1
    assert record.war_cost[0] == 0.4
