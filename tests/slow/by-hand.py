# SPDX-License-Identifier: GPL-2.0-or-later
"""Does what docs/by-hand.md says, as a person at a terminal: by-hand.py DOCUMENT [TRANSCRIPT]

Executed are blocks "```sh WHERE": WHERE is host, l1 or l2. "enters=l2": the command's end is L2's prompt; "leaves": it ends the guest.
A block "```text prints" has lines that the block before must print, in this order; … stands for anything. Exit status 1: a command failed,
printed something else, or took too long; what was shown is on standard output in any case.
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

COMMAND_S = 240
BOOT_S = 900
NUDGE_S = 20
# Which guest's: after `poweroff` L2 shows its own once more before it ends.
PS1 = "PS1='@@{} $?@@ '"
PROMPT = r"@@{} (\d+)@@ "
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>c]|\x1b[()][0-9A-B]|\x07")
ESCAPE_BEGUN = re.compile(r"\x1b[^A-Za-z]{0,16}\Z")


def blocks(path):
    """(where, options, commands, prints) of each block that is executed."""
    found, fence = [], None
    with open(path, encoding="utf-8") as document:
        for line in document:
            if fence is None and line.startswith("```"):
                fence = line[3:].split() or ["text"]
                lines = []
            elif line.startswith("```"):
                if fence[0] == "sh":
                    found.append((fence[1], fence[2:], lines, []))
                elif fence[1:] == ["prints"]:
                    found[-1][3].extend(lines)
                fence = None
            elif fence is not None:
                lines.append(line.rstrip("\n"))
    return found


class Failure(Exception):
    pass


class Terminal:
    def __init__(self, command):
        self.begin = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp("/bin/sh", ["sh", "-c", "exec " + command])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 300, 0, 0))
        self.text = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.held = ""  # an escape sequence that has not come to its end

    def say(self, what):
        print(f"\n[{time.monotonic() - self.begin:7.1f} s] {what}", flush=True)

    def read(self, seconds):
        """Whether there was more before so many seconds were over; None at the end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return None
        if not data:
            return None
        data = ESCAPES.sub("", self.held + self.decoder.decode(data))
        begun = ESCAPE_BEGUN.search(data)
        self.held = data[begun.start():] if begun else ""
        data = data[: len(data) - len(self.held)]
        sys.stdout.write(data)
        sys.stdout.flush()
        self.text += data
        return True

    def wait(self, pattern, seconds, nudge=False):
        """What was shown until the pattern was: (text, match). A prompt that has gone by is shown again after a nudge."""
        until, nudged = time.monotonic() + seconds, time.monotonic()
        while True:
            match = re.search(pattern, self.text)
            if match:
                before, self.text = self.text[: match.start()], self.text[match.end():]
                return before, match
            if time.monotonic() > until:
                raise Failure(f"{pattern!r} was not shown in {seconds} s")
            more = self.read(1)
            if more is None:
                raise Failure(f"the session ended before {pattern!r} was shown")
            if more:
                nudged = time.monotonic()
            elif nudge and time.monotonic() > nudged + NUDGE_S:
                nudged = time.monotonic()
                self.type("")

    def type(self, line):
        os.write(self.fd, line.encode() + b"\r")

    def enter(self, guest):
        self.wait(rf"root@{guest}:[^\n]*# ", BOOT_S, nudge=guest == "l2")
        self.type(PS1.format(guest))
        self.wait(PROMPT.format(guest), COMMAND_S)

    def run(self, guest, command):
        self.text = ""
        self.type(command)
        shown, match = self.wait(PROMPT.format(guest), COMMAND_S)
        if match[1] != "0":
            raise Failure(f"exit status {match[1]}: {command}")
        return shown

    def end(self):
        """The command's exit status, at the session's end."""
        until = time.monotonic() + COMMAND_S
        while self.read(1) is not None:
            if time.monotonic() > until:
                raise Failure("the session did not end")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def check_prints(shown, expected):
    lines = [line.strip("\r").rstrip() for line in shown.replace("\r\n", "\n").split("\n")]
    at = 0
    for wanted in expected:
        pattern = ".*".join(re.escape(part) for part in wanted.rstrip().split("…"))
        while at < len(lines) and not re.fullmatch(pattern, lines[at]):
            at += 1
        if at == len(lines):
            raise Failure(f"the page says that this is printed, and it is not: {wanted}")
        at += 1


def perform(terminal, block):
    guest, options, commands, prints = block
    shown = ""
    for command in commands:
        terminal.say(command)
        if "leaves" in options:
            terminal.type(command)
        elif "enters=l2" in options:
            terminal.type(command)
            terminal.enter("l2")
        else:
            shown += terminal.run(guest, command)
    check_prints(shown, prints)


def main():
    found = blocks(sys.argv[1])
    if [block[0] for block in found].count("host") != 1 or found[0][0] != "host":
        raise Failure("the page does not begin with its one command for the host")
    terminal = Terminal(found[0][2][0])
    where = "l1"
    try:
        terminal.enter("l1")
        for block in found[1:]:
            if block[0] != where:
                raise Failure(f"this is to be run in {block[0]}, and we are in {where}: {block[2][0]}")
            perform(terminal, block)
            if "enters=l2" in block[1]:
                where = "l2"
            elif "leaves" in block[1] and where == "l2":
                terminal.wait(PROMPT.format("l1"), COMMAND_S)
                where = "l1"
            elif "leaves" in block[1]:
                where = "host"
        if where != "host":
            raise Failure("the page ends with L1 running")
        status = terminal.end()
        if status != 0:
            raise Failure(f"the host's command: exit status {status}")
    except BaseException:
        os.kill(terminal.pid, signal.SIGTERM)
        raise
    terminal.say(f"{sum(len(block[2]) for block in found)} commands")


try:
    main()
except Failure as failure:
    print(f"\nFAILED: {failure}")
    sys.exit(1)
