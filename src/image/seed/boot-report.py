#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tells of this machine's boot on its second serial port, then powers it off. The lines: record/boot-report.h.

It may run under an emulator fifty times slower than hardware, where each byte and each process counts: it imports little, starts
three programs, and begins only when the boot is over.
"""
import ctypes
import json
import mmap
import os
import sys
import termios
import time

REPORT = "/dev/ttyS1"
CONSOLE = "ttyS0"
CLOCK_ROUNDS = 4
LINE_MAX = 500  # BOOT_REPORT_LINE_MAX less its end
UNITS_MAX = 1000
GETTY_PATIENCE_S = 60
# x86-64's numbers of read, poll, select, pselect6, ppoll
WAITING = {"0", "7", "23", "270", "271"}
KERNEL_MAX = 24
KERNEL = (
    "Linux version", "Command line:", "tsc: Detected", "Memory:", "smpboot:", "Trying to unpack rootfs", "Freeing initrd memory", "Freeing unused kernel",
    "Run /", "mounted filesystem", "random: crng init done", "systemd[1]: Detected", "systemd[1]: Successfully loaded", "systemd[1]: Hostname set",
    "systemd[1]: Inserted", "systemd 2",
)
DEVICES_LEFT_OUT = ("sys-", "dev-disk-", "dev-char-")


def output_of(*argv):
    """What a program prints; errors are the boot's, not ours."""
    reader, writer = os.pipe()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)])
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    return data.decode("utf-8", "replace")


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def open_port():
    """The port, raw. A port without a device behind it can be opened, but has no settings."""
    try:
        port = os.open(REPORT, os.O_WRONLY | os.O_NOCTTY)
        settings = termios.tcgetattr(port)
    except (OSError, termios.error) as error:
        print(f"harness: no report of this boot: {REPORT}: {error}")
        sys.exit(0)
    settings[0] = settings[1] = settings[3] = 0
    settings[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
    settings[4] = settings[5] = termios.B115200
    termios.tcsetattr(port, termios.TCSANOW, settings)
    return port


def getty():
    """The process that is to ask for a name on the console; None: there is none."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if read_text(f"/proc/{pid}/comm").strip() == "agetty":
            try:
                if os.readlink(f"/proc/{pid}/fd/0").endswith(CONSOLE):
                    return pid
            except OSError:
                return pid  # not that far yet, so perhaps the one
    return None


def wait_for_login():
    """Until the prompt has been written: systemd lets gettys begin when all else is done."""
    until = time.monotonic() + GETTY_PATIENCE_S
    while time.monotonic() < until:
        pid = getty()
        if pid is None or read_text(f"/proc/{pid}/syscall").split(" ")[0] in WAITING:
            return
        time.sleep(0.2)


def cpuid_maker():
    """A function that executes CPUID, and where that instruction is: it exits in every guest, and needs no right to do so."""
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\x53\x31\xc0\x31\xc9\x0f\xa2\x5b\xc3")  # push %rbx; xor %eax,%eax; xor %ecx,%ecx; cpuid; pop %rbx; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    function = ctypes.CFUNCTYPE(None)(address)
    function.code = code  # the memory lives as long as the function
    return function, address + 5


def clock_lines():
    """Instants that both clocks know: this one, and that of whoever logs this machine's exits."""
    cpuid, address = cpuid_maker()
    yield f"clock-rip {address}"
    for _ in range(CLOCK_ROUNDS):
        before = time.monotonic_ns()
        cpuid()
        yield f"clock {before} {time.monotonic_ns()}"


def kernel_messages():
    """All that the kernel still has: (nanoseconds, text)."""
    kmsg = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    while True:
        try:
            record = os.read(kmsg, 8192).decode("utf-8", "replace")
        except BrokenPipeError:
            continue
        except OSError:
            break
        head, _, text = record.partition(";")
        fields = head.split(",")
        if len(fields) > 2 and fields[2].isdigit():
            yield int(fields[2]) * 1000, text.partition("\n")[0]
    os.close(kmsg)


def kernel_lines():
    rounds = []
    with open("/dev/kmsg", "w", encoding="ascii", buffering=1) as kmsg:
        for number in range(2):
            before = time.monotonic_ns()
            kmsg.write(f"<7>harness-clock {number}\n")
            rounds.append((before, time.monotonic_ns()))
    told = 0
    for nanoseconds, text in kernel_messages():
        if text.startswith("harness-clock ") and rounds:
            before, after = rounds.pop(0)
            yield f"printk {before} {nanoseconds} {after}"
        elif told < KERNEL_MAX and any(part in text for part in KERNEL):
            told += 1
            yield f"kernel {nanoseconds} {text}"


def manager_lines():
    for line in output_of("systemctl", "show", "--no-pager").splitlines():
        name, _, value = line.partition("=")
        if name.endswith("TimestampMonotonic") and value.isdigit() and 0 < int(value) < 1 << 62:
            yield f"systemd {name} {value}"


def unit_lines():
    """Everything that was started. What ran once and is over was never active: then it is told when it was over."""
    names = ("Id", "ActiveState", "InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic", "InactiveEnterTimestampMonotonic")
    units = []
    for block in output_of("systemctl", "show", "--no-pager", "--property=" + ",".join(names), "*").split("\n\n"):
        unit = dict(line.partition("=")[::2] for line in block.splitlines())
        name = unit.get("Id", "")
        start, active, over = (int(unit.get(key) or 0) for key in names[2:])
        if unit.get("ActiveState") == "failed":
            yield f"failed {name}"
        if start == 0 or (name.endswith(".device") and name.startswith(DEVICES_LEFT_OUT)):
            continue
        units.append((start, name, active if active >= start else over if over >= start else 0))
    for start, name, active in sorted(units)[:UNITS_MAX]:
        yield f"unit {name} {start} {active}"


def cloud_init_line():
    """As `cloud-init status` would say, which takes seconds to say it."""
    try:
        errors = json.loads(read_text("/run/cloud-init/result.json"))["v1"]["errors"]
        return "cloud-init error" if errors else "cloud-init done"
    except (ValueError, KeyError, TypeError):
        return "cloud-init unknown"


def distribution_line():
    values = dict(line.partition("=")[::2] for line in read_text("/etc/os-release").splitlines())
    return "distribution {} {}".format(*(values.get(key, "").strip("\"'") or "unknown" for key in ("ID", "VERSION_ID")))


def lines():
    yield "harness-boot 1"
    yield distribution_line()
    yield from clock_lines()
    yield from kernel_lines()
    yield from manager_lines()
    yield from unit_lines()
    yield cloud_init_line()
    yield "end"


def write_all(port, data):
    while data:
        data = data[os.write(port, data):]


def main():
    port = open_port()
    output_of("systemctl", "is-system-running", "--wait")
    wait_for_login()
    text = "".join(line.encode("ascii", "replace").decode("ascii").replace("\r", " ")[:LINE_MAX] + "\n" for line in lines())
    write_all(port, b"\n" + text.encode("ascii"))  # UEFI firmware may have left a line of its own unended
    termios.tcdrain(port)
    os.execvp("systemctl", ["systemctl", "poweroff", "--no-wall"])


main()
