"""What the job starts: `fruits`, in the Spark session that Databricks has opened.

The first argument is the number of the job's run, the others are the command.
"""

import os
import sys

from pyspark.sql import SparkSession

from fruits.cli import main

run, *command = sys.argv[1:]
# The driver posts in the output how far it is: `fruits cloud status yarn --output …` reads that.
os.environ["FRUITS_SUBMISSION"] = f"databricks-{run}"
# Live from here on, and so borrowed: fruits never stops a session that it did not start.
SparkSession.builder.getOrCreate()
try:
    main(command)
except SystemExit as ended:
    if ended.code:
        raise RuntimeError(f"fruits ended with exit code {ended.code}, told above") from None
