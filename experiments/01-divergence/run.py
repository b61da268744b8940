"""Run the experiment, put its figure beside this file, and print the numbers that the finding quotes."""

from pathlib import Path

import xarray as xr

import csmc

HERE = Path(__file__).parent
CONFIGURATION = HERE.parents[1] / "configs" / "quickstart.yaml"
SHOWN = ("collective_security", "un_security_council", "un_without_veto")


def save_figure(result: xr.Dataset) -> None:
    """Keep the map of differences in war as figure.png and figure.svg."""
    for path in csmc.report.figures(result, HERE):
        path.replace(HERE / f"figure{path.suffix}")


def print_differences(result: xr.Dataset, institution: str) -> None:
    """Print the difference in war from the reference over the grid, in percentage points of all crises."""
    parts = ["war_difference", "war_difference_low", "war_difference_high"]
    grid = 100 * result[parts].csmc.grid().sel(institution=institution)
    half_width = (grid.war_difference_high - grid.war_difference_low) / 2
    print(f"\nwar under {institution} minus war under {result.csmc.reference}, percentage points")
    print(grid.war_difference.to_pandas().round(1).to_string())
    print(f"half-widths of the 95% intervals: at most {float(half_width.max()):.2f}")


if __name__ == "__main__":
    result = csmc.run(CONFIGURATION, output=HERE / "results")
    save_figure(result)
    for institution in SHOWN:
        print_differences(result, institution)
