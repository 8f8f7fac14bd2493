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


def items(text):
    """The file's own level: each function, declaration and directive as one tuple of words."""
    depth, item = 0, []
    for word in code(text):
        if word.startswith("#") and depth == 0 and not item:
            yield (word,)
            continue
        item.append(word)
        depth += (word in ("{", "(", "[")) - (word in ("}", ")", "]"))
        if depth == 0 and word in (";", "}"):
            yield tuple(item)
            item = []
    if item:
        yield tuple(item)
