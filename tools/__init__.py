"""What developers run: references for the documentation, releases. No part of what is installed."""
