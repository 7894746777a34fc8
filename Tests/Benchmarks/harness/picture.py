"""The README's picture: one panel of bars for each work, readable on light and on dark."""

from xml.sax.saxutils import escape

from .contenders import KUMA

PANELS = ["P1", "P1b", "P2", "P3a", "P3b", "P4", "P5", "P6"]
NAMES_WIDTH, BAR_WIDTH, PANEL_WIDTH = 104, 210, 430
ROW, BAR, PANEL_HEAD, GAP = 21, 13, 48, 10

# Mid-tones that can be read on white and on black, and better ones for viewers that know which it is.
STYLE = """
text { font: 12px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #78828d; }
.title { font-weight: 600; }
.own { font-weight: 600; fill: #1a9c62; }
.bar { fill: #8c959f; }
.bar.own { fill: #1a9c62; }
@media (prefers-color-scheme: light) { text { fill: #57606a; } .title { fill: #24292f; } .own { fill: #0a7d4b; } }
@media (prefers-color-scheme: dark) { text { fill: #9aa4af; } .title { fill: #e6edf3; } .own { fill: #3fc98a; } }
"""


def svg(results):
    works = sorted((work for work in results.measured() if work.key in PANELS), key=lambda work: PANELS.index(work.key))
    rows = len(results.contenders)
    panel_height = PANEL_HEAD + rows * ROW + GAP
    height = 30 + (len(works) + 1) // 2 * panel_height + 22
    width = 2 * PANEL_WIDTH
    about = results.machine
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img">',
        "<title>kuma-balancer, HAProxy and nginx doing the same work; shorter is better</title>",
        f"<style>{STYLE}</style>",
        f'<text x="8" y="18">Shorter is better. Medians of {results.options["rounds"]} interleaved rounds,'
        " one worker each, on one core.</text>"]
    for index, work in enumerate(works):
        parts += panel(results, work, index % 2 * PANEL_WIDTH + 8, 30 + index // 2 * panel_height)
    foot = f"{about['date']} · {about['cores']} cores, {about['processor']} · {about['haproxy']} · {about['nginx']}"
    parts += [f'<text x="8" y="{height - 8}">{escape(foot)}</text>', "</svg>", ""]
    return "\n".join(parts)


def panel(results, work, left, top):
    medians = results.medians(work.key)
    longest = max(max(medians.values()), 1e-9)
    yield f'<text x="{left}" y="{top + 18}" class="title">{escape(work.title)}</text>'
    yield f'<text x="{left}" y="{top + 34}">{escape(work.unit)}{escape(work.note)}</text>'
    for row, name in enumerate(name for name in results.contenders if name in medians):
        y = top + PANEL_HEAD + row * ROW - 6
        length = max(1.0, max(medians[name], 0) / longest * BAR_WIDTH)
        mark = " own" if name == KUMA else ""
        yield f'<text x="{left}" y="{y + 11}" class="name{mark}">{escape(name)}</text>'
        yield f'<rect x="{left + NAMES_WIDTH}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2" class="bar{mark}"/>'
        value = f"{max(medians[name], 0):,.{work.decimals}f}"
        yield f'<text x="{left + NAMES_WIDTH + length + 6:.1f}" y="{y + 11}" class="value{mark}">{value}</text>'
