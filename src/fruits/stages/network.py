"""Remembers which networks an output's features came from, so that `reduce` needs none."""

import json
from dataclasses import asdict
from typing import Any, Final

from fruits.config import Config
from fruits.errors import InputError
from fruits.models.model import Model
from fruits.report.facts import ModelFacts
from fruits.storage.output import Output

FOLDER: Final = "_fruits/models"


def remember_model(output: Output, model: Model, *, config: Config) -> ModelFacts:
    """Write the network's facts as `_fruits/models/<fingerprint>.json` and return them."""
    facts = ModelFacts(model.name, model.fingerprint, model.dim, dict(model.details))
    record = asdict(facts) | {"precision": config.precision, "fit": config.fit}
    output.write(f"{FOLDER}/{model.fingerprint}.json", json.dumps(record, indent=1).encode())
    return facts


def recall_model(output: Output, *, config: Config) -> ModelFacts:
    """Find the network whose features are to be reduced: the only one, or the one configured.

    Raises InputError when the output has features of no network, or of none that fits `config`.
    """
    records = [
        json.loads(output.read(f"{FOLDER}/{name}") or b"{}") for name in output.names(FOLDER)
    ]
    if not records:
        raise InputError(f"{output.uri} holds no features: run `fruits features` first")
    fitting = records if len(records) == 1 else [r for r in records if _fits(r, config)]
    if len(fitting) != 1:
        there = ", ".join(f"{r['name']} ({r['precision']}, {r['fit']})" for r in records)
        raise InputError(
            f"{output.uri} holds features of {there}: say which with --model, --precision and --fit"
        )
    return _facts(fitting[0])


def recall_facts(output: Output, fingerprint: str) -> ModelFacts:
    """Return the facts of the network of this fingerprint; InputError where there are none."""
    content = output.read(f"{FOLDER}/{fingerprint}.json")
    if content is None:
        raise InputError(
            f"{output.uri} knows no network {fingerprint}: run `fruits features` again"
        )
    return _facts(json.loads(content))


def _facts(record: dict[str, Any]) -> ModelFacts:
    return ModelFacts(**{key: record[key] for key in ("name", "fingerprint", "dim", "details")})


def _fits(record: dict[str, object], config: Config) -> bool:
    wanted = (config.model, config.precision, config.fit)
    return (record["name"], record["precision"], record["fit"]) == wanted
