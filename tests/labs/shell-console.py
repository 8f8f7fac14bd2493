# SPDX-License-Identifier: GPL-2.0-or-later
# A person at a terminal: shell-console.py STEP… -- COMMAND…
#   expect:TEXT   waits (at most 300 s) until TEXT has been shown
#   type:TEXT     types it; \n and \xNN as in Python
#   kill:NUMBER   sends the command a signal
# What was shown goes to standard output. Exit status: the command's (128 + N for signal N); 99 if a TEXT never came, 98 if the terminal was left raw.
import os
import pty
import select
import signal
import sys
import termios
import time

PATIENCE_S = 300


def shown(fd, seconds):
    ready, _, _ = select.select([fd], [], [], max(0.0, seconds))
    if not ready:
        return None
    try:
        return os.read(fd, 65536)
    except OSError:
        return b""


def main():
    cut = sys.argv.index("--")
    steps, command = sys.argv[1:cut], sys.argv[cut + 1:]
    master, slave = pty.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(master)
        os.login_tty(slave) if hasattr(os, "login_tty") else [os.dup2(slave, n) for n in range(3)]
        os.execvp(command[0], command)
    text, everything = b"", b""
    for step in steps:
        what, _, value = step.partition(":")
        if what == "type":
            os.write(master, value.encode().decode("unicode_escape").encode("latin1"))
        elif what == "kill":
            os.kill(pid, int(value))
        until = time.monotonic() + PATIENCE_S
        while what == "expect" and value.encode() not in text:
            more = shown(master, until - time.monotonic())
            if not more:
                sys.stdout.buffer.write(everything)
                print("\nNEVER SHOWN:", value)
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)
                sys.exit(99)
            text += more
            everything += more
        if what == "expect":
            text = text[text.index(value.encode()) + len(value):]
    until = time.monotonic() + PATIENCE_S
    status = None
    while status is None and time.monotonic() < until:
        everything += shown(master, 0.1) or b""
        done, code = os.waitpid(pid, os.WNOHANG)
        status = os.waitstatus_to_exitcode(code) if done else None
    everything += shown(master, 0.1) or b""
    sys.stdout.buffer.write(everything)
    sys.stdout.flush()
    for _ in range(100):  # after a kill, somebody else gives it back
        cooked = termios.tcgetattr(slave)[3] & (termios.ICANON | termios.ECHO) == termios.ICANON | termios.ECHO
        if cooked:
            break
        time.sleep(0.05)
    sys.exit(98 if not cooked else 97 if status is None else status if status >= 0 else 128 - status)


main()
