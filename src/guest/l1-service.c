/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab in a distribution as L1: a service that systemd starts last. It gets the machine ready and stops it there for a snapshot, if L1's command
 * line has lab.snapshot=1: by an OUT to the panic device, which stops L1 at that very instruction, so that every snapshot is of the same one.
 * A restored machine goes on behind it. What the lab is to do comes only then, in the payload of the record device (record/payload.h): the lab.*
 * parameters, KVM's modules if they are others than L1's own, and the agent with its files, which then takes this program's place.
 *
 * The agent is made for a machine of its own: it finds its parameters in /proc/cmdline and the modules in /modules. It gets both by mounts that no
 * other process sees.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/guest.h"
#include "record/payload.h"
#include "record/record.h"

#define AGENT PAYLOAD_DIR "/" PAYLOAD_AGENT
#define READY "/usr/lib/harness/l1-ready" /* what is done before the snapshot: a script */
#define PANIC_PORT 0x505 /* QEMU, docs/specs/pvpanic.txt */
#define PANIC_PANICKED 1

/* systemd's default for services would be killed for writing to the console; it is ours. */
static int open_console(void)
{
        const int fd = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);

        return fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ? -1 : 0;
}

static int run(const char *program)
{
        const pid_t pid = fork();
        int status;

        if (pid < 0)
                return -1;
        if (pid == 0) {
                execl(program, program, (char *)NULL);
                _exit(127);
        }
        if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
                return -1;
        errno = ENOEXEC;
        return WEXITSTATUS(status) ? -1 : 0;
}

static int stop_for_snapshot(void)
{
        if (ioperm(PANIC_PORT, 1, 1) < 0)
                return -1;
        outb(PANIC_PANICKED, PANIC_PORT);
        return ioperm(PANIC_PORT, 1, 0);
}

/* --- the payload ------------------------------------------------------------------------------ */

/* Read past the page cache: what stands there is newer than what L1 may have read at its start. */
static const char *read_payload(const char *device, const struct payload_header **header)
{
        const size_t size = PAYLOAD_DEVICE_BYTES - PAYLOAD_OFFSET;
        const int fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);
        char *bytes = aligned_alloc(RECORD_PAGE, size);
        ssize_t got = -1;

        if (fd >= 0 && bytes)
                got = pread(fd, bytes, size, PAYLOAD_OFFSET);
        if (fd >= 0)
                close(fd);
        *header = (const struct payload_header *)(const void *)bytes;
        if (got != (ssize_t)size)
                return "the record device cannot be read";
        if ((*header)->magic != PAYLOAD_MAGIC || (*header)->entries > PAYLOAD_ENTRIES_MAX)
                return "the record device holds no payload";
        for (uint32_t i = 0; i < (*header)->entries; i++) {
                const struct payload_entry *e = &(*header)->entry[i];

                if (!memchr(e->name, '\0', sizeof e->name) || strchr(e->name, '/') || !e->name[0] || e->offset > size || e->size > size - e->offset)
                        return "the payload is damaged";
        }
        return NULL;
}

static int write_file(const char *path, const void *bytes, size_t size)
{
        const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
        ssize_t put;

        if (fd < 0)
                return -1;
        put = write(fd, bytes, size);
        close(fd);
        return put == (ssize_t)size ? 0 : -1;
}

/* Into PAYLOAD_DIR. Whether there was a module. */
static int unpack(const struct payload_header *header, int *modules)
{
        for (uint32_t i = 0; i < header->entries; i++) {
                const struct payload_entry *e = &header->entry[i];
                char path[sizeof PAYLOAD_DIR + sizeof e->name];

                snprintf(path, sizeof path, PAYLOAD_DIR "/%s", e->name);
                if (write_file(path, (const char *)header + e->offset, e->size) < 0)
                        return -1;
                if (strlen(e->name) > 3 && strcmp(e->name + strlen(e->name) - 3, ".ko") == 0)
                        *modules = 1;
        }
        return 0;
}

/* --- the agent's surroundings ----------------------------------------------------------------- */

static int bind(const char *from, const char *to)
{
        return mount(from, to, NULL, MS_BIND, NULL);
}

static int make_surroundings(int modules)
{
        struct utsname name;
        char own[sizeof name.release + 64];

        if (uname(&name) < 0 || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return -1;
        snprintf(own, sizeof own, "/lib/modules/%s/kernel/arch/x86/kvm", name.release);
        if (bind(PAYLOAD_DIR "/" PAYLOAD_CMDLINE, "/proc/cmdline") < 0 || bind(modules ? PAYLOAD_DIR : own, "/modules") < 0)
                return -1;
        umount2("/sys/kernel/debug/tracing", MNT_DETACH); /* the agent mounts its own; whether it was there does not matter */
        umount2("/sys/kernel/debug", MNT_DETACH);
        return 0;
}

static void give_up(const char *what)
{
        guest_say("%s: %s", what, strerror(errno));
        guest_power_off();
}

int main(void)
{
        const struct payload_header *header;
        const char *wrong;
        char records[64];
        int modules = 0;

        if (open_console() < 0 || guest_param("lab.records", records, sizeof records) < 1)
                give_up("no console or no lab.records");
        if (run(READY) < 0)
                give_up(READY);
        guest_say("ready");
        if (guest_param_number("lab.snapshot", 0, 1, 0) == 1 && stop_for_snapshot() < 0)
                give_up("stopping for a snapshot");
        wrong = read_payload(records, &header);
        if (wrong)
                give_up(wrong);
        /* L2's QEMU, which is another user's, makes its monitor's socket there. */
        if ((mkdir(PAYLOAD_DIR, 0777) < 0 && errno != EEXIST) || chmod(PAYLOAD_DIR, 0777) < 0 || unpack(header, &modules) < 0)
                give_up("unpacking the payload");
        if (make_surroundings(modules) < 0)
                give_up("the agent's surroundings");
        execl(AGENT, AGENT, (char *)NULL);
        give_up(AGENT);
}
