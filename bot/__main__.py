"""`python -m bot`: the same as `devops-agent`."""

from bot.cli import main

main()
