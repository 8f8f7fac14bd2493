/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answering side of the exec channel (record/exec-frame.h): one command at a time, in a process group of its own.
 * One loop; the line is written blocking, which is the way that a command's output is slowed down to what the line takes.
 */
#include "guest/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "guest/guest.h"
#include "record/exec-frame.h"

struct agent {
        int line;
        struct exec_parser parser;
        uint16_t next_in, next_out;
        bool welcome; /* somebody has said hello */

        char arguments[EXEC_ARGUMENTS_MAX];
        size_t arguments_used;

        pid_t pid; /* of the command, or 0 */
        int pidfd, in, out, err; /* -1: none */
        uint8_t input[EXEC_DATA_MAX];
        size_t input_used, input_done;
        bool input_end, owes_ack;
};

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
        while (size) {
                const ssize_t put = write(fd, bytes, size);

                if (put < 0 && errno != EINTR)
                        return -1;
                bytes += put > 0 ? put : 0;
                size -= put > 0 ? (size_t)put : 0;
        }
        return 0;
}

static int say(struct agent *a, enum exec_type type, const void *data, size_t length)
{
        uint8_t wire[EXEC_WIRE_MAX];

        return write_all(a->line, wire, exec_frame_write(wire, type, a->next_out++, data, length));
}

static int acknowledge(struct agent *a)
{
        a->owes_ack = false;
        return say(a, EXEC_ACK, NULL, 0);
}

static void close_fd(int *fd)
{
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}

/* --- the command ------------------------------------------------------------------------------ */

static void forget_command(struct agent *a)
{
        if (a->pid > 0) {
                kill(-a->pid, SIGKILL);
                waitpid(a->pid, NULL, 0);
        }
        a->pid = 0;
        close_fd(&a->pidfd);
        close_fd(&a->in);
        close_fd(&a->out);
        close_fd(&a->err);
        a->input_used = a->input_done = a->arguments_used = 0;
        a->input_end = a->owes_ack = false;
}

static int say_end(struct agent *a, enum exec_end end, uint32_t value)
{
        uint8_t data[5] = { (uint8_t)end };

        exec_put32(data + 1, value);
        forget_command(a);
        return say(a, EXEC_ENDED, data, sizeof data);
}

