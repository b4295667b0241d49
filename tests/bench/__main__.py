"""`make bench`: every measurement in a process of its own, on servers of its own with durable settings.

Prints one table of ratios and writes var/bench.json. Ratios of one run on one machine are comparable between machines;
the figures they are made of are not. `make bench ARGS="take_next export"` runs some of them.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import psycopg

from tests.servers import ROOT, VAR, running

# In this order; each has a database of its own, made from one that was migrated once.
BENCHES = (
    "filing",
    "take_next",
    "roster",
    "mass_run",
    "during_run",
    "notices",
    "paying",
    "export",
    "letter",
    "case_page",
    "journal",
    "scanning",
    "uploading",
    "slow_clients",
    "search",
    "alike",
    "sepa",
)
ONLY_NAMED = ("nine_million",)  # these take hours
LONGEST = {"nine_million": 6 * 3600}
USUALLY = 420  # seconds at most for one of them
MARK = "RESULT "


def run(names):
    results, broken = [], []
    with running(durable=True):
        template = os.environ["DATABASE_URL"]
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, check=True)
        for name in names:
            print(f"… {name}", flush=True)
            started = time.monotonic()
            found, error = measure(name, template)
            print(f"  {time.monotonic() - started:.0f} s{error and ': ' + error}", flush=True)
            results += found
            broken += [name] if error else []
    return results, broken


def measure(name, template):
    """(results, "") of one benchmark in its own database and process, or what was found until it broke and why."""
    with psycopg.connect(template, dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE bench_{name} TEMPLATE ristoro STRATEGY file_copy")
        env = {**os.environ, "DATABASE_URL": template.replace("/ristoro?", f"/bench_{name}?")}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.child", name],
                cwd=ROOT,
                env=env,
                stdout=subprocess.PIPE,
                text=True,
                timeout=LONGEST.get(name, USUALLY),
                check=False,
            )
            lines, error = done.stdout.splitlines(), f"exit code {done.returncode}" if done.returncode else ""
        except subprocess.TimeoutExpired as expired:
            lines, error = (expired.stdout or b"").decode().splitlines(), f"not within {LONGEST.get(name, USUALLY)} s"
        finally:
            server.execute(f"DROP DATABASE bench_{name} WITH (FORCE)")
    for line in lines:
        if not line.startswith(MARK):
            print(f"  {line}")
    return [json.loads(line.removeprefix(MARK)) for line in lines if line.startswith(MARK)], error


def table(results):
    rows = [("", "ours", "measured against", "ratio", "target", "")]
    for result in results:
        verdict = {True: "ok", False: "MISSED", None: ""}[result["ok"]]
        rows.append((result["what"], result["ours"], result["base"], result["ratio"], result["target"], verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main(names):
    there = BENCHES + ONLY_NAMED
    if unknown := set(names) - set(there):
        sys.exit(f"There is no benchmark called {', '.join(sorted(unknown))}; there are: {', '.join(there)}.")
    started = time.monotonic()
    results, broken = run(names or BENCHES)
    print("\n" + table(results))
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "seconds": round(time.monotonic() - started),
        "results": results,
        "broken": broken,
    }
    (VAR / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    print(f"\n{report['seconds']} s on {report['cores']} cores; written to var/bench.json")
    return 1 if broken or any(result["ok"] is False for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
