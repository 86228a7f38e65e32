"""`fruits models`: lists the networks, shows one, fetches its weights."""

import click

from fruits.cli.options import as_json


@click.group()
def models() -> None:
    """List the networks, show one, fetch its weights."""


@models.command("list")
@as_json
def list_(*, as_json: bool) -> None:
    """List every network that --model accepts by name."""
    from fruits.cli.console import show_json, show_table
    from fruits.models.catalogue import list_models

    rows = list_models()
    if as_json:
        show_json(rows)
    else:
        show_table(rows, list(rows[0]))


@models.command()
@click.argument("name")
@click.option("--weights", metavar="FILE", help="The network's weights.")
@as_json
def show(name: str, *, weights: str | None, as_json: bool) -> None:
    """Show one network: its input, its width, and where its weights are."""
    from fruits.cli.console import show_json, show_table
    from fruits.models.catalogue import show_model

    facts = show_model(name, weights=weights)
    if as_json:
        show_json(facts)
    else:
        show_table(
            [{"what": key, "value": value} for key, value in facts.items()], ["what", "value"]
        )


@models.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Download a network's ImageNet weights to the cache, by Keras; print where they are."""
    from fruits.models.fetch import fetch_weights

    click.echo(fetch_weights(name))