static void child(char **argv, const int in[2], const int out[2], const int err[2], int report)
{
        int error;

        setsid();
        signal(SIGPIPE, SIG_DFL);
        if (dup2(in[0], STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0 && dup2(err[1], STDERR_FILENO) >= 0)
                execvp(argv[0], argv);
        error = errno;
        if (write(report, &error, sizeof error) < 0)
                _exit(126);
        _exit(127);
}

/* 0, or errno after closing what there was. */
static int make_pipes(int pipes[4][2])
{
        for (unsigned i = 0; i < 4; i++) {
                const int error = pipe2(pipes[i], O_CLOEXEC) < 0 ? errno : 0;

                if (!error)
                        continue;
                while (i-- > 0) {
                        close(pipes[i][0]);
                        close(pipes[i][1]);
                }
                return error;
        }
        return 0;
}

/* Our ends in a->in, a->out, a->err; what exec failed with is the result. */
static int spawn(struct agent *a, char **argv)
{
        int pipes[4][2], *const in = pipes[0], *const out = pipes[1], *const err = pipes[2], *const report = pipes[3];
        int error = make_pipes(pipes);

        if (error)
                return error;
        a->pid = fork();
        error = a->pid < 0 ? errno : 0;
        if (a->pid == 0)
                child(argv, in, out, err, report[1]);
        close(in[0]);
        close(out[1]);
        close(err[1]);
        close(report[1]);
        a->in = in[1];
        a->out = out[0];
        a->err = err[0];
        fcntl(a->in, F_SETFL, O_NONBLOCK);
        fcntl(a->out, F_SETFL, O_NONBLOCK);
        fcntl(a->err, F_SETFL, O_NONBLOCK);
        if (a->pid > 0) {
                a->pidfd = (int)syscall(SYS_pidfd_open, a->pid, 0);
                if (read(report[0], &error, sizeof error) != sizeof error)
                        error = 0;
        }
        close(report[0]);
        return error;
}

/* The arguments as they lie there, if they are as many as was said. */
static int start(struct agent *a, uint32_t count)
{
        char *argv[EXEC_COUNT_MAX + 1];
        size_t at = 0;
        uint32_t n = 0;
        int error;

        while (n < count && n < EXEC_COUNT_MAX && at < a->arguments_used) {
                const size_t length = strnlen(a->arguments + at, a->arguments_used - at);

                if (at + length == a->arguments_used)
                        break;
                argv[n++] = a->arguments + at;
                at += length + 1;
        }
        argv[n] = NULL;
        if (n == 0 || n != count || at != a->arguments_used)
                return say_end(a, EXEC_END_NO_START, E2BIG);
        error = spawn(a, argv);
        if (error)
                return say_end(a, EXEC_END_NO_START, (uint32_t)error);
        return 0;
}

/* --- what the host says ----------------------------------------------------------------------- */

static int hello(struct agent *a, const struct exec_frame *frame)
{
        forget_command(a);
        a->welcome = true;
        a->next_in = 1;
        a->next_out = 0;
        return say(a, EXEC_WELCOME, frame->data, frame->length);
}

static int take_argument(struct agent *a, const struct exec_frame *frame)
{
        if (frame->length <= sizeof a->arguments - a->arguments_used) {
                memcpy(a->arguments + a->arguments_used, frame->data, frame->length);
                a->arguments_used += frame->length;
        } else
                a->arguments_used = 0; /* RUN will find too few */
        return acknowledge(a);
}

static int take_input(struct agent *a, const struct exec_frame *frame)
{
        memcpy(a->input, frame->data, frame->length);
        a->input_used = frame->length;
        a->input_done = 0;
        a->owes_ack = true;
        return 0;
}

static int take_frame(struct agent *a, const struct exec_frame *frame)
{
        if (frame->type == EXEC_HELLO)
                return hello(a, frame);
        if (!a->welcome || frame->sequence != a->next_in++) {
                a->welcome = false; /* lost bytes: nothing is believed until the next hello */
                return 0;
        }
        switch (frame->type) {
        case EXEC_ARGUMENT:
                return take_argument(a, frame);
        case EXEC_RUN:
                if (acknowledge(a) < 0)
                        return -1;
                return a->pid || frame->length != 4 ? 0 : start(a, exec_get32(frame->data));
        case EXEC_INPUT:
                return take_input(a, frame);
        case EXEC_INPUT_END:
                a->input_end = true;
                return acknowledge(a);
        case EXEC_KILL:
                if (a->pid > 0)
                        kill(-a->pid, SIGKILL);
                return acknowledge(a);
        case EXEC_POWER_OFF:
                exec_power_off();
                return acknowledge(a);
        default:
                return 0;
        }
}

static int take_line(struct agent *a)
{
        uint8_t bytes[4096];
        const ssize_t got = read(a->line, bytes, sizeof bytes);
        struct exec_frame frame;
        bool whole = true;

        if (got < 0)
                return errno == EINTR || errno == EAGAIN ? 0 : -1;
        if (got == 0)
                return -1;
        for (size_t at = 0; at < (size_t)got || whole;) {
                at += exec_parser_take(&a->parser, bytes + at, (size_t)got - at, &frame, &whole);
                if (whole && take_frame(a, &frame) < 0)
                        return -1;
        }
        return 0;
}

/* --- what the command says -------------------------------------------------------------------- */

/* What is there now, if anything; *fd is -1 at its end. */
static int pass_on(struct agent *a, int *fd, enum exec_type type)
{
        uint8_t data[EXEC_DATA_MAX];
        const ssize_t got = *fd >= 0 ? read(*fd, data, sizeof data) : -1;

        if (got > 0)
                return say(a, type, data, (size_t)got) < 0 ? -1 : 1;
        if (got == 0)
                close_fd(fd);
        return 0;
}

static int give_input(struct agent *a)
{
        while (a->in >= 0 && a->input_done < a->input_used) {
                const ssize_t put = write(a->in, a->input + a->input_done, a->input_used - a->input_done);

                if (put < 0 && errno == EAGAIN)
                        return 0;
                if (put < 0 && errno != EINTR)
                        close_fd(&a->in); /* nobody reads it: it is thrown away */
                a->input_done += put > 0 ? (size_t)put : 0;
        }
        if (a->input_end)
                close_fd(&a->in);
        return a->owes_ack ? acknowledge(a) : 0;
}

/* What is there now, and not what may come meanwhile. */
static int pass_on_rest(struct agent *a, int *fd, enum exec_type type)
{
        int left = 0, passed = 1;

        ioctl(*fd, FIONREAD, &left);
        for (; left > 0 && passed > 0; left -= (int)EXEC_DATA_MAX)
                passed = pass_on(a, fd, type);
        return passed < 0 ? -1 : 0;
}

/* The command has ended: what it wrote comes first, but a process that it left behind is not waited for. */
static int end_command(struct agent *a)
{
        siginfo_t info = { 0 };

        if (waitid(P_PID, (id_t)a->pid, &info, WEXITED) < 0)
                return -1;
        if (pass_on_rest(a, &a->out, EXEC_OUTPUT) < 0 || pass_on_rest(a, &a->err, EXEC_ERRORS) < 0)
                return -1;
        a->pid = 0;
        return say_end(a, info.si_code == CLD_EXITED ? EXEC_END_STATUS : EXEC_END_SIGNAL, (uint32_t)info.si_status);
}

static int turn(struct agent *a)
{
        const bool has_input = a->in >= 0 && a->input_done < a->input_used;
        struct pollfd fds[5] = {
                { .fd = a->line, .events = POLLIN },
                { .fd = a->out, .events = POLLIN },
                { .fd = a->err, .events = POLLIN },
                { .fd = a->pidfd, .events = POLLIN },
                { .fd = has_input ? a->in : -1, .events = POLLOUT },
        };

        if (poll(fds, 5, -1) < 0)
                return errno == EINTR ? 0 : -1;
        if ((fds[1].revents && pass_on(a, &a->out, EXEC_OUTPUT) < 0) || (fds[2].revents && pass_on(a, &a->err, EXEC_ERRORS) < 0))
                return -1;
        if (fds[3].revents && end_command(a) < 0)
                return -1;
        if (fds[0].revents && take_line(a) < 0)
                return -1;
        return give_input(a);
}

int exec_serve(int line)
{
        static struct agent agent;

        agent = (struct agent){ .line = line, .pidfd = -1, .in = -1, .out = -1, .err = -1 };
        signal(SIGPIPE, SIG_IGN);
        while (turn(&agent) == 0)
                ;
        forget_command(&agent);
        return -1;
}

int exec_open_line(const char *path)
{
        const int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        struct termios mode;

        if (fd < 0 || tcgetattr(fd, &mode) < 0)
                return fd; /* no terminal: a virtio port */
        cfmakeraw(&mode);
        mode.c_cflag |= CLOCAL | CREAD;
        cfsetspeed(&mode, B115200);
        tcsetattr(fd, TCSANOW, &mode);
        return fd;
}
