"""What spark-submit starts in the driver: `fruits`, with the arguments that follow the first.

The first one names the submission. The others are percent-encoded, so that no shell and no JVM on
their way can change them.
"""

import os
import sys
from urllib.parse import unquote

submission, *arguments = sys.argv[1:]
os.environ["FRUITS_SUBMISSION"] = submission
try:
    from fruits.cli import main
except ImportError as exc:
    sys.exit(
        f"fruits: {sys.executable} has no fruits ({exc}): "
        "PYSPARK_PYTHON must name bin/python of the package's archive"
    )
main([unquote(argument, errors="surrogateescape") for argument in arguments])
