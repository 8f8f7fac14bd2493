/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads KVM's modules with the lab's parameters. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

static int load(struct l1_stream *s, const char *name, const char *params, bool optional)
{
        char path[64];
        int fd, saved;

        snprintf(path, sizeof path, "/modules/%s.ko", name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && optional)
                return 0;
        if (fd >= 0 && syscall(SYS_finit_module, fd, params, 0) == 0) {
                close(fd);
                return 0;
        }
        saved = errno;
        if (fd >= 0)
                close(fd);
        guest_say("module %s: %s", name, strerror(saved));
        l1_event(s, RECORD_EVENT_MODULE_FAILED, saved, name);
        return -1;
}

int l1_load_modules(struct l1_stream *s, const struct l1_params *p)
{
        const bool vmx = p->isa == KVM_EXIT_LOG_ISA_VMX;

        if (load(s, "irqbypass", "", true) < 0 || load(s, "kvm", p->kvm, false) < 0)
                return -1;
        if (load(s, vmx ? "kvm-intel" : "kvm-amd", p->vendor, false) < 0)
                return -1;
        return l1_event(s, RECORD_EVENT_MODULES_LOADED, 0, vmx ? "kvm-intel" : "kvm-amd");
}
