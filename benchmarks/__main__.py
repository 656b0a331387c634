"""Run measurements, each in a process of its own, and print them as a Markdown table."""

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

from benchmarks.clock import Measured
from stream import compile_cache

_SEED = 20_030_614


def _cases() -> dict[str, Callable[..., Measured]]:
    from benchmarks import books, files

    return {"close": books.close, "true-up": books.true_up_all, "rate": files.rate}


def _row(found: Measured) -> str:
    rate = f"{found.records / found.cpu_s:,.0f}" if found.records else ""
    return f"| {found.what} | {found.wall_s:.2f} | {found.cpu_s:.2f} | {found.peak_mib:,} | {rate} |"


def main(argv: Sequence[str]) -> int:
    """Run the cases asked for, all by default."""
    names = ("close", "true-up", "rate")
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(names)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small sizes: whether they run, not how fast")
    parser.add_argument("--seed", type=int, default=_SEED, help="of what is made at random (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one case in this process, as JSON")
    args = parser.parse_args(argv)
    if unknown := set(args.cases) - set(names):
        parser.error(f"found {', '.join(sorted(unknown))}, expected some of {', '.join(names)}")
    if args.json:
        compile_cache.place()
        print(json.dumps(asdict(_cases()[args.cases[0]](quick=args.quick, seed=args.seed))))
        return 0
    print(f"seed {args.seed}; Python {platform.python_version()} on {platform.machine()}\n")
    print("| what | wall s | CPU s | peak MiB | records a CPU second |\n|---|---|---|---|---|")
    for name in args.cases or names:
        command = [sys.executable, "-m", "benchmarks", name, "--json", "--seed", str(args.seed)]
        done = subprocess.run([*command, *["--quick"] * args.quick], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(done.stderr)
            return done.returncode
        print(_row(Measured(**json.loads(done.stdout))), flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
