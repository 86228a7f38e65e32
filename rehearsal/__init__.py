"""A dress rehearsal on a real Hadoop cluster on this machine: HDFS, YARN, and Spark standalone."""
