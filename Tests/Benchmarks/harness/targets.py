"""The targets of Performance.md beside what was measured. For reading: nothing fails here."""

from .contenders import HAPROXY_HTTP, HAPROXY_TCP, KUMA, NGINX_HTTP, NGINX_STREAM, PEERS


class Target:
    """kuma-balancer's median is at most `factor` × the lowest median of `peers`, or at most the number `most`."""

    def __init__(self, work, factor=None, peers=(), most=None):
        self.work, self.factor, self.peers, self.most = work, factor, list(peers), most

    def verdict(self, medians, unit):
        """(text, reached), or None where a figure is missing. `medians`: contender → median."""
        own = medians.get(KUMA)
        if own is None:
            return None
        if self.most is not None:
            return f"{own:.2f} {unit}, target ≤ {self.most} {unit}", own <= self.most
        others = {peer: medians[peer] for peer in self.peers if peer in medians}
        if not others:
            return None
        best = min(others, key=others.get)
        if others[best] <= 0:
            return None
        ratio = own / others[best]
        return f"{ratio:.2f} × {best}, target ≤ {self.factor:.2f}", ratio <= self.factor


TARGETS = [
    Target("P1", 0.60, [HAPROXY_HTTP]), Target("P1", 0.70, [NGINX_HTTP]), Target("P1", 0.95, [HAPROXY_TCP]),
    Target("P2", 0.80, [HAPROXY_HTTP, NGINX_HTTP]),
    Target("P3a", 0.35, [HAPROXY_HTTP, HAPROXY_TCP]), Target("P3a", 0.25, [NGINX_HTTP, NGINX_STREAM]),
    Target("P3b", 0.35, [HAPROXY_HTTP, HAPROXY_TCP]), Target("P3b", 0.25, [NGINX_HTTP, NGINX_STREAM]),
    Target("P4", 0.95, PEERS),
    Target("P5", most=0.5),
    Target("P6", 1.00, PEERS),
    Target("P13a", most=150), Target("P13b", most=150),
]
