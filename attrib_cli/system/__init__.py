"""What touches the machine: files, locks and folders."""
