"""Side by side on rosters: `cargo xt bench roster` and OR-Tools CP-SAT with 8 workers.

The instances are the public shift-scheduling files of a folder (`--dir`), read here by this script, or invented station months
(`--stations 15,20`), which ours writes as JSON with everything that costs or forbids. Both get the same wall time on the same
two cores, one after the other. Gaps are to the larger of both proven bounds.
The CP-SAT model: one Boolean per (person, day, shift) that is possible at all, exactly one of shift or day off, runs and rests as
clauses over "works" with what the history begins, symmetric slack for cover, and a first solve without objective (at most a
tenth of the time) whose roster is the hint for the second.
"""

import argparse
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import time

from ortools.sat.python import cp_model


def read(path):
    """A public instance as a model: indexes for people and kinds, whole numbers for everything else."""
    text = gzip.open(path, "rt").read() if path.suffix == ".gz" else path.read_text()
    rows = {k: [] for k in ("SHIFTS", "STAFF", "DAYS_OFF", "SHIFT_ON_REQUESTS", "SHIFT_OFF_REQUESTS", "COVER")}
    section, days = None, 0
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("SECTION_"):
            section = line[len("SECTION_"):]
        elif section == "HORIZON":
            days = int(line)
        else:
            rows[section].append([f.strip() for f in line.split(",")])
    kind = {s[0]: i for i, s in enumerate(rows["SHIFTS"])}
    person = {s[0]: i for i, s in enumerate(rows["STAFF"])}
    model = {"days": days, "weeks": [], "costs": [], "mixes": [], "fairness": []}
    model["kinds"] = [{"minutes": int(s[1]), "never_then": [kind[t] for t in s[2].split("|") if t]} for s in rows["SHIFTS"]]
    model["people"] = []
    for s in rows["STAFF"]:
        limit = {k: int(v) for k, v in (part.split("=") for part in s[1].split("|") if part)}
        most, least, max_run, min_run, min_off, weekends = map(int, s[2:8])
        model["people"].append({
            "min_minutes": least, "max_minutes": most, "max_week": [], "max_run": max_run, "min_run": min_run, "min_off": min_off,
            "max_weekends": weekends, "max_of_kind": [limit.get(k, days) for k in kind], "max_together": None, "days_off": [],
            "fixed": [], "barred": [], "history": None, "next": None, "away": [], "any_succession": False,
        })
    for row in rows["DAYS_OFF"]:
        model["people"][person[row[0]]]["days_off"] += [int(d) for d in row[1:]]
    model["weekends"] = [[d, d + 1] if d + 1 < days else [d] for d in range(5, days, 7)]
    model["requests"] = [
        {"person": person[p], "day": int(d), "kind": kind[k], "on": on, "weight": int(w)}
        for section, on in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False))
        for p, d, k, w in rows[section]
    ]
    model["cover"] = [
        {"day": int(d), "kind": kind[k], "need": int(n), "under": int(u), "over": int(o), "hard": False}
        for d, k, n, u, o in rows["COVER"]
    ]
    return model


