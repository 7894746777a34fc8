"""The scale benchmark's figures as text, JSON and a picture."""

import json
import math
from xml.sax.saxutils import escape

from .picture import STYLE

WIDTH, HEIGHT, PANEL = 860, 300, 430
PLOT_WIDTH, PLOT_HEIGHT = 300, 170
# Of a panel: what is drawn, and by which line style.
LINES = [("database", "database", ""), ("balancer", "kuma-balancer", "5 3")]


def text(results):
    about = results["machine"]
    lines = [
        f"{about['date']} · {about['cores']} cores, {about['processor']}, {about['memory_gib']} GiB,"
        f" Linux {about['kernel']}, MariaDB {about['mariadb']} · load average at the start {about['load_average']:.1f}",
        "Real kuma-balancer, real database, real agents' loops; only the Kuma nodes are simulated. Database on one core,"
        " all else on the other.", ""]
    table = results["table"]
    if table:
        lines += [
            f"P8  routing table, {table['nodes']:,} nodes, {table['monitors']:,} monitors (medians)",
            f"    choose                     {table['choose_ns'] / 1e3:8.2f} µs",
            f"    publish                    {table['publish_ns'] / 1e6:8.2f} ms",
            f"    counts and index before it {table['picture_ns'] / 1e6:8.2f} ms (only when an assignment changed)",
            f"    a reactor takes it over    {table['takeover_ns'] / 1e6:8.2f} ms", ""]
    lines += growth(results["growth"])
    for kill in results["kills"]:
        lines += [
            f"P9  node killed with {kill['on_node']:,} of {kill['monitors']:,} monitors, {kill['nodes']:,} nodes",
            f"    kill → offline {kill['offline']:.2f} s, → first moved {kill['first']:.2f} s, → all moved"
            f" {kill['moved']:.2f} s ({kill['lowest']:.2f}–{kill['highest']:.2f}); the move itself {kill['move']:.2f} s", ""]
    lines.append("Targets")
    for key, verdict, reached in verdicts(results):
        lines.append(f"  {key:4} {verdict:60} {'reached' if reached else 'NOT reached'}")
    return "\n".join(lines) + "\n"


def growth(points):
    lines = [
        "P11 control loop, in % of a core; kill → moved of one ordinary node",
        "      nodes   monitors   database   balancer   balancer memory   a pass   kill → moved"]
    for point in points:
        moved = f"{point['moved']:.2f} s" if point.get("moved") is not None else "–"
        lines.append(
            f"    {point['nodes']:7,} {point['monitors']:10,} {point['database'] * 100:9.1f}% {point['balancer'] * 100:9.1f}%"
            f" {point['balancer_mib']:13.1f} MiB {point['pass_ms']:6.0f} ms {moved:>12}")
    return lines + [""]


def verdicts(results):
    table = results["table"]
    if table:
        yield "P8", f"choose {table['choose_ns'] / 1e3:.2f} µs, target ≤ 1 µs", table["choose_ns"] <= 1_000
        whole = table["publish_ns"] + table["picture_ns"]
        yield "P8", f"publish {whole / 1e6:.1f} ms, target ≤ 20 ms", whole <= 20e6
    for kill in results["kills"]:
        limit = 4 if kill["on_node"] <= 10_000 else 5
        size = f"{kill['on_node']:,} monitors"
        yield "P9", f"{size}: all moved {kill['moved']:.2f} s, target ≤ {limit} s", kill["moved"] <= limit
        if limit == 4:
            yield "P9", f"{size}: the move itself {kill['move']:.2f} s, target ≤ 1 s", kill["move"] <= 1
    for point in results["growth"]:
        if point["nodes"] == 1_000:
            size = f"1,000 agents, {point['monitors']:,} monitors"
            yield "P11", f"{size}: database {point['database'] * 100:.0f} %, target ≤ 50 %", point["database"] <= 0.5
            yield "P11", f"{size}: balancer {point['balancer'] * 100:.1f} %, target ≤ 5 %", point["balancer"] <= 0.05


def as_json(results):
    told = [{"work": key, "text": verdict, "reached": reached} for key, verdict, reached in verdicts(results)]
    return json.dumps(results | {"targets": told}, indent=2, ensure_ascii=False) + "\n"


def svg(results):
    points = results["growth"]
    most_nodes, most_monitors = max(p["nodes"] for p in points), max(p["monitors"] for p in points)
    about = results["machine"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' role="img">', "<title>What the control loop costs as the cluster grows</title>", f"<style>{STYLE}</style>",
        '<text x="8" y="18">CPU of the control loop, in % of a core. Lower is better.</text>']
    by_nodes = sorted((p for p in points if p["monitors"] == most_monitors), key=lambda p: p["nodes"])
    by_monitors = sorted((p for p in points if p["nodes"] == most_nodes), key=lambda p: p["monitors"])
    parts += panel(by_nodes, "nodes", f"nodes, with {most_monitors:,} monitors", 8)
    parts += panel(by_monitors, "monitors", f"monitors, on {most_nodes:,} nodes", PANEL + 8)
    foot = f"{about['date']} · {about['cores']} cores, {about['processor']} · MariaDB {about['mariadb']}"
    return "\n".join(parts + [f'<text x="8" y="{HEIGHT - 8}">{escape(foot)}</text>', "</svg>", ""])


def panel(points, axis, title, left):
    """One logarithmic axis, a line for each process, each point with its figure."""
    bottom, start = 56 + PLOT_HEIGHT, left + 30
    top = max(0.01, max(max(p[key] for key, _, _ in LINES) for p in points)) * 1.15
    logs = [math.log10(p[axis]) for p in points]
    span = max(logs[-1] - logs[0], 1e-9)
    yield f'<text x="{left}" y="44" class="title">{escape(title)}</text>'
    yield f'<path d="M{start} {bottom}h{PLOT_WIDTH}" stroke="#8b949e" fill="none"/>'
    for key, name, dashes in LINES:
        spots = [
            (start + (log - logs[0]) / span * PLOT_WIDTH, bottom - p[key] / top * PLOT_HEIGHT)
            for log, p in zip(logs, points)]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        yield f'<path d="{path}" stroke="#2f81f7" stroke-width="2" fill="none" stroke-dasharray="{dashes}"/>'
        for (x, y), p in zip(spots, points):
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#2f81f7"/>'
            yield f'<text x="{x:.1f}" y="{y - 7:.1f}" class="value" text-anchor="middle">{p[key] * 100:.1f}</text>'
        yield f'<text x="{spots[-1][0] + 8:.1f}" y="{spots[-1][1] + 4:.1f}">{escape(name)}</text>'
    for log, p in zip(logs, points):
        x = start + (log - logs[0]) / span * PLOT_WIDTH
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{p[axis]:,}</text>'
