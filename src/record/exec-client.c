/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The asking side of the exec channel; see exec-client.h. All waiting is poll's; what the guest says is bounded and checked. */
#include "record/exec-client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS 1000000ull
#define HELLO_EVERY_NS (1000 * NS_PER_MS)
#define GOING -1 /* no result yet */

static uint64_t now_ns(void)
{
        struct timespec now = { 0 };

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Until a moment (0: none), in poll's terms. */
static int wait_ms(uint64_t until_ns)
{
        const uint64_t now = now_ns();

        if (!until_ns)
                return -1;
        return until_ns <= now ? 0 : (int)((until_ns - now) / NS_PER_MS > 3600000 ? 3600000 : (until_ns - now) / NS_PER_MS + 1);
}

static int closed(struct exec_client *client, int error)
{
        client->error = error;
        return EXEC_RESULT_CLOSED;
}

/* Waits until fd is ready for `events`, or it is time to stop: also for who never stops talking. */
static int wait_for(struct exec_client *client, int fd, short events, uint64_t until_ns)
{
        struct pollfd fds[2] = { { .fd = fd, .events = events }, { .fd = client->stop_fd, .events = POLLIN } };

        if (poll(fds, 2, wait_ms(until_ns)) < 0 && errno != EINTR)
                return closed(client, errno);
        if (fds[1].revents)
                return EXEC_RESULT_STOPPED;
        return until_ns && now_ns() >= until_ns ? EXEC_RESULT_TIMEOUT : GOING;
}

/* At most a frame is under way: it always fits into what is between us and the guest, so this waits for an emulator only. */
static int send_frame(struct exec_client *client, enum exec_type type, const void *data, size_t length, uint64_t until_ns)
{
        uint8_t wire[EXEC_WIRE_MAX];
        const size_t size = exec_frame_write(wire, type, client->next_out++, data, length);

        for (size_t sent = 0; sent < size;) {
                const ssize_t got = write(client->line, wire + sent, size - sent);
                int status;

                if (got > 0)
                        sent += (size_t)got;
                else if (got < 0 && errno != EAGAIN && errno != EINTR)
                        return closed(client, errno);
                else if ((status = wait_for(client, client->line, POLLOUT, until_ns)) != GOING)
                        return status;
        }
        return GOING;
}

/* The next frame of what has come; 0: there is none whole. */
static bool next_frame(struct exec_client *client, struct exec_frame *frame)
{
        bool whole = false;
        const size_t taken = exec_parser_take(&client->parser, client->pending, client->pending_used, frame, &whole);

        client->pending_used -= taken;
        memmove(client->pending, client->pending + taken, client->pending_used);
        return whole;
}

static int read_line(struct exec_client *client)
{
        const ssize_t got = read(client->line, client->pending + client->pending_used, sizeof client->pending - client->pending_used);

        if (got > 0)
                client->pending_used += (size_t)got;
        else if (got == 0)
                return closed(client, 0);
        else if (errno != EAGAIN && errno != EINTR)
                return closed(client, errno);
        return GOING;
}

static bool is_welcome(const struct exec_frame *frame, const uint8_t nonce[8])
{
        return frame->type == EXEC_WELCOME && frame->length == 8 && frame->sequence == 0 && memcmp(frame->data, nonce, 8) == 0;
}

/* Looks for the answer until the next HELLO is due. */
static int await_welcome(struct exec_client *client, const uint8_t nonce[8], uint64_t until_ns)
{
        struct exec_frame frame;
        int status = GOING;

        while (status == GOING) {
                while (next_frame(client, &frame))
                        if (is_welcome(&frame, nonce))
                                return EXEC_RESULT_ENDED;
                status = wait_for(client, client->line, POLLIN, until_ns);
                if (status == GOING)
                        status = read_line(client);
        }
        return status;
}

/* An EIO is a pseudo terminal whose other end is not open yet. */
static void pause_until(struct exec_client *client, uint64_t until_ns)
{
        struct pollfd fd = { .fd = client->stop_fd, .events = POLLIN };

        poll(&fd, 1, wait_ms(until_ns));
}

enum exec_result exec_client_hello(struct exec_client *client)
{
        const uint64_t begin = now_ns(), give_up = client->hello_ns ? begin + client->hello_ns : 0;
        uint8_t nonce[8];

        for (uint64_t number = begin;; number++) {
                const uint64_t due = now_ns() + HELLO_EVERY_NS, until = give_up && give_up < due ? give_up : due;
                int status;

                memcpy(nonce, &number, sizeof nonce);
                client->next_out = 0;
                status = send_frame(client, EXEC_HELLO, nonce, sizeof nonce, until);
                if (status == GOING)
                        status = await_welcome(client, nonce, until);
                if (status == EXEC_RESULT_ENDED) {
                        client->next_in = 1;
                        client->skipped = client->parser.skipped;
                        return EXEC_RESULT_ENDED;
                }
                if (status == EXEC_RESULT_CLOSED && client->error == EIO)
                        pause_until(client, until);
                else if (status != EXEC_RESULT_TIMEOUT)
                        return (enum exec_result)status;
                if (give_up && now_ns() >= give_up)
                        return EXEC_RESULT_SILENT;
                if (client->tick)
                        client->tick(client->user);
        }
}

/* --- a command -------------------------------------------------------------------------------- */

static int write_out(struct exec_client *client, int fd, const struct exec_frame *frame, uint64_t until_ns)
{
        for (size_t done = 0; done < frame->length;) {
                const int status = wait_for(client, fd, POLLOUT, until_ns);
                ssize_t put;

                if (status != GOING)
                        return status;
                put = write(fd, frame->data + done, frame->length - done);
                if (put < 0 && errno != EINTR && errno != EAGAIN) {
                        client->error = errno;
                        return EXEC_RESULT_NO_OUTPUT;
                }
                done += put > 0 ? (size_t)put : 0;
        }
        return GOING;
}

static int take_end(struct exec_client *client, const struct exec_frame *frame)
{
        if (frame->length != 5 || frame->data[0] > EXEC_END_NO_START)
                return EXEC_RESULT_DAMAGED;
        client->end = frame->data[0];
        client->value = exec_get32(frame->data + 1);
        return EXEC_RESULT_ENDED;
}

/* *acked: the guest can take the next frame. */
static int take_frame(struct exec_client *client, const struct exec_frame *frame, bool *acked, uint64_t until_ns)
{
        if (frame->sequence != client->next_in++)
                return EXEC_RESULT_DAMAGED;
        switch (frame->type) {
        case EXEC_ACK:
                if (*acked)
                        return EXEC_RESULT_DAMAGED;
                *acked = true;
                return GOING;
        case EXEC_OUTPUT:
                return write_out(client, client->out, frame, until_ns);
        case EXEC_ERRORS:
                return write_out(client, client->err, frame, until_ns);
        case EXEC_ENDED:
                return take_end(client, frame);
        default:
                return EXEC_RESULT_DAMAGED;
        }
}

static int take_frames(struct exec_client *client, bool *acked, uint64_t until_ns)
{
        struct exec_frame frame;
        int status = GOING;

        while (status == GOING && next_frame(client, &frame))
                status = take_frame(client, &frame, acked, until_ns);
        if (status == GOING && client->parser.skipped != client->skipped)
                return EXEC_RESULT_DAMAGED;
        return status;
}

/* Sends a frame and takes what comes until it is acknowledged. */
static int send_and_wait(struct exec_client *client, enum exec_type type, const void *data, size_t length, uint64_t until_ns)
{
        bool acked = false;
        int status = send_frame(client, type, data, length, until_ns);

        while (status == GOING) {
                status = take_frames(client, &acked, until_ns);
                if (status != GOING || acked)
                        return status;
                status = wait_for(client, client->line, POLLIN, until_ns);
                if (status == GOING)
                        status = read_line(client);
        }
        return status;
}

/* Strings, each with its NUL, cut into frames wherever they are full. */
static int send_arguments(struct exec_client *client, const char *const *argv, uint64_t until_ns)
{
        uint8_t part[EXEC_DATA_MAX], count[4];
        size_t used = 0;
        uint32_t n = 0;
        int status = GOING;

        for (; argv[n]; n++) {
                for (size_t at = 0; status == GOING && at < strlen(argv[n]) + 1;) {
                        const size_t left = strlen(argv[n]) + 1 - at, room = sizeof part - used, size = left < room ? left : room;

                        memcpy(part + used, argv[n] + at, size);
                        used += size;
                        at += size;
                        if (used == sizeof part) {
                                status = send_and_wait(client, EXEC_ARGUMENT, part, used, until_ns);
                                used = 0;
                        }
                }
        }
        if (status == GOING && used)
                status = send_and_wait(client, EXEC_ARGUMENT, part, used, until_ns);
        exec_put32(count, n);
        return status == GOING ? send_and_wait(client, EXEC_RUN, count, sizeof count, until_ns) : status;
}

/* Reads some input and sends it; *in is -1 when there is no more. */
static int send_input(struct exec_client *client, int *in, bool *acked, uint64_t until_ns)
{
        uint8_t data[EXEC_DATA_MAX];
        const ssize_t got = read(*in, data, sizeof data);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
                return GOING;
        *acked = false;
        if (got > 0)
                return send_frame(client, EXEC_INPUT, data, (size_t)got, until_ns);
        *in = -1;
        return send_frame(client, EXEC_INPUT_END, NULL, 0, until_ns);
}

static int copy(struct exec_client *client, uint64_t until_ns)
{
        int in = client->in, status = GOING;
        bool acked = true;

        if (in < 0)
                status = send_and_wait(client, EXEC_INPUT_END, NULL, 0, until_ns);
        while (status == GOING && (status = take_frames(client, &acked, until_ns)) == GOING) {
                struct pollfd fds[3] = { { .fd = client->line, .events = POLLIN }, { .fd = client->stop_fd, .events = POLLIN }, { .fd = acked ? in : -1, .events = POLLIN } };

                if (poll(fds, 3, wait_ms(until_ns)) < 0 && errno != EINTR)
                        return closed(client, errno);
                if (fds[1].revents)
                        return EXEC_RESULT_STOPPED;
                if (until_ns && now_ns() >= until_ns)
                        return EXEC_RESULT_TIMEOUT;
                if (fds[0].revents)
                        status = read_line(client);
                if (status == GOING && fds[2].revents)
                        status = send_input(client, &in, &acked, until_ns);
        }
        return status;
}

enum exec_result exec_client_run(struct exec_client *client, const char *const *argv)
{
        const uint64_t until = client->timeout_ns ? now_ns() + client->timeout_ns : 0;
        int status = send_arguments(client, argv, until);

        if (status == GOING)
                status = copy(client, until);
        if (status == EXEC_RESULT_TIMEOUT || status == EXEC_RESULT_STOPPED)
                send_frame(client, EXEC_KILL, NULL, 0, now_ns() + HELLO_EVERY_NS);
        return (enum exec_result)status;
}

enum exec_result exec_client_power_off(struct exec_client *client)
{
        const uint64_t until = now_ns() + 2 * HELLO_EVERY_NS;
        const int status = send_frame(client, EXEC_POWER_OFF, NULL, 0, until);

        return status == GOING ? EXEC_RESULT_ENDED : (enum exec_result)status;
}
