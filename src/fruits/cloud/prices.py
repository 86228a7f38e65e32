"""What AWS charges: a dated table with its sources; a newer file of the same form replaces it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fruits.errors import ConfigError
from fruits.storage.regions import check_region

TABLE: Final = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Prices:
    """The table; every price is in US dollars, before tax."""

    table: Mapping[str, Any]

    @property
    def dated(self) -> str:
        """When the prices were read."""
        return str(self.table["dated"])

    @property
    def eur_per_usd(self) -> float:
        """Euros for a dollar."""
        return float(self.table["exchange"]["eur_per_usd"])

    def serverless(self, region: str) -> tuple[Mapping[str, float], str | None]:
        """Return a region's prices of EMR Serverless, and a remark where they are another's."""
        return _of_region(self.table["serverless"]["regions"], region, key="vcpu_hour")

    def instance(self, name: str) -> Mapping[str, Any]:
        """Return what is known of a type of instance; ConfigError for an unknown one."""
        known: Mapping[str, Any] = self.table["ec2"]["instances"]
        if name not in known:
            raise ConfigError(
                f"no price is known for {name}: take one of {', '.join(known)}, or give a table "
                "that has it with --prices FILE.toml"
            )
        found: Mapping[str, Any] = known[name]
        return found

    def instance_hour(self, name: str, region: str) -> tuple[float, str | None]:
        """Return what an instance costs an hour, EMR's share included, and a remark as above."""
        hour, remark = self.server_hour(name, region)
        return hour + float(self.instance(name)["emr_hour"]), remark

    def server_hour(self, name: str, region: str) -> tuple[float, str | None]:
        """Return what an instance costs an hour by itself, and a remark as above."""
        prices = self.instance(name)["hour"]
        regions = {place: {"hour": price} for place, price in prices.items()}
        found, remark = _of_region(regions, region, key="hour")
        return float(found["hour"]), remark

    def confidences(self, *sections: str) -> dict[str, str]:
        """Tell how sure the prices of these sections are, and where they are from."""
        found = {name: self.table[name] for name in ("exchange", *sections)}
        return {name: f"{one['confidence']}: {one['source']}" for name, one in found.items()}


def _of_region(
    regions: Mapping[str, Mapping[str, float]], region: str, *, key: str
) -> tuple[Mapping[str, float], str | None]:
    """Return a region's prices; where none are known, the dearest ones, and say so."""
    check_region(region, "the estimate")
    if region in regions:
        return regions[region], None
    dearest = max(regions, key=lambda name: regions[name][key])
    return regions[dearest], f"no price is known for {region}: reckoned with {dearest}'s"


def read_prices(file: str | None = None) -> Prices:
    """Read the package's table, or a file of the same form; ConfigError where it has gaps."""
    path = Path(file) if file else TABLE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigError(f"the prices in {path} cannot be read: {exc}") from exc
    wanted = ("dated", "exchange", "serverless", "ec2", "storage", "network")
    if missing := [key for key in wanted if key not in table]:
        raise ConfigError(f"the prices in {path} lack {', '.join(missing)}: see {TABLE}")
    return Prices(table)
