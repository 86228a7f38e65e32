"""The chain's two learned steps as citizens of pyspark.ml: ImageFeaturizer and PCA."""
