"""`csmc validate`: is this configuration right, and what would it run."""

from csmc.cli.console import say
from csmc.cli.options import Config, Overrides


def validate(config: Config, overrides: Overrides = None) -> None:
    """Check a configuration, every point of its design included, without running it."""
    from csmc.api import load_experiment
    from csmc.engine.progress import total_episodes
    from csmc.estimate.precision import described

    experiment = load_experiment(config, overrides or ())
    say(f"{config} is right: {experiment.name}")
    most = experiment.sampling.most
    if experiment.sampling.precision is None:
        say(f"  {experiment.n_points:,} points x {most:,} replicates")
    else:
        say(f"  {experiment.n_points:,} points, each until {', '.join(described(experiment))}")
        say(f"  or {most:,} replicates")
    say(f"  {len(experiment.institutions)} institutions: {', '.join(item.name for item in experiment.institutions)}")
    if experiment.varied:
        say(f"  varied: {', '.join(experiment.varied)}")
    at_most = "" if experiment.sampling.precision is None else "at most "
    say(f"  {at_most}{total_episodes(experiment):,} crisis episodes, each under every institution")
