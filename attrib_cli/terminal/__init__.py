"""What the program is on a terminal and in a shell: its streams, what it says on them, and its exit code."""
