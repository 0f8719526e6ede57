"""What a folder of someone's own exports probably is: the tables in it, their columns, and the configuration for them."""
