#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""restyle.py STYLE <FILE: the same C as an editor, a formatter or a habit leaves it. A compiler reads what it read before."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ctokens  # noqa: E402


def no_comments(text):
    bare = "".join(" " if kind == "comment" else word for kind, word in ctokens.words(text))
    return re.sub(r"[ \t]+$", "", bare, flags=re.M)


def expand(text):
    return re.sub(r"^[ \t]+", lambda blanks: blanks.group().expandtabs(4), text, flags=re.M)


def crlf(text):
    return text.rstrip("\n").replace("\n", "\r\n")


def trailing_blanks(text):
    return re.sub(r"(?<!\\)\n", " \t\n", text)


def reworded(text):
    """A word more at the end of the first comment lines."""
    return re.sub(r"^(\s*\* \w.*\w)$", r"\1 indeed", text, count=120, flags=re.M)


def airy(text):
    """An empty line after each line that ends a statement, and a comment now and then; not amid a comment."""
    out, number = [], 0
    for kind, word in ctokens.words(text):
        out.append(word)
        if kind == "blank" and word == "\n" and len(out) > 1 and out[-2] == ";":
            number += 1
            out.append("\t/* ---- */\n" if number % 7 == 0 else "\n")
    return "".join(out)


def allman(text):
    """Opening braces of blocks on lines of their own."""
    return re.sub(r"^(\t+)(\S.*[^\s\\]) \{$", r"\1\2\n\1{", re.sub(r"^(\t+)\} else", r"\1}\n\1else", text, flags=re.M), flags=re.M)


def reflow(text):
    """Two blanks a level, lines broken at 72 wherever a word ends, comments dropped."""
    out, line, depth, nested = [], "", 0, 0

    def end():
        nonlocal line
        if line.strip():
            out.append(line.rstrip())
        line = "  " * depth

    for kind, word in ctokens.words(text):
        if kind in ("blank", "comment"):
            continue
        if kind == "directive":
            end()
            out.append(word)
            continue
        if word == "}":
            end()
            depth -= 1
            line = "  " * depth
        if len(line) + len(word) > 72:
            end()
            line += "    "
        tight = line.endswith(("(", "[", "!", "~", "->", ".")) or word in (")", "]", ";", ",", "(", "[", "->", ".", "++", "--") or not line.strip()
        line += word if tight else " " + word
        nested += (word == "(") - (word == ")")
        depth += word == "{"
        if word in ("{", "}") or (word == ";" and nested == 0):
            end()
    end()
    return "\n".join(out) + "\n"


def clang_format(text, style):
    return subprocess.run(["clang-format", "--style=" + style], input=text, text=True, check=True, stdout=subprocess.PIPE).stdout


STYLES = {"no-comments": no_comments, "expand": expand, "crlf": crlf, "trailing-blanks": trailing_blanks, "airy": airy, "allman": allman, "reworded": reworded, "reflow": reflow,
          "llvm": lambda text: clang_format(text, "LLVM"), "google": lambda text: clang_format(text, "{BasedOnStyle: Google, SortIncludes: false}")}


def main():
    text = sys.stdin.read()
    styled = STYLES[sys.argv[1]](text)
    if list(ctokens.items(styled.replace("\r\n", "\n"))) != list(ctokens.items(text)) and sys.argv[1] not in ("llvm", "google"):  # which sort includes
        sys.exit("restyle.py: " + sys.argv[1] + " changed more than the style")
    sys.stdout.buffer.write(styled.encode())


if __name__ == "__main__":
    main()
