"""Campaign attribution on your own files: contacts, deals and revenue, to the cent."""

__version__ = "0.1.0"
