"""The command line: one file a command. `main.py` holds the entry point; nothing here is imported by the library."""
