"""Reports as bytes: one module for each format behind one registry, and the way to stdout or a file."""
