"""The only folder that imports pyspark: the session, the broadcast, the Spark runner."""
