"""Side by side on public shift-scheduling instances: `cargo xt bench roster` and OR-Tools CP-SAT with 8 workers.

Both get the same wall time on the same two cores, one after the other. Gaps are to the larger of both proven bounds.
The CP-SAT model: one Boolean per (person, day, shift) that is possible at all, exactly one of shift or day off, runs
and rests as clauses over "works", symmetric slack for cover, and a first solve without objective (at most a tenth of
the time) whose roster is the hint for the second.
"""

import argparse
import gzip
import json
import os
import pathlib
import subprocess
import time

from ortools.sat.python import cp_model


def read(path):
    text = gzip.open(path, "rt").read() if path.suffix == ".gz" else path.read_text()
    inst = {k: [] for k in ("SHIFTS", "STAFF", "DAYS_OFF", "SHIFT_ON_REQUESTS", "SHIFT_OFF_REQUESTS", "COVER")}
    section = None
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("SECTION_"):
            section = line[len("SECTION_"):]
        elif section == "HORIZON":
            inst["days"] = int(line)
        else:
            inst[section].append([f.strip() for f in line.split(",")])
    return inst


def build(inst):
    days = inst["days"]
    shifts = [s[0] for s in inst["SHIFTS"]]
    minutes = {s[0]: int(s[1]) for s in inst["SHIFTS"]}
    after = {s[0]: [t for t in s[2].split("|") if t] for s in inst["SHIFTS"]}
    off = {}
    for row in inst["DAYS_OFF"]:
        off.setdefault(row[0], set()).update(int(d) for d in row[1:])
    m = cp_model.CpModel()
    x = {}
    for person in inst["STAFF"]:
        p = person[0]
        limit = {k: int(v) for k, v in (part.split("=") for part in person[1].split("|") if part)}
        most, least, max_run, min_run, min_off, weekends = map(int, person[2:8])
        works = []
        for d in range(days):
            here = []
            for s in shifts:
                if limit.get(s, days) > 0 and d not in off.get(p, ()):
                    x[p, d, s] = m.new_bool_var(f"{p}_{d}_{s}")
                    here.append(x[p, d, s])
            w = m.new_bool_var(f"w_{p}_{d}")
            m.add_exactly_one(here + [w.negated()])
            works.append(w)
        for d in range(days - 1):
            for s in shifts:
                for t in after[s]:
                    if (p, d, s) in x and (p, d + 1, t) in x:
                        m.add_at_most_one(x[p, d, s], x[p, d + 1, t])
        for s in shifts:
            mine = [x[p, d, s] for d in range(days) if (p, d, s) in x]
            if limit.get(s, days) < len(mine):
                m.add(sum(mine) <= limit[s])
        total = sum(minutes[s] * v for (q, _, s), v in x.items() if q == p)
        m.add_linear_constraint(total, least, most)
        for d in range(days - max_run):
            m.add_bool_or([w.negated() for w in works[d : d + max_run + 1]])
        for n in range(1, min_run):
            for d in range(1, days - n):
                m.add_bool_or([works[d - 1]] + [w.negated() for w in works[d : d + n]] + [works[d + n]])
        for n in range(1, min_off):
            for d in range(1, days - n):
                m.add_bool_or([works[d - 1].negated()] + works[d : d + n] + [works[d + n].negated()])
        worked = []
        for d in range(5, days, 7):
            k = m.new_bool_var("")
            m.add_implication(works[d], k)
            if d + 1 < days:
                m.add_implication(works[d + 1], k)
            worked.append(k)
        m.add(sum(worked) <= weekends)
    cost = []
    for p, d, s, w in inst["SHIFT_ON_REQUESTS"]:
        v = x.get((p, int(d), s))
        cost.append(int(w) * (1 - v) if v is not None else int(w))
    for p, d, s, w in inst["SHIFT_OFF_REQUESTS"]:
        v = x.get((p, int(d), s))
        if v is not None:
            cost.append(int(w) * v)
    people = len(inst["STAFF"])
    slack = []
    for d, s, need, under, over in inst["COVER"]:
        u = m.new_int_var(0, int(need), "")
        o = m.new_int_var(0, people, "")
        there = [x[p[0], int(d), s] for p in inst["STAFF"] if (p[0], int(d), s) in x]
        m.add(sum(there) + u - o == int(need))
        cost += [int(under) * u, int(over) * o]
        slack.append((u, o, there, int(need)))
    return m, x, cost, slack


