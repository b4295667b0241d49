"""What a benchmark says: lines that the head of the run collects into one table."""

import json
import statistics


def result(what, *, ours, base, ratio, target, ok):
    """`ours` and `base` are figures with units, `ratio` and `target` as shown; ok is None for mere information."""
    line = {"what": what, "ours": ours, "base": base, "ratio": ratio, "target": target, "ok": ok}
    print("RESULT " + json.dumps(line), flush=True)


def at_least(what, *, ours, base, unit, target, base_name):
    """More is better: `ours` and `base` are numbers per second."""
    ratio = ours / base
    result(
        what,
        ours=f"{ours:,.0f} {unit}",
        base=f"{base:,.0f} {base_name}",
        ratio=f"{ratio:.2f}",
        target=f"≥ {target:g}",
        ok=ratio >= target,
    )


def informs(what, *, ours, base="", ratio=""):
    result(what, ours=ours, base=base, ratio=ratio, target="", ok=None)


def against(ours, base):
    """The medians of two lists of seconds, and their ratio, as result() shows them."""
    mine, theirs = statistics.median(ours), statistics.median(base)
    return {"ours": f"{mine * 1000:.2f} ms", "base": f"{theirs * 1000:.2f} ms", "ratio": f"{mine / theirs:.2f}"}


def below(what, *, ours, base, target, base_name):
    """Less is better: `ours` and `base` are seconds, of which the medians count."""
    shown = against(ours, base)
    shown["base"] += f" {base_name}"
    ok = statistics.median(ours) / statistics.median(base) < target
    result(what, **shown, target=f"< {target:g}", ok=ok)