def one_person(m, model, p, x):
    """The rules of one person; adds their Booleans to x and gives those of "works" by day."""
    days, kinds, rules = model["days"], model["kinds"], model["people"][p]
    barred = {(d, k) for d, k in rules["barred"]}
    fixed = dict(map(tuple, rules["fixed"]))
    works = []
    for d in range(days):
        here = []
        for k in range(len(kinds)):
            able = rules["max_of_kind"][k] > 0 and d not in rules["days_off"] and (d, k) not in barred
            if able and (d not in fixed or fixed[d] == k):
                x[p, d, k] = m.new_bool_var(f"{p}_{d}_{k}")
                here.append(x[p, d, k])
        w = m.new_bool_var(f"w_{p}_{d}")
        m.add_exactly_one(here + [w.negated()])
        if fixed.get(d) is not None:
            m.add(w == 1)
        works.append(w)
    if not rules["any_succession"]:
        last = rules["history"]["last"] if rules["history"] else None
        for k in range(len(kinds)):
            for t in kinds[k]["never_then"]:
                for d in range(days - 1):
                    if (p, d, k) in x and (p, d + 1, t) in x:
                        m.add_at_most_one(x[p, d, k], x[p, d + 1, t])
                if last == k and (p, 0, t) in x:
                    m.add(x[p, 0, t] == 0)
                if rules["next"] == t and (p, days - 1, k) in x:
                    m.add(x[p, days - 1, k] == 0)
    counted = [([k], rules["max_of_kind"][k]) for k in range(len(kinds))]
    if rules["max_together"]:
        counted.append(tuple(rules["max_together"]))
    for which, most in counted:
        mine = [x[p, d, k] for d in range(days) for k in which if (p, d, k) in x]
        if most < len(mine):
            m.add(sum(mine) <= most)
    minutes = lambda first, end: sum(kinds[k]["minutes"] * x[p, d, k] for d in range(first, end) for k in range(len(kinds)) if (p, d, k) in x)
    m.add_linear_constraint(minutes(0, days), rules["min_minutes"], rules["max_minutes"])
    for (first, end), most in zip(model["weeks"], rules["max_week"]):
        m.add(minutes(first, end) <= most)
    runs(m, works, rules)
    worked = []
    for weekend in model["weekends"]:
        b = m.new_bool_var("")
        for d in weekend:
            m.add_implication(works[d], b)
        worked.append(b)
    m.add(sum(worked) <= rules["max_weekends"])
    return works


def runs(m, works, rules):
    """Lengths of runs and rests, with the days before the first as constants."""
    days, history = len(works), rules["history"]
    past = [] if history is None else [history["last"] is not None] * history["run"]
    if history is not None:
        past = [not past[0]] + past
    on = lambda d: works[d] if d >= 0 else past[d + len(past)]
    is_not = lambda v: (not v) if isinstance(v, bool) else v.negated()

    def clause(literals):
        """At least one of them; constants are read."""
        if not any(v is True for v in literals):
            m.add_bool_or([v for v in literals if not isinstance(v, bool)])

    for d in range(-len(past), days - rules["max_run"]):
        if d + rules["max_run"] >= 0:
            clause([is_not(on(e)) for e in range(d, d + rules["max_run"] + 1)])
    for n in range(1, rules["min_run"]):
        for d in range(1 - len(past), days - n):
            # A run that an absence cuts is not short.
            if d + n >= 0 and d + n not in rules["away"]:
                clause([on(d - 1)] + [is_not(on(e)) for e in range(d, d + n)] + [on(d + n)])
    for n in range(1, rules["min_off"]):
        for d in range(1 - len(past), days - n):
            if d + n >= 0:
                clause([is_not(on(d - 1))] + [on(e) for e in range(d, d + n)] + [is_not(on(d + n))])


def build(model):
    m, x = cp_model.CpModel(), {}
    people = range(len(model["people"]))
    for p in people:
        one_person(m, model, p, x)
    cost, slack = [], []
    for r in model["requests"]:
        v = x.get((r["person"], r["day"], r["kind"]), 0)
        cost.append(r["weight"] * ((1 - v) if r["on"] else v))
    for c in model["cover"]:
        u, o = m.new_int_var(0, 0 if c["hard"] else c["need"], ""), m.new_int_var(0, len(people), "")
        there = [x[p, c["day"], c["kind"]] for p in people if (p, c["day"], c["kind"]) in x]
        m.add(sum(there) + u - o == c["need"])
        cost += [c["under"] * u, c["over"] * o]
        slack.append((u, o, there, c["need"]))
    for mix in model["mixes"]:
        terms = [c * x[p, mix["day"], k] for p, c in mix["people"] for k in mix["kinds"] if (p, mix["day"], k) in x]
        u = m.new_int_var(0, 0 if mix["hard"] else 10_000, "")
        m.add(sum(terms) + u >= mix["least"])
        cost.append(mix["under"] * u)
    for f in model["fairness"]:
        low, high, spread = (m.new_int_var(-1_000, 1_000, "") for _ in range(3))
        for p, carried in f["people"]:
            total = carried + sum(x[p, d, k] for d, k in f["cells"] if (p, d, k) in x)
            m.add(low <= total)
            m.add(high >= total)
        m.add(spread >= high - low - f["free"])
        m.add(spread >= 0)
        cost.append(f["weight"] * spread)
    return m, x, cost, slack