def cpsat(inst, seconds, workers):
    start = time.monotonic()
    m, x, cost, slack = build(inst)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = seconds / 10
    hinted = solver.solve(m) in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    if hinted:
        for v in x.values():
            m.add_hint(v, solver.value(v))
        for u, o, there, need in slack:
            n = sum(solver.value(v) for v in there)
            m.add_hint(u, max(0, need - n))
            m.add_hint(o, max(0, n - need))
    m.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = max(0.5, seconds - (time.monotonic() - start))
    status = solver.solve(m)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, max(0.0, solver.best_objective_bound)
    return objective(inst, {c: solver.value(v) for c, v in x.items()}), solver.best_objective_bound


def objective(inst, worked):
    """What a roster costs, from the file alone: the solver's own sum is not taken on trust."""
    total = 0
    for p, d, s, weight in inst["SHIFT_ON_REQUESTS"]:
        total += 0 if worked.get((p, int(d), s)) else int(weight)
    for p, d, s, weight in inst["SHIFT_OFF_REQUESTS"]:
        total += int(weight) if worked.get((p, int(d), s)) else 0
    for d, s, need, under, over in inst["COVER"]:
        there = sum(1 for p in inst["STAFF"] if worked.get((p[0], int(d), s)))
        total += int(under) * max(0, int(need) - there) + int(over) * max(0, there - int(need))
    return total


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--dir", type=pathlib.Path, required=True)
    args.add_argument("--seconds", type=float, default=60)
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--workers", type=int, default=8)
    args.add_argument("--only", default="03,04,05,06,08,10,12,14,16,18")
    args.add_argument("--cores", default="0,1", help="the cores that both run on")
    args.add_argument("--json", type=pathlib.Path, help="write the rows here too")
    a = args.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    # Both inherit it: what `cargo xt` starts, and the workers of CP-SAT.
    os.sched_setaffinity(0, {int(c) for c in a.cores.split(",")})
    # Built before anything is timed.
    subprocess.run(["cargo", "build", "--quiet", "--release", "--package", "solver", "--features", "bench", "--bin", "roster-bench"], cwd=root, check=True)
    begun = f"{time.strftime('%Y-%m-%d %H:%M %Z')}, load {os.getloadavg()[0]:.1f}"
    print(f"{begun}; {a.seconds:g} s each on cores {a.cores}: ours {a.threads} threads, CP-SAT {a.workers} workers", flush=True)
    print(f"{'name':<12} {'bound':>9} {'ours':>8} {'gap %':>7} {'CP-SAT':>8} {'gap %':>8}  ratio of gaps", flush=True)
    ours_gaps, theirs_gaps, without, rows = [], [], [], []
    for path in sorted(a.dir.iterdir()):
        name = path.name.split(".")[0]
        if not any(name.endswith(o) for o in a.only.split(",")):
            continue
        command = ["cargo", "xt", "bench", "roster", "--dir", str(a.dir.resolve()), "--seconds", str(a.seconds)]
        command += ["--threads", str(a.threads), "--json", "--only", name]
        out = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
        ours = json.loads(out.splitlines()[-1])[0]
        theirs, bound = cpsat(read(path), a.seconds, a.workers)
        bound = max(bound, ours["bound"])
        gap = lambda v: None if v is None else 100 * (v - bound) / max(bound, 1)
        g, h = gap(ours["objective"]), gap(theirs)
        say = lambda v: "none" if v is None else f"{v:.2f}"
        shown = lambda v: "none" if v is None else str(v)
        ratio = "-" if h is None or g is None else ("ours is optimal" if g <= 0 else f"{h / g:.1f}")
        print(f"{name:<12} {bound:>9.1f} {shown(ours['objective']):>8} {say(g):>7} {shown(theirs):>8} {say(h):>8}  {ratio}", flush=True)
        rows.append({"name": name, "bound": bound, "ours": ours["objective"], "our_bound": ours["bound"], "our_gap": g, "cpsat": theirs, "cpsat_gap": h, "load": os.getloadavg()[0]})
        if h is None or g is None:
            without.append(f"{name} ({'CP-SAT' if h is None else 'ours'})")
        else:
            ours_gaps.append(g)
            theirs_gaps.append(h)
    if without:
        print(f"no roster found, so in no mean: {', '.join(without)}")
    if ours_gaps:
        mine, other = (sum(v) / len(v) for v in (ours_gaps, theirs_gaps))
        ratio = f"{other / mine:.1f}" if mine > 0 else "ours is optimal"
        print(f"mean over {len(ours_gaps)}: ours {mine:.2f} %, CP-SAT {other:.2f} %, ratio {ratio}")
    if a.json:
        run = {"begun": begun, "seconds": a.seconds, "threads": a.threads, "workers": a.workers, "cores": a.cores}
        a.json.write_text(json.dumps({"run": run, "instances": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
