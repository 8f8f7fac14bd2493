/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec-agent [LINE…]                    serves the exec channel on the first LINE there is (default: /dev/ttyS1)
 * exec-agent --ask SOCKET COMMAND…      runs a command on the agent behind a Unix socket
 * exec-agent --l2                       in a shell's L1: L2, its console here
 * As process 1 it is the init of a shell's L1 or L2.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest/exec.h"
#include "guest/guest.h"
#include "record/exec-client.h"

#define ASK_HELLO_NS (600ull * 1000000000u) /* L2 boots meanwhile */

static int join(const char *path)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || strlen(path) >= sizeof address.sun_path)
                return -1;
        memcpy(address.sun_path, path, strlen(path));
        for (unsigned tries = 0; connect(fd, (struct sockaddr *)&address, sizeof address) < 0; tries++) {
                if ((errno != ENOENT && errno != ECONNREFUSED) || tries == 600)
                        return -1;
                poll(NULL, 0, 100); /* QEMU is being started */
        }
        fcntl(fd, F_SETFL, O_NONBLOCK);
        return fd;
}

static const char *describe(enum exec_result result, const struct exec_client *client)
{
        static const char *const words[] = {
                [EXEC_RESULT_TIMEOUT] = "its time was up",
                [EXEC_RESULT_SILENT] = "L2's agent does not answer",
                [EXEC_RESULT_CLOSED] = "L2 has ended",
                [EXEC_RESULT_DAMAGED] = "bytes were lost on the way",
                [EXEC_RESULT_STOPPED] = "stopped",
        };

        if (result == EXEC_RESULT_NO_OUTPUT)
                return strerror(client->error);
        return words[result];
}

int exec_ask(const char *socket_path, const char *const *argv)
{
        static struct exec_client client;
        enum exec_result result;

        client = (struct exec_client){ .line = join(socket_path), .in = STDIN_FILENO, .out = STDOUT_FILENO, .err = STDERR_FILENO, .stop_fd = -1, .hello_ns = ASK_HELLO_NS };
        if (client.line < 0) {
                fprintf(stderr, "harness: %s: %s\n", socket_path, strerror(errno));
                return 125;
        }
        result = exec_client_hello(&client);
        if (result == EXEC_RESULT_ENDED)
                result = exec_client_run(&client, argv);
        if (result != EXEC_RESULT_ENDED) {
                fprintf(stderr, "harness: in L2: %s\n", describe(result, &client));
                return 125;
        }
        if (client.end == EXEC_END_NO_START) {
                fprintf(stderr, "%s: %s\n", argv[0], strerror((int)client.value));
                return client.value == ENOENT ? 127 : 126;
        }
        return client.end == EXEC_END_SIGNAL ? 128 + (int)client.value : (int)client.value;
}

void exec_power_off(void)
{
        static const char *const ways[] = { "/usr/bin/systemctl", "/bin/systemctl", "/sbin/poweroff" };

        if (getpid() == 1 || getppid() == 1)
                kill(1, SIGUSR2); /* our own init; systemd does nothing by it */
        for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
                if (access(ways[i], X_OK) < 0)
                        continue;
                if (fork() == 0) {
                        execl(ways[i], ways[i], i < 2 ? "poweroff" : NULL, (char *)NULL);
                        _exit(127);
                }
                return;
        }
}

static int serve(char **lines)
{
        static char fallback[] = "/dev/ttyS1", *fallbacks[] = { fallback, NULL };
        int fd = -1;

        for (char **line = *lines ? lines : fallbacks; *line && fd < 0; line++)
                fd = exec_open_line(*line);
        if (fd >= 0)
                exec_serve(fd);
        fprintf(stderr, "exec-agent: %s\n", strerror(errno));
        return 1;
}

int main(int argc, char **argv)
{
        if (getpid() == 1)
                exec_init();
        if (argc > 3 && strcmp(argv[1], "--ask") == 0)
                return exec_ask(argv[2], (const char *const *)argv + 3);
        if (argc == 2 && strcmp(argv[1], "--l2") == 0) {
                exec_run_l2();
                fprintf(stderr, "QEMU: %s\n", strerror(errno));
                return 127;
        }
        if (argc > 1 && argv[1][0] == '-') {
                fprintf(stderr, "usage: exec-agent [LINE...] | --ask SOCKET COMMAND... | --l2\n");
                return 2;
        }
        return serve(argv + 1);
}
