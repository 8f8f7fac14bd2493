#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sample.py: prints the few submissions that together have every row that can be lost, every stage and verdict, every leaf map, assignment and vendor: those that
`make check` grades. The shapes, whose kernels may not be at hand, are not among them."""
import pathlib

COST = {"svm": 1, "vmx": 3, "both": 4}  # of a lab's boot, roughly, in svm's
COST_WITHOUT_LAB = 0.2


def read(path):
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line and not line.startswith("#"))


def features(conf):
    has = {("end", conf["stage"], conf["verdict"]), ("lab", conf["isa"], conf["assignment"])}
    has |= {("row", row.strip()) for row in conf.get("rows_lost", "").split(",") if row.strip()}
    if conf["stage"] == "checks":
        has.add(("map", conf["leaf_map"]))
    return has


def cost(conf):
    return COST[conf["isa"]] if conf["stage"] in ("checks", "l1-boot", "l2-boot", "l2-boot;checks") else COST_WITHOUT_LAB


def main():
    here = pathlib.Path(__file__).parent
    confs = {path.parent.name: read(path) for path in here.glob("*/expect.conf")}
    pool = {name: (features(conf), cost(conf)) for name, conf in confs.items() if "base" not in conf}
    seen = set()
    while True:
        best = max(sorted(pool), key=lambda name: len(pool[name][0] - seen) / pool[name][1])
        if not pool[best][0] - seen:
            break
        seen |= pool[best][0]
        print(best)


if __name__ == "__main__":
    main()
