"""`fruits cloud`: the group of its commands, and which places they know."""

from typing import Final

import click

from fruits.cli.cloud_lasting import deploy, destroy, open_
from fruits.cli.cloud_preparation import estimate, package
from fruits.cli.cloud_runs import logs, status, submit

EXAMPLES: Final = """
\b
Examples:
  fruits cloud package --model mobilenet_v2
  fruits cloud package --platform linux-aarch64 --dry-run
  fruits cloud package --for databricks
  fruits cloud estimate emr-serverless --images 100000
  fruits cloud deploy emr-serverless --region eu-west-3 --email me@example.org --dry-run
  fruits cloud submit emr-serverless -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
  fruits cloud submit emr --instance m7g.xlarge -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
  fruits cloud submit yarn --executors 8 --cores 4 -- features --input hdfs:///photos --output hdfs:///out
  fruits cloud submit ec2 --spot 1 -- run --input s3://BUCKET/raw --output s3://BUCKET/out/1
  fruits cloud status yarn --output hdfs:///out
  fruits cloud logs yarn application_1764200000000_0001
  fruits cloud open emr --hours 2
  fruits cloud destroy emr --dry-run
"""


@click.group(epilog=EXAMPLES)
def cloud() -> None:
    """Package the chain for a cluster, send runs there, follow, read and end them.

    TARGET is one of

    \b
    emr-serverless  EMR Serverless, in a region of the EU; nothing is held between runs
    emr             EMR on EC2: a cluster for a run, or with JupyterHub for a demonstration
    ec2             one server of EC2, Spark on all its cores
    yarn            a Hadoop cluster, the one that HADOOP_CONF_DIR names
    """


for command in (package, estimate, deploy, submit, status, logs, open_, destroy):
    cloud.add_command(command)
