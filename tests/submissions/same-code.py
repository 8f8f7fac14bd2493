#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""same-code.py FILE OTHER: whether a compiler reads the same, but for the order of functions and declarations at the file's own level. Prints how they differ."""
import collections
import difflib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ctokens  # noqa: E402


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def differences(one, other):
    """Lines that tell what the one has and the other has not."""
    left, right = collections.Counter(ctokens.items(one)), collections.Counter(ctokens.items(other))
    gone, come = [i for i in (left - right).elements()], [i for i in (right - left).elements()]
    for item in gone:
        near = max(come, key=lambda i: difflib.SequenceMatcher(None, item[:12], i[:12]).ratio(), default=())
        if item[:4] == near[:4]:
            come.remove(near)
        else:
            near = ()
        for tag, a, b, c, d in difflib.SequenceMatcher(None, item, near, autojunk=False).get_opcodes():
            if tag != "equal":
                yield "- %s\n+ %s   (%s)" % (" ".join(item[a:b])[:200], " ".join(near[c:d])[:200], " ".join(item[:6]))
    for item in come:
        yield "+ " + " ".join(item)[:200]


def main():
    one, other = read(sys.argv[1]), read(sys.argv[2])
    if list(ctokens.code(one)) == list(ctokens.code(other)):
        return 0
    found = list(differences(one, other))
    sys.stdout.write("".join(line + "\n" for line in found[:12]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
