"""The run's figures: collected, and written as text and as JSON."""

import json
import statistics

from .contenders import KUMA
from .targets import TARGETS


class Results:
    def __init__(self, machine, works, contenders, options):
        self.machine, self.works, self.contenders, self.options = machine, works, contenders, options
        self.samples = {work.key: {} for work in works}
        # (work's key or "answers", contender) → why there is no figure.
        self.refused = {}

    def add(self, work, contender, sample):
        self.samples[work.key].setdefault(contender, []).append(sample)

    def refuse(self, work_key, contender, reason):
        self.refused[(work_key, contender)] = reason.strip() or "no reason given"

    def medians(self, key):
        return {
            name: statistics.median(sample.value for sample in samples)
            for name, samples in self.samples.get(key, {}).items() if samples and (key, name) not in self.refused}

    def measured(self):
        return [work for work in self.works if self.medians(work.key)]

    def seen(self, key, contender, what):
        """The median of something else that the samples saw; None when they did not."""
        values = [sample.seen[what] for sample in self.samples[key].get(contender, []) if what in sample.seen]
        return statistics.median(values) if values else None


def verdicts(results):
    """(work, text, reached) of every target with figures."""
    by_key = {work.key: work for work in results.works}
    for target in TARGETS:
        work = by_key.get(target.work)
        verdict = work and target.verdict(results.medians(target.work), work.unit)
        if verdict:
            yield work, *verdict


def text(results):
    about = results.machine
    lines = [
        f"{about['date']} · {about['cores']} cores, {about['processor']}, {about['memory_gib']} GiB,"
        f" Linux {about['kernel']}, TCP {about['congestion_control']} · {about['haproxy']}, {about['nginx']}"
        f" · load average at the start {about['load_average']:.1f}",
        f"{results.options['rounds']} rounds, interleaved: median (lowest–highest), and kuma-balancer's median ÷ this"
        " one (below 1: kuma-balancer needs less).", ""]
    for work in results.measured():
        lines += block(results, work)
    lines += [f"not measured: {name}, {key}: {reason}" for (key, name), reason in results.refused.items()]
    lines.append("Targets")
    for work, verdict, reached in verdicts(results):
        lines.append(f"  {work.key:5} {verdict:55} {'reached' if reached else 'NOT reached'}")
    return "\n".join(lines) + "\n"


def block(results, work):
    medians = results.medians(work.key)
    own = medians.get(KUMA)
    lines = [f"{work.key}  {work.title} [{work.unit}]{work.note}"]
    for name in results.contenders:
        if name not in medians:
            continue
        values = [sample.value for sample in results.samples[work.key][name]]
        lowest, median, highest = (
            f"{value:.{work.decimals}f}" for value in (min(values), medians[name], max(values)))
        figures = f"{median:>10} ({lowest}–{highest})"
        ratio = f"{own / medians[name]:6.2f}" if own is not None and medians[name] > 0 else ""
        lines.append(f"    {name:14} {figures:34} {ratio:7} {aside(results, work, name)}".rstrip())
    return lines + [""]


def aside(results, work, name):
    """What stands beside a figure."""
    parts = []
    rate = results.seen(work.key, name, "rate_per_second")
    if rate:
        parts.append(f"{rate:,.0f}/s")
    busy = results.seen(work.key, name, "proxy_busy")
    if busy:
        parts.append(f"core {busy * 100:.0f} % busy")
    total = sum(sample.seen.get("proxy_cpu_seconds", 0) for sample in results.samples[work.key][name])
    if total:
        parts.append(f"{total:.1f} s of work")
    outside = results.seen(work.key, name, "outside_reactor")
    if outside is not None:
        parts.append(f"control plane {outside * 100:.1f} %")
    if (middle := results.seen(work.key, name, "p50")) is not None:
        parts.append(f"p50 {middle:.0f}, p99.9 {results.seen(work.key, name, 'p999'):.0f}")
    calls = results.samples[work.key][name][0].seen.get("calls")
    if calls:
        parts.append(", ".join(f"{call} {count:.2f}" for call, count in list(calls.items())[:6]))
    return ", ".join(parts)


def as_json(results):
    works = []
    for work in results.measured():
        medians = results.medians(work.key)
        figures = {}
        for name, median in medians.items():
            samples = results.samples[work.key][name]
            values = [sample.value for sample in samples]
            figures[name] = {
                "median": median, "min": min(values), "max": max(values),
                "kuma_balancer_ratio": medians[KUMA] / median if KUMA in medians and median > 0 else None,
                "rounds": [{"value": sample.value} | sample.seen for sample in samples]}
        works.append({"key": work.key, "title": work.title, "unit": work.unit, "figures": figures})
    return json.dumps({
        "machine": results.machine, "options": results.options, "works": works,
        "targets": [
            {"work": work.key, "text": verdict, "reached": reached} for work, verdict, reached in verdicts(results)],
        "not_measured": [
            {"work": key, "contender": name, "reason": reason} for (key, name), reason in results.refused.items()],
    }, indent=2, ensure_ascii=False) + "\n"
