"""Run the two experiments, put their figures beside this file, and print the numbers that the finding quotes."""

from pathlib import Path

import xarray as xr

import csmc
from csmc import analysis
from csmc.report.boundary import boundary_figure, setting_label
from csmc.report.indices import index_figures

HERE = Path(__file__).parent
CONFIGURATIONS = HERE.parents[1] / "configs"
WITH, WITHOUT, RIVAL = "un_security_council", "veto_dropped", "balance_of_power"
DIVERGENCE = "interests.divergence"


def print_cost(result: xr.Dataset, output: Path) -> None:
    """Print what the veto costs in war, and what becomes of the wars when it is dropped."""
    pair = {"institution": WITH, "other_institution": WITHOUT}
    found = 100 * analysis.contrasts(output, ["war"], [(WITH, WITHOUT)]).sel(pair)
    fate = analysis.prevention(output, WITH, WITHOUT)
    half = (found.war_difference_high - found.war_difference_low) / 2
    for heading, values in (
        ("war with the veto minus war without it, percentage points of all crises", found.war_difference.values),
        ("wars with the veto that are none without it, per cent", 100 * fate.prevented.values),
    ):
        grid = result[["war"]].isel(institution=0).copy(data={"war": values}).csmc.grid().war
        print(f"\n{heading}\n{grid.to_pandas().round(2 if 'points' in heading else 1).to_string()}")
    print(f"half-widths of the 95 % intervals of the differences: at most {float(half.max()):.2f}")
    print(f"lower ends above 0 at {int((found.war_difference_low > 0).sum())} of {found.sizes['point']} points")
    peaceful = [not str(outcome).endswith("_war") for outcome in fate["outcome"].values]
    new = fate.other_war_count.sel(outcome=peaceful).sum()
    print(f"wars without the veto that are none with it: {int(new)} of {int(fate.other_wars.sum()):,}")


def print_boundary(output: Path, institution: str) -> None:
    """Print up to which divergence of interests an institution has less war than the balance of power."""
    found = analysis.boundary(output, "war", institution, RIVAL, DIVERGENCE)
    boundary_figure(found, HERE / f"{institution}.png")
    for number in range(found.sizes["setting"]):
        line = found.isel(setting=number)
        root, low, high = (float(line[name][0]) for name in ("root_at", "set_low", "set_high"))
        where = f"at {root:.2f} [{low:.2f}, {high:.2f}]" if line.verdict == "flips" else line.better_everywhere.item()
        print(f"{institution}, {setting_label(line)}: {line.verdict.item()} {where}")


def print_rivalry(result: xr.Dataset) -> None:
    """Print at how many points the whole council has less war than the balance of power."""
    less = (result.war_difference_high.sel(institution=WITH) < 0).sum()
    print(f"\n{WITH} has less war than {RIVAL} at {int(less)} of {result.sizes['point']} points")


def print_sensitivity(result: xr.Dataset) -> None:
    """Print and draw which assumptions decide what the veto costs."""
    found = analysis.sensitivity(result, ["war"], institutions=[WITH])
    index_figures(found.sel(estimand=["war_difference"]), result, HERE)
    cost = found[["total", "total_low", "total_high", "first"]].sel(estimand="war_difference", institution=WITH)
    print(f"\n{cost.reset_coords(drop=True).to_dataframe().round(2)}")
    low, high = (result[f"war_difference_{end}"].sel(institution=WITH) for end in ("low", "high"))
    print(f"the veto costs at {int((low > 0).sum()):,} of {low.size:,} points, pays at {int((high < 0).sum())}")


if __name__ == "__main__":
    plane = csmc.run(CONFIGURATIONS / "veto.yaml", output=HERE / "results" / "veto")
    print_cost(plane, HERE / "results" / "veto")
    print_rivalry(plane)
    for institution in ("duties", "duties_veto_dropped"):
        print_boundary(HERE / "results" / "veto", institution)
    print_sensitivity(csmc.run(CONFIGURATIONS / "veto_space.yaml", output=HERE / "results" / "veto-space"))
