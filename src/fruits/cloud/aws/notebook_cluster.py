"""A notebook's wish → the request for a cluster of EMR with JupyterHub; nothing is asked here."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from fruits.cloud.aws.cluster import applications, base_cluster, configuration
from fruits.cloud.command import CHAIN
from fruits.cloud.size import Size

if TYPE_CHECKING:
    from fruits.cloud.aws.notebook import Notebook

PREFIX: Final = "/opt/fruits"
"""Where bootstrap-emr.sh puts the wheels and networks."""

USE: Final = {"Key": "fruits-use", "Value": "notebook"}
"""The tag that tells a cluster for notebooks from one for a single command."""


def notebook_cluster(wish: "Notebook") -> dict[str, Any]:
    """Return the arguments of `RunJobFlow`: our wheels on each node, and nothing to run yet.

    It does not end with a last step, since it has none: its idle time and its watchdog end it.
    """
    script = {"Path": f"{wish.wheels}/bootstrap-emr.sh", "Args": [wish.wheels, PREFIX]}
    cluster = base_cluster(wish.submission, wish.deployment, wish.nodes, release=wish.release)
    cluster |= {
        "Name": f"fruits notebook {wish.submission}",
        "Applications": applications("Hadoop", "Spark", "Livy", "JupyterHub"),
        "BootstrapActions": [{"Name": "fruits", "ScriptBootstrapAction": script}],
        "Configurations": [*cluster["Configurations"], *_sessions(wish.size, wish.account.region)],
        "Tags": [*cluster["Tags"], USE],
    }
    cluster["Instances"]["KeepJobFlowAliveWhenNoSteps"] = True
    return cluster


def _sessions(size: Size, region: str) -> Sequence[dict[str, Any]]:
    """Have sessions of Livy use the wheels' Python and networks, on the driver and the workers."""
    python = f"{PREFIX}/venv/bin/python"
    spark = {
        **CHAIN,
        **size.settings(),
        "spark.pyspark.python": python,
        "spark.pyspark.driver.python": python,
    }
    for process in ("spark.yarn.appMasterEnv", "spark.executorEnv"):
        spark |= {
            f"{process}.PYSPARK_PYTHON": python,
            f"{process}.FRUITS_PACKAGED": f"{PREFIX}/networks",
            f"{process}.AWS_REGION": region,
        }
    exports = {"PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python}
    shell = configuration("spark-env", {}, [configuration("export", exports)])
    return [configuration("spark-defaults", spark), shell]
