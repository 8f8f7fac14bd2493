/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The asking side of the exec channel (exec-frame.h). GLib-free: the host asks L1's agent, and a program in L1 asks L2's. */
#ifndef HARNESS_EXEC_CLIENT_H
#define HARNESS_EXEC_CLIENT_H

#include "record/exec-frame.h"

enum exec_result {
        EXEC_RESULT_ENDED,     /* see end and value */
        EXEC_RESULT_TIMEOUT,   /* the time was up: the command was killed */
        EXEC_RESULT_SILENT,    /* no agent answered in time */
        EXEC_RESULT_CLOSED,    /* the line's other end is gone; error: errno or 0 */
        EXEC_RESULT_DAMAGED,   /* bytes were lost, or the guest says what it may not */
        EXEC_RESULT_STOPPED,   /* stop_fd became readable */
        EXEC_RESULT_NO_OUTPUT, /* our own standard output or error cannot be written; error: errno */
};

struct exec_client {
        int line;                  /* both ways, not blocking */
        int in, out, err;          /* descriptors that the command's are joined to; in -1: an empty one */
        int stop_fd;               /* readable: give up; -1: none */
        uint64_t hello_ns;         /* how long an agent is waited for; 0: for ever */
        uint64_t timeout_ns;       /* how long the command may take; 0: for ever */
        void (*tick)(void *user);  /* about once a second while an agent is waited for; NULL: none */
        void *user;

        /* What came of it. */
        enum exec_end end;
        uint32_t value;
        int error;

        /* Its own; all zero at first. */
        struct exec_parser parser;
        uint8_t pending[EXEC_WIRE_MAX * 2]; /* came and was not looked at yet */
        size_t pending_used;
        uint16_t next_out, next_in;
        uint64_t skipped; /* the parser's, when the agent had answered */
};

/* Waits until the agent answers. */
enum exec_result exec_client_hello(struct exec_client *client);
/* After that: runs argv, of at most EXEC_ARGUMENTS_MAX bytes and EXEC_COUNT_MAX strings, and copies until it has ended. */
enum exec_result exec_client_run(struct exec_client *client, const char *const *argv);
/* Asks the guest to shut down. The answer is that it does. */
enum exec_result exec_client_power_off(struct exec_client *client);

#endif
