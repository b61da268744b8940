"""`csmc validate`: is this configuration right, and what would it run."""

import json
from typing import Annotated

import typer

from csmc.cli.console import say
from csmc.cli.options import Config, Overrides


def validate(
    config: Config,
    overrides: Overrides = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what would run as JSON.")] = False,
) -> None:
    """Check a configuration, every point of its design included, without running it."""
    from csmc.api import load_experiment
    from csmc.engine.progress import total_episodes
    from csmc.estimate.precision import described

    experiment = load_experiment(config, overrides or ())
    most, aims = experiment.sampling.most, described(experiment) if experiment.sampling.precision else []
    names = [item.name for item in experiment.institutions]
    if as_json:
        facts = {"name": experiment.name, "points": experiment.n_points, "replicates": most, "precision": [*aims]}
        more = {"institutions": names, "varied": experiment.varied, "episodes": total_episodes(experiment)}
        print(json.dumps(facts | more, indent=2))
        return
    say(f"{config} is right: {experiment.name}")
    if not aims:
        say(f"  {experiment.n_points:,} points x {most:,} replicates")
    else:
        say(f"  {experiment.n_points:,} points, each until {', '.join(aims)}")
        say(f"  or {most:,} replicates")
    say(f"  {len(names)} institutions: {', '.join(names)}")
    if experiment.varied:
        say(f"  varied: {', '.join(experiment.varied)}")
    at_most = "at most " if aims else ""
    say(f"  {at_most}{total_episodes(experiment):,} crisis episodes, each under every institution")
