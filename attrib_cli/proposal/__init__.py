"""What a folder of someone's own exports probably is: its tables, their columns, the configuration for them."""
