"""Where photos may lie: the regions of AWS inside the European Union, a closed list."""

from typing import Final

from fruits.errors import ConfigError

EU_REGIONS: Final = {
    "eu-central-1": "Frankfurt",
    "eu-west-1": "Ireland",
    "eu-west-3": "Paris",
    "eu-north-1": "Stockholm",
    "eu-south-1": "Milan",
    "eu-south-2": "Spain",
}
"""Every region of AWS in a member state. A new one must be added here by a person who has looked:
by its name alone, `eu-isoe-west-1` and London would pass."""

_OUTSIDE: Final = {
    "eu-west-2": "London is in the United Kingdom, outside of the EU",
    "eu-central-2": "Zurich is in Switzerland, outside of the EU",
    "eusc-de-east-1": (
        "the European Sovereign Cloud is a partition of its own, which fruits does not know yet"
    ),
}


def check_region(region: str, what: str) -> str:
    """Return the region if it is in the EU.

    Raises ConfigError, naming `what` is there, the reason, and the regions that may be used.
    """
    if region in EU_REGIONS:
        return region
    reason = _OUTSIDE.get(region, "it is not in the EU")
    allowed = ", ".join(f"{name} ({place})" for name, place in EU_REGIONS.items())
    raise ConfigError(
        f"{what} is in region {region!r}, and personal data stays in the EU: {reason}. "
        f"Use one of {allowed}"
    )
