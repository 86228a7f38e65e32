"""Everything that touches a disk or an object store: URIs in, bytes and tables out."""
