"""The way out of a box: HAProxy and dnsmasq, told what may pass, and heard on what did not.

The box's resolver knows no address but the proxy's, and that only for hosts that are allowed. The proxy reads
the host from a connection's first bytes, resolves it itself, and connects to the address that it looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Nothing that a name may lead to: IANA's special-purpose registry, as far as it is not global.
NOT_PUBLIC = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
MOST_REFUSED = 1000  # hosts that are remembered
MENTIONED = 20

# Its input is the proxy's configuration, its arguments are the resolver's. Both say what they refuse.
SCRIPT = """
cat >/workspace/haproxy.cfg
haproxy -db -f /workspace/haproxy.cfg 2>&1 &
dnsmasq "$@" 2>&1 &
until (: </dev/tcp/127.0.0.1/80) 2>/dev/null; do sleep 0.02; done
echo ready
wait -n
"""
READY = "ready"

_PROXY = """
global
  log stdout format raw local0
  nbthread 1
  maxconn 512

defaults
  log global
  timeout connect 10s
  timeout client 10m
  timeout server 10m
  timeout http-request 30s

resolvers outside
  parse-resolv-conf
  accepted_payload_size 8192
  hold valid 1s

frontend https
  bind :443
  mode tcp
  log-format "proxy %[var(sess.why)] %[var(sess.host)]"
  tcp-request inspect-delay 5s
  tcp-request content set-var(sess.why) str(tls)
  tcp-request content reject unless {{ req.ssl_hello_type 1 }}
  tcp-request content set-var(sess.host) req.ssl_sni,lower
  tcp-request content set-var(sess.why) str(host)
  tcp-request content reject unless {{ var(sess.host) -m found }}{tls_allowed}
  tcp-request content set-var(sess.why) str(name)
  tcp-request content do-resolve(sess.ip,outside,ipv4) var(sess.host)
  tcp-request content reject unless {{ var(sess.ip) -m found }}
  tcp-request content set-var(sess.why) str(private)
  tcp-request content reject if {{ var(sess.ip) -m ip {not_public} }}
  tcp-request content set-var(sess.why) str(passed)
  tcp-request content set-dst var(sess.ip)
  tcp-request content accept
  default_backend https

backend https
  mode tcp
  server there 0.0.0.0:443

frontend http
  bind :80
  mode http
  log-format "proxy %[var(txn.why)] %[var(txn.host)]"
  http-request set-var(txn.host) hdr(host),host_only,lower
  http-request set-var(txn.why) str(host)
  http-request deny unless {{ var(txn.host) -m found }}{http_allowed}
  http-request set-var(txn.why) str(name)
  http-request do-resolve(txn.ip,outside,ipv4) var(txn.host)
  http-request deny deny_status 502 unless {{ var(txn.ip) -m found }}
  http-request set-var(txn.why) str(private)
  http-request deny if {{ var(txn.ip) -m ip {not_public} }}
  http-request set-var(txn.why) str(passed)
  http-request set-dst var(txn.ip)
  default_backend http

backend http
  mode http
  http-reuse never
  server there 0.0.0.0:80
"""


def proxy(hosts: Sequence[str]) -> str:
    """HAProxy's configuration, that lets these pass."""
    return _PROXY.format(
        not_public=NOT_PUBLIC,
        tls_allowed=_only("tcp-request content reject", "sess.host", hosts),
        http_allowed=_only("http-request deny", "txn.host", hosts),
    )


def _only(refuse: str, variable: str, hosts: Sequence[str]) -> str:
    """The rule that refuses all others, as one more line of its section."""
    if "*" in hosts:
        return ""
    exact = [host for host in hosts if not host.startswith("*")]
    ends = [host.removeprefix("*") for host in hosts if host.startswith("*")]
    tests = [f"!{{ var({variable}) -m str {' '.join(exact)} }}"] if exact else []
    tests += [f"!{{ var({variable}) -m end {' '.join(ends)} }}"] if ends else []
    return f"\n  {refuse}" + (f" if {' '.join(tests)}" if tests else "")


def resolver(hosts: Sequence[str], address: str) -> tuple[str, ...]:
    """dnsmasq's arguments: the proxy's address for these hosts, no such name for others; it asks nobody."""
    known = [_record(host, address) for host in hosts]
    others = [] if "*" in hosts else ["--address=/#/"]
    return (*_RESOLVER, f"--listen-address={address}", *known, *others)


_RESOLVER = (
    "--keep-in-foreground",
    "--log-facility=-",
    "--log-queries",
    "--no-resolv",
    "--no-hosts",
    "--no-poll",
    "--conf-file=/dev/null",
    "--user=",  # it is nobody's already
    "--pid-file=",
    "--bind-interfaces",
)


def _record(host: str, address: str) -> str:
    if host == "*":
        return f"--address=/#/{address}"
    if host.startswith("*."):
        return f"--address=/{host[2:]}/{address}"
    return f"--host-record={host},{address}"


@dataclass(frozen=True)
class Refused:
    """A host that a step reached for in vain. `why` is the proxy's word for it."""

    host: str
    why: str


_PROXY_SAID = re.compile(r"proxy (?P<why>host|name|private) (?P<host>\S+)")
_RESOLVER_SAID = re.compile(r"dnsmasq\[\d+\]: config (?P<host>\S+) is NXDOMAIN")


class Refusals:
    """Hears the log of the two, and remembers what was refused."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = hosts
        self._refused: dict[Refused, None] = {}

    def hear(self, line: str) -> None:
        said = _PROXY_SAID.match(line) or _RESOLVER_SAID.match(line)
        if said is not None and said["host"] != "-" and len(self._refused) < MOST_REFUSED:
            self._refused[Refused(said["host"].lower().rstrip("."), said.groupdict().get("why", "host"))] = (
                None
            )

    def sentences(self) -> Iterator[str]:
        """What a report says of them: each host once."""
        told = sorted({each.host: each for each in self._refused}.values(), key=lambda each: each.host)
        for each in told[:MENTIONED]:
            yield self._sentence(each)
        if len(told) > MENTIONED:
            yield f"And {len(told) - MENTIONED} more hosts were not reached."

    def _sentence(self, refused: Refused) -> str:
        host = _code(refused.host)
        match refused.why:
            case "name":
                return f"{host} was not reached: it has no address that the proxy can find."
            case "private":
                return f"{host} was not reached: its address is not public, which nothing can allow."
            case _:
                return (
                    f"{host} was not reached: it is not allowed. {self._line(refused.host)} would allow it."
                )

    def _line(self, host: str) -> str:
        hosts = ", ".join(f'"{each}"' if "*" in each else each for each in (*self._hosts, host))
        return _code(f"network: {{allow: [{hosts}]}}")


def _code(text: str) -> str:
    """As code in a sentence, which whoever shows it escapes."""
    return f"`{text.replace('`', chr(39))}`"
