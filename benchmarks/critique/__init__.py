"""The measurements behind docs/revue-critique.md, and the document itself."""
