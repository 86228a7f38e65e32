"""EMR and EMR Serverless in the EU: what lasts, what runs, what it costs, and how it ends."""
