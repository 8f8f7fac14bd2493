/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of exec-agent: serving the channel, asking on one, being /init of a shell's L1 or L2, starting L2. */
#ifndef HARNESS_GUEST_EXEC_H
#define HARNESS_GUEST_EXEC_H

#define EXEC_L2_SOCKET "/tmp/l2-exec" /* in L1: L2's second serial port */

/* The serial line or virtio port, raw. -1 with errno. */
int exec_open_line(const char *path);
/* Serves until the line is gone. -1 with errno. */
int exec_serve(int line);
/* In order: as init, or by systemd's. */
void exec_power_off(void);

/* Runs argv on the agent at the far end of a Unix socket, standard input and output joined; the exit status. */
int exec_ask(const char *socket_path, const char *const *argv);

/* PID 1 of a shell's L1 (lab.isa is on the command line) or L2. Does not return. */
void exec_init(void) __attribute__((noreturn));
/* Becomes QEMU with L2 in it, its console here. -1 with errno. */
int exec_run_l2(void);

#endif
