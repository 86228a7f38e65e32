"""The step that EMR would be given, taken from a dry submission and run here, word for word.

Only the place of the package differs: here it lies in HDFS, there in the deployment's bucket.
"""

import json
import os
from typing import Final

from rehearsal.scenes import Scene
from rehearsal.stagehand import Said

BUCKET: Final = "s3://${Bucket}/fruits/packages"
"""Where a dry submission has the package, as long as nothing is deployed."""

NODE_ENVIRONMENT: Final = {"PYSPARK_PYTHON": "/usr/bin/python3"}
"""What the nodes of EMR set for everybody, which must not win over the archive's Python."""


def step_of(scene: Scene) -> list[str]:
    """Return the arguments of the step of `submit emr --dry-run` for a scene's run."""
    _, _, _, *words = scene.arguments  # cloud submit yarn
    nobody = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    hand = scene.hand.with_environment(nobody)
    said = hand.fruits("cloud", "submit", "emr", "--dry-run", "--json", "--images", "1", *words)
    plan = json.loads(said.stdout)
    (step,) = plan["RunJobFlow"]["Steps"]
    arguments: list[str] = step["HadoopJarStep"]["Args"]
    if arguments[3:] != plan["command"]:
        raise SystemExit(f"the step is not the command that is shown: {arguments}")
    return arguments


def run_step(scene: Scene, stage: str, spark_home: str) -> Said:
    """Run the step at the cluster's edge, as `command-runner.jar` does, and return what it said."""
    arguments = [word.replace(BUCKET, stage) for word in step_of(scene)]
    path = f"{spark_home}/bin:{scene.hand.environ['PATH']}"
    hand = scene.hand.with_environment({"PATH": path, **NODE_ENVIRONMENT})
    done = hand.popen(arguments)
    stdout, stderr = done.communicate()
    if done.returncode:
        raise SystemExit(f"the step of EMR ended with {done.returncode}:\n{stderr[-4000:]}")
    return Said(done.returncode, stdout, stderr)
