"""`python -m graphcredit` is the command line."""

from graphcredit.cli import main

main()
