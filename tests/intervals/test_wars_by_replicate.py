"""Shares of wars and their errors are those of the kernel's single replicates, one by one."""

from pathlib import Path

import numpy as np
import pytest

from csmc.engine.spans import Span
from csmc.engine.tallies import tally_span
from csmc.estimate import plan
from csmc.estimate.fates import prevention
from csmc.kernel.codes import Outcome, Tally
from csmc.kernel.result import PREVENTED
from tests.intervals.batches import batches, moments_of, quickstart
from tests.stacked import stack
from tests.unit.test_fates import all_pairs


@pytest.mark.parametrize(("episodes", "joint"), [(1, "all"), (1, "reference"), (7, "all"), (7, "reference")])
def test_ratios_and_errors_are_those_of_the_kernels_single_replicates(configs: Path, episodes: int, joint: str) -> None:
    changes = [f"dynamics.episodes={episodes}", f"outputs.joint={joint}", "outputs.metrics=[war]"]
    asked, size = quickstart(configs, *changes, "design={grid: {interests.divergence: [2.0]}}"), 400
    the_plan = plan(asked)
    point = moments_of(asked, stack([tally_span(asked, Span(0, 0, size), the_plan)]), size)
    alone = batches(asked, size, 1)
    wars = np.stack([one.sums[:, Tally.WARS] for one in alone]).astype(float)
    partners = the_plan.partners(4).tolist()
    war = slice(Outcome.BILATERAL_WAR, None)
    for one, other in all_pairs(the_plan.reference, joint, 4):
        found = prevention(point, one, other)
        tables = [a.joint[one, partners.index(other)] if other in partners else a.joint[other, 0].T for a in alone]
        lost = np.array([table[war, : Outcome.BILATERAL_WAR].sum() for table in tables], dtype=float)
        new = np.array([table[: Outcome.BILATERAL_WAR, war].sum() for table in tables], dtype=float)
        for known, above, below, place in (
            (found.fates, lost, wars[:, one], PREVENTED),
            (found.origins, new, wars[:, other], PREVENTED),
            (found.added, new, wars[:, one], PREVENTED),
            (found.net, wars[:, one] - wars[:, other], wars[:, one], 0),
        ):
            ratio, informative = above.sum() / below.sum(), below.sum() ** 2 / (below**2).sum()
            errors = (above - ratio * below) / below.sum()
            se = np.sqrt((errors**2).sum() * informative / (informative - 1))
            assert known.value[0, place] == pytest.approx(ratio, rel=1e-12, abs=1e-15)
            assert known.se[0, place] == pytest.approx(se, rel=1e-12, abs=1e-15)