def cpsat(model, seconds, workers):
    start = time.monotonic()
    m, x, cost, slack = build(model)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = seconds / 10
    if solver.solve(m) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
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
    return objective(model, {c for c, v in x.items() if solver.value(v)}), solver.best_objective_bound


def objective(model, worked):
    """What a roster costs, from the model alone: the solver's own sum is not taken on trust."""
    people, total = range(len(model["people"])), 0
    for r in model["requests"]:
        total += r["weight"] * (((r["person"], r["day"], r["kind"]) in worked) != r["on"])
    for c in model["cover"]:
        there = sum((p, c["day"], c["kind"]) in worked for p in people)
        total += (0 if c["hard"] else c["under"]) * max(0, c["need"] - there) + c["over"] * max(0, there - c["need"])
    for mix in model["mixes"]:
        there = sum(c for p, c in mix["people"] for k in mix["kinds"] if (p, mix["day"], k) in worked)
        total += 0 if mix["hard"] else mix["under"] * max(0, mix["least"] - there)
    for f in model["fairness"]:
        totals = [carried + sum((p, d, k) in worked for d, k in f["cells"]) for p, carried in f["people"]]
        total += f["weight"] * max(0, max(totals) - min(totals) - f["free"])
    return total


def instances(a, root, xt):
    """Name, model, and the arguments that name the instance to ours."""
    if a.stations:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(xt + ["--stations", a.stations, "--seed", str(a.seed), "--write", folder], cwd=root, check=True)
            for size in a.stations.split(","):
                name = f"Station{int(size):02}"
                yield name, json.loads((pathlib.Path(folder) / f"{name}.json").read_text()), ["--stations", size, "--seed", str(a.seed)]
        return
    for path in sorted(a.dir.iterdir()):
        name = path.name.split(".")[0]
        if any(name.endswith(o) for o in a.only.split(",")):
            yield name, read(path), ["--dir", str(a.dir.resolve()), "--only", name]


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--dir", type=pathlib.Path, help="public instances")
    args.add_argument("--stations", help="station months instead: people in each, by commas")
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--seconds", type=float, default=60)
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--workers", type=int, default=8)
    args.add_argument("--only", default="03,04,05,06,08,10,12,14,16,18")
    args.add_argument("--cores", default="0,1", help="the cores that both run on")
    args.add_argument("--json", type=pathlib.Path, help="write the rows here too")
    a = args.parse_args()
    if (a.dir is None) == (a.stations is None):
        args.error("one of --dir and --stations")
    root = pathlib.Path(__file__).resolve().parents[2]
    xt = ["cargo", "xt", "bench", "roster"]
    # Both inherit it: what `cargo xt` starts, and the workers of CP-SAT.
    os.sched_setaffinity(0, {int(c) for c in a.cores.split(",")})
    # Built before anything is timed.
    subprocess.run(["cargo", "build", "--quiet", "--release", "--package", "solver", "--features", "bench", "--bin", "roster-bench"], cwd=root, check=True)
    begun = f"{time.strftime('%Y-%m-%d %H:%M %Z')}, load {os.getloadavg()[0]:.1f}"
    print(f"{begun}; {a.seconds:g} s each on cores {a.cores}: ours {a.threads} threads, CP-SAT {a.workers} workers", flush=True)
    print(f"{'name':<12} {'bound':>9} {'ours':>8} {'gap %':>7} {'CP-SAT':>8} {'gap %':>8}  ratio of gaps", flush=True)
    ours_gaps, theirs_gaps, without, rows = [], [], [], []
    for name, model, which in instances(a, root, xt):
        command = xt + which + ["--seconds", str(a.seconds), "--threads", str(a.threads), "--json"]
        out = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
        ours = json.loads(out.splitlines()[-1])[0]
        theirs, bound = cpsat(model, a.seconds, a.workers)
        bound = max(bound, ours["bound"])
        gap = lambda v: None if v is None else 100 * (v - bound) / max(bound, 1)
        g, h = gap(ours["objective"] if ours["feasible"] else None), gap(theirs)
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
