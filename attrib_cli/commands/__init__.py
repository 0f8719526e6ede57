"""One short module for each subcommand: flags to request, request to engine, answer to output."""
