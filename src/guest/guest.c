/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs inside L1 and L2 share; see guest.h. */
#include "guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

uint64_t guest_monotonic_ns(void)
{
        struct timespec now;

        if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
                return 0;
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void guest_say(const char *format, ...)
{
        char line[512] = "harness: ";
        const size_t prefix = strlen(line);
        va_list args;
        int length;

        va_start(args, format);
        length = vsnprintf(line + prefix, sizeof line - prefix - 1, format, args);
        va_end(args);
        if (length < 0)
                return;
        line[strlen(line) + 1] = '\0';
        line[strlen(line)] = '\n';
        /* The console is the last resort: if it fails there is nobody left to tell. */
        if (write(STDOUT_FILENO, line, strlen(line)) < 0)
                return;
}

static int mount_one(const char *type, const char *path)
{
        if (mkdir(path, 0755) < 0 && errno != EEXIST && errno != EROFS)
                return -1;
        if (mount(type, path, type, 0, NULL) < 0 && errno != EBUSY)
                return -1;
        return 0;
}

/* Weak: where there is a system around the agent, all of it is there (l1-libvirt.c). */
__attribute__((weak)) int guest_mount_basics(void)
{
        if (mount_one("devtmpfs", "/dev") < 0 || mount_one("proc", "/proc") < 0)
                return -1;
        return mount_one("sysfs", "/sys");
}

long guest_read_file(const char *path, char *buffer, size_t size)
{
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t used = 0;
        ssize_t got = 1;

        if (fd < 0)
                return -1;
        while (used + 1 < size && (got = read(fd, buffer + used, size - 1 - used)) > 0)
                used += (size_t)got;
        close(fd);
        buffer[used] = '\0';
        return got < 0 ? -1 : (long)used;
}

int guest_param(const char *name, char *value, size_t size)
{
        char line[4096], *save = NULL;
        const size_t name_length = strlen(name);

        if (guest_read_file("/proc/cmdline", line, sizeof line) < 0)
                return -1;
        for (char *word = strtok_r(line, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
                const char *found = word + name_length + 1;

                if (strncmp(word, name, name_length) != 0 || word[name_length] != '=')
                        continue;
                if (strlen(found) >= size)
                        return -1;
                for (size_t i = 0; i <= strlen(found); i++)
                        value[i] = found[i] == ';' ? ' ' : found[i];
                return 1;
        }
        return 0;
}

long guest_param_number(const char *name, long min, long max, long fallback)
{
        char text[32], *end;
        const int found = guest_param(name, text, sizeof text);
        long number;

        if (found <= 0)
                return found < 0 ? -1 : fallback;
        errno = 0;
        number = strtol(text, &end, 10);
        if (errno || end == text || *end || number < min || number > max)
                return -1;
        return number;
}

void guest_power_off(void)
{
        sync();
        reboot(RB_POWER_OFF);
        /* A kernel without power-off returns: end as PID 1 must not, by a panic that the host can see. */
        _exit(1);
}
