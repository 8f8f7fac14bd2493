# SPDX-License-Identifier: GPL-2.0-or-later
"""C as words: what restyle.py writes otherwise, and by what same-code.py compares."""
import re

_WORD = re.compile(
    r'(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')|(?P<directive>^[ \t]*\#(?:\\\r?\n|/\*.*?\*/|[^\n])*)'
    r'|(?P<name>[A-Za-z_]\w*)|(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)|(?P<blank>\n|[^\S\n]+|\\\n)'
    r'|(?P<sign>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|&&|\|\||\#\#|[<>=!+\-*/%&|^]=|.)', re.S | re.M)


def words(text):
    """(kind, word) one after the other, blanks and comments among them: joined they are the text."""
    for match in _WORD.finditer(text):
        yield match.lastgroup, match.group()


def _joined(parts):
    """Strings side by side are one."""
    before = None
    for word in parts:
        if before is not None and before[0] == word[0] == '"':
            before = before[:-1] + word[1:]
            continue
        if before is not None:
            yield before
        before = word
    if before is not None:
        yield before


def _read(text):
    for kind, word in words(text):
        if kind == "directive":
            yield "#" + " ".join(code(re.sub(r"^[ \t]*#", "", word).replace("\\\n", " ")))
        elif kind not in ("blank", "comment"):
            yield word


def code(text):
    """The words that a compiler reads. A directive is one word, its blanks and comments evened out."""
    return _joined(_read(text))


_TYPES = {"int", "unsigned", "long", "bool", "u8", "u16", "u32", "u64", "s64", "ktime_t", "char", "struct", "union"}


def _bare(statement):
    """A declaration without a value, which may stand anywhere among declarations."""
    return statement[0] in _TYPES and not set(statement) & {"=", "(", "{", "}", ":"}


def _settled(item):
    """A function with each block's declarations that have no value in order, first."""
    out, statement, bare = [], [], []
    start = 0
    for word in item:
        statement.append(word)
        if word not in (";", "{", "}"):
            continue
        if word == ";" and _bare(statement) and "(" in item:
            bare.append(statement)
        else:
            out += statement
        if word != ";":
            for one in sorted(bare, reverse=True):
                out[start:start] = one
            bare = []
            start = len(out)
        statement = []
    return tuple(out + statement)


def items(text):
    """The file's own level: each function, declaration and directive as one tuple of words, but for includes of <headers>, of which the compiler tells."""
    depth, item = 0, []
    for word in code(text):
        if word.startswith("#") and depth == 0 and not item:
            if not word.startswith("#include <"):
                yield (word,)
            continue
        item.append(word)
        depth += (word in ("{", "(", "[")) - (word in ("}", ")", "]"))
        if depth == 0 and word in (";", "}"):
            yield _settled(item)
            item = []
    if item:
        yield tuple(item)
