"""Changes to the text of a YAML file that leave every other byte as it is."""
