"""The policy that is in force: what each file adds to the built-in rules, and the digest of it all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from bot.policy.verdict import Origin
from bot.policy.windows import Window
from bot.policy.written import PolicyPart


@dataclass(frozen=True)
class Layer:
    """One file's part. Layers are added up: none can take back what another one asks for."""

    origin: Origin
    part: PolicyPart


@dataclass(frozen=True)
class Policy:
    """The built-in rules with these layers. `bots` are the ids of the Apps that the server lists."""

    layers: tuple[Layer, ...] = ()
    bots: frozenset[int] = frozenset()

    @property
    def freeze(self) -> tuple[Window, ...]:
        return tuple(window for layer in self.layers for window in layer.part.freeze)

    @property
    def lock_files(self) -> bool:
        return any(layer.part.lock_files for layer in self.layers)

    def asks_about(self, *conditions: str) -> bool:
        """Whether a rule of any file has one of these conditions."""
        rules = (rule for layer in self.layers for rule in layer.part.rules)
        return any(getattr(rule.when, name) is not None for rule in rules for name in conditions)

    @property
    def teams(self) -> tuple[str, ...]:
        """Those of which a rule wants to know whether somebody is in them."""
        rules = (rule for layer in self.layers for rule in layer.part.rules)
        return tuple(dict.fromkeys(team for rule in rules for team in rule.when.outside_teams or ()))

    @property
    def version(self) -> str:
        """64 hex digits: SHA-256 of everything that the files say."""
        said = {
            "bots": sorted(self.bots),
            "layers": [[str(layer.origin), layer.part.model_dump(mode="json")] for layer in self.layers],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
