"""What a mail says of reports: the pieces of pages and terminals, for clients that run and load nothing."""
