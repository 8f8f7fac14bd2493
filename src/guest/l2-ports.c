/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports are reached through /dev/port: in user space OUT needs the TSS's I/O bitmap, which QEMU's TCG does
 * not honour in a guest once its task register came from a VMCB (it wants an available TSS there, not a busy one).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l2.h"

static int ports = -1;

int l2_ports_open(void)
{
        ports = open("/dev/port", O_RDWR | O_CLOEXEC);
        return ports < 0 ? -1 : 0;
}

void l2_port_out(unsigned port, unsigned char byte)
{
        if (pwrite(ports, &byte, 1, (off_t)port) != 1)
                guest_say("port 0x%x: %s", port, strerror(errno));
}

unsigned char l2_port_in(unsigned port)
{
        unsigned char byte = 0;

        if (pread(ports, &byte, 1, (off_t)port) != 1)
                guest_say("port 0x%x: %s", port, strerror(errno));
        return byte;
}

void l2_mark(enum record_mark what)
{
        l2_port_out(RECORD_MARK_PORT + (unsigned)what, 0);
}
