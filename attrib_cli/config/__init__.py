"""The configuration `attrib.yaml`: found, read and checked, every error with file, line and key."""
