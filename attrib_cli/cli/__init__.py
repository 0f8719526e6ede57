"""What is typed: the options of commands, in groups, and their completion."""
