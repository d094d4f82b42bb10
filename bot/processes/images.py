"""`devops-agent images`: which images a step may run in here, and which of them are on this machine."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from bot.processes.server_rules import server_rules
from bot.settings import HandsSettings, ServersChoice, load
from runners.docker.doctor import digests


def main() -> int:
    """0 when all of them are here."""
    usual, server = load(HandsSettings).sandbox_image, server_rules(load(ServersChoice))
    chosen = [*server.images, *([server.defaults.image] if server.defaults.image else [])]
    found = digests(dict.fromkeys([usual, *chosen]))
    console = Console()
    for image, digest in found.items():
        sign = ("✓ ", "green") if digest else ("✗ ", "red")
        role = " (where nobody chooses)" if image == (server.defaults.image or usual) else ""
        told = digest or "It is not on this machine, and nothing is pulled during a run: pull or build it."
        console.print(Text.assemble(sign, (image, "bold"), f"{role}: {told}"), soft_wrap=True)
    return 0 if all(found.values()) else 1
