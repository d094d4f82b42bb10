"""What the proxy between a box and the world is told, and what is made of what it says."""

from __future__ import annotations

from runners.docker.egress import Refusals, proxy, resolver


def test_a_resolver_knows_the_proxy_only_and_only_for_what_is_allowed() -> None:
    """Names by themselves, names below a star, and no such name for all others."""
    told = resolver(("packages.example.org", "*.cdn.example.org"), "10.0.0.2")

    assert told[-4:] == (
        "--listen-address=10.0.0.2",
        "--host-record=packages.example.org,10.0.0.2",
        "--address=/cdn.example.org/10.0.0.2",
        "--address=/#/",
    )
    assert "--no-resolv" in told


def test_a_star_lets_every_public_host_pass() -> None:
    """The resolver gives the proxy's address for any name; what is private is refused all the same."""
    assert resolver(("*",), "10.0.0.2")[-1] == "--address=/#/10.0.0.2"
    assert "reject if { var(sess.ip) -m ip 0.0.0.0/8" in proxy(("*",))


def test_a_proxy_without_hosts_refuses_all() -> None:
    """Services alone open no way out."""
    assert "\n  tcp-request content reject\n" in proxy(())
    assert "\n  http-request deny\n" in proxy(())


def test_what_was_refused_is_told_once_for_each_host() -> None:
    """Whoever said it, in whichever case; lines of other kinds say nothing."""
    refusals = Refusals(("packages.example.org",))
    for line in (
        "dnsmasq[12]: config Evil.Example is NXDOMAIN",
        "proxy host evil.example",
        "proxy name gone.example",
        "proxy private inside.example",
        "proxy passed packages.example.org",
        "proxy tls -",
        "dnsmasq[12]: config packages.example.org is NODATA-IPv6",
    ):
        refusals.hear(line)

    assert list(refusals.sentences()) == [
        "`evil.example` was not reached: it is not allowed. "
        "`network: {allow: [packages.example.org, evil.example]}` would allow it.",
        "`gone.example` was not reached: it has no address that the proxy can find.",
        "`inside.example` was not reached: its address is not public, which nothing can allow.",
    ]


def test_a_flood_of_names_is_counted_and_harmless() -> None:
    """A step chooses what it reaches for: none of it leaves its backticks, and only some of it is told."""
    refusals = Refusals(())
    for number in range(5000):
        refusals.hear(f"dnsmasq[1]: config {number}.`@everyone`.example is NXDOMAIN")

    told = list(refusals.sentences())

    assert len(told) == 21
    assert told[-1] == "And 980 more hosts were not reached."
    assert told[0].startswith("`0.'@everyone'.example` was not reached")
