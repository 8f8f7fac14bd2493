/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads KVM's modules with the lab's parameters. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/l1.h"

static int load(const char *name, const char *params, bool optional)
{
        char path[64];
        int fd, saved;

        snprintf(path, sizeof path, "/modules/%s.ko", name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return optional ? 0 : -1;
        if (syscall(SYS_finit_module, fd, params, 0) == 0) {
                close(fd);
                return 0;
        }
        saved = errno;
        close(fd);
        errno = saved;
        return -1;
}

const char *l1_load_modules(const struct l1_params *p)
{
        const char *vendor = p->isa == KVM_EXIT_LOG_ISA_VMX ? "kvm-intel" : "kvm-amd";

        if (load("irqbypass", "", true) < 0)
                return "irqbypass";
        if (load("kvm", p->kvm, false) < 0)
                return "kvm";
        return load(vendor, p->vendor, false) < 0 ? vendor : NULL;
}
