/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations of Linux's in record/operations.h: whatever an operation needs is made ready before its rounds, so that a
 * round holds the repetitions alone. What cannot be made ready is left out, with a line on the console.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l2.h"

#define PAGE 4096
#define CHURN_PAGES 16
#define DISK "/dev/vda"
#define INTERFACE "eth0"
#define ANSWER_MS 2000 /* to wait for a frame's answer */

/* The clock's memory (CMOS) outlives a reset; neither SeaBIOS nor QEMU use this byte of it. */
#define CMOS_INDEX_PORT 0x70
#define CMOS_DATA_PORT 0x71
#define CMOS_BYTE 0x55
#define CMOS_REBOOTED 0xa7

static void perform(enum record_operation_number number, void (*once)(unsigned repetition))
{
        const struct record_operation *operation = &record_operations[number];

        for (unsigned round = 0; round < operation->rounds; round++) {
                l2_port_out(RECORD_OPERATION_PORT + number, 0);
                for (unsigned i = 0; i < operation->repetitions; i++)
                        once(i);
                l2_mark(RECORD_MARK_OPERATION_END);
        }
}

static void leave_out(enum record_operation_number number, const char *what)
{
        guest_say("operation %s is left out: %s: %s", record_operations[number].name, what, strerror(errno));
}

static void nothing(unsigned repetition)
{
        (void)repetition;
}

/* What perform() is about to do was tried once, outside of a round: code and data are in place then. */
static void warm_up_calibration(void)
{
        nothing(0);
        perform(OPERATION_CALIBRATION_LINUX, nothing);
}

static void sleep_ns(long ns)
{
        struct timespec left = { .tv_nsec = ns };

        while (nanosleep(&left, &left) < 0 && errno == EINTR)
                continue;
}

static void idle_once(unsigned repetition)
{
        (void)repetition;
        sleep_ns(100000000);
}

static void sleep_once(unsigned repetition)
{
        (void)repetition;
        sleep_ns(1000000);
}

/* A process that sends back every byte. */
static int to_echo[2], from_echo[2];

static void echo_once(unsigned repetition)
{
        char byte = (char)repetition;

        if (write(to_echo[1], &byte, 1) != 1 || read(from_echo[0], &byte, 1) != 1)
                guest_say("echo: %s", strerror(errno));
}

static void echo(void)
{
        char byte;

        while (read(to_echo[0], &byte, 1) == 1)
                if (write(from_echo[1], &byte, 1) != 1)
                        break;
        _exit(0);
}

static void context_switches(void)
{
        pid_t pid;

        if (pipe(to_echo) < 0 || pipe(from_echo) < 0 || (pid = fork()) < 0) {
                leave_out(OPERATION_CONTEXT_SWITCH, "fork");
                return;
        }
        if (pid == 0)
                echo();
        echo_once(0);
        perform(OPERATION_CONTEXT_SWITCH, echo_once);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

static void churn_once(unsigned repetition)
{
        volatile char *pages = mmap(NULL, CHURN_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (pages == MAP_FAILED)
                return;
        for (unsigned i = 0; i < CHURN_PAGES; i++)
                pages[i * PAGE] = (char)repetition;
        munmap((void *)pages, CHURN_PAGES * PAGE);
}

static void fork_once(unsigned repetition)
{
        const pid_t pid = fork();

        if (pid == 0)
                _exit((int)repetition & 1);
        if (pid > 0)
                waitpid(pid, NULL, 0);
}

static void console_once(unsigned repetition)
{
        static char text[1024];

        for (unsigned i = 0; i < sizeof text; i++)
                text[i] = i % 64 == 63 ? '\n' : (char)('a' + (repetition + i) % 26);
        for (size_t done = 0; done < sizeof text;) {
                const ssize_t wrote = write(STDOUT_FILENO, text + done, sizeof text - done);

                if (wrote <= 0)
                        break;
                done += (size_t)wrote;
        }
        tcdrain(STDOUT_FILENO);
}

static int disk = -1;
static char sector[PAGE] __attribute__((aligned(PAGE)));

static void disk_read_once(unsigned repetition)
{
        if (pread(disk, sector, sizeof sector, (off_t)repetition * PAGE) != (ssize_t)sizeof sector)
                guest_say(DISK ": %s", strerror(errno));
}

static void disk_write_once(unsigned repetition)
{
        if (pwrite(disk, sector, sizeof sector, (off_t)repetition * PAGE) != (ssize_t)sizeof sector)
                guest_say(DISK ": %s", strerror(errno));
}

static void disk_transfers(void)
{
        disk = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
        if (disk < 0) {
                leave_out(OPERATION_DISK_READ, DISK);
                return;
        }
        disk_read_once(0);
        disk_write_once(0);
        perform(OPERATION_DISK_READ, disk_read_once);
        perform(OPERATION_DISK_WRITE, disk_write_once);
        close(disk);
}

/* QEMU's user network is 10.0.2.2 to its guest, which is 10.0.2.15; it answers ARP itself, without a host behind it. */
static int network = -1;
static unsigned char question[60] = {
        [0] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* to all; from: filled in */
        [12] = 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1, /* ARP request for IPv4 over Ethernet */
        [28] = 10, 0, 2, 15,
        [38] = 10, 0, 2, 2,
};

static bool is_answer(const unsigned char *frame, ssize_t size)
{
        return size >= 42 && frame[12] == 0x08 && frame[13] == 0x06 && frame[20] == 0 && frame[21] == 2;
}

static bool ask(void)
{
        struct pollfd readable = { .fd = network, .events = POLLIN };
        unsigned char frame[128];

        if (send(network, question, sizeof question, 0) != (ssize_t)sizeof question)
                return false;
        while (poll(&readable, 1, ANSWER_MS) == 1)
                if (is_answer(frame, recv(network, frame, sizeof frame, 0)))
                        return true;
        errno = ETIMEDOUT;
        return false;
}

/* Whoever does not answer once is not asked again: each time would cost as long. */
static void ask_once(unsigned repetition)
{
        static bool lost;

        (void)repetition;
        if (lost || ask())
                return;
        lost = true;
        guest_say(INTERFACE ": %s", strerror(errno));
}

static int open_network(void)
{
        struct ifreq request = { .ifr_name = INTERFACE };
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = 0x0608 /* ARP, in network order */ };

        network = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0x0608);
        if (network < 0 || ioctl(network, SIOCGIFHWADDR, &request) < 0)
                return -1;
        memcpy(question + 6, request.ifr_hwaddr.sa_data, 6);
        memcpy(question + 22, request.ifr_hwaddr.sa_data, 6);
        request.ifr_flags = IFF_UP;
        if (ioctl(network, SIOCSIFFLAGS, &request) < 0 || ioctl(network, SIOCGIFINDEX, &request) < 0)
                return -1;
        address.sll_ifindex = request.ifr_ifindex;
        return bind(network, (const struct sockaddr *)&address, sizeof address);
}

static void network_round_trips(void)
{
        if (open_network() < 0 || !ask()) {
                leave_out(OPERATION_NETWORK, INTERFACE);
        } else {
                perform(OPERATION_NETWORK, ask_once);
        }
        close(network);
}

static atomic_int spinning;

static void *spin(void *unused)
{
        atomic_store(&spinning, 1);
        while (atomic_load(&spinning))
                continue;
        return unused;
}

static void barrier_once(unsigned repetition)
{
        (void)repetition;
        if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) < 0)
                guest_say("membarrier: %s", strerror(errno));
}

static void pin(pthread_t thread, int cpu)
{
        cpu_set_t set;

        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (pthread_setaffinity_np(thread, sizeof set, &set))
                guest_say("cannot pin a thread to CPU %d", cpu);
}

/* membarrier interrupts every other CPU that runs a thread of this process: one, which spins. */
static void interprocessor_interrupts(void)
{
        pthread_t thread;

        if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
                return;
        if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) < 0 || pthread_create(&thread, NULL, spin, NULL)) {
                leave_out(OPERATION_IPI, "membarrier");
                return;
        }
        pin(pthread_self(), 0);
        pin(thread, 1);
        while (!atomic_load(&spinning))
                sched_yield();
        perform(OPERATION_IPI, barrier_once);
        atomic_store(&spinning, 0);
        pthread_join(thread, NULL);
}

void l2_perform_operations(void)
{
        warm_up_calibration();
        perform(OPERATION_IDLE, idle_once);
        perform(OPERATION_SLEEP, sleep_once);
        context_switches();
        churn_once(0);
        perform(OPERATION_PAGE_CHURN, churn_once);
        fork_once(0);
        perform(OPERATION_FORK, fork_once);
        perform(OPERATION_CONSOLE, console_once);
        disk_transfers();
        network_round_trips();
        interprocessor_interrupts();
}

void l2_reboot(void)
{
        static const char announcement[] = { RECORD_REPORT_REBOOT, '\n' };

        l2_port_out(CMOS_INDEX_PORT, CMOS_BYTE);
        l2_port_out(CMOS_DATA_PORT, CMOS_REBOOTED);
        for (size_t i = 0; i < sizeof announcement; i++)
                l2_port_out(RECORD_REPORT_PORT, (unsigned char)announcement[i]);
        l2_port_out(RECORD_OPERATION_PORT + OPERATION_REBOOT, 0);
        sync();
        reboot(RB_AUTOBOOT);
        guest_say("reboot: %s", strerror(errno));
        guest_power_off();
}

bool l2_rebooted(void)
{
        l2_port_out(CMOS_INDEX_PORT, CMOS_BYTE);
        if (l2_port_in(CMOS_DATA_PORT) != CMOS_REBOOTED)
                return false;
        l2_mark(RECORD_MARK_OPERATION_END);
        l2_port_out(CMOS_INDEX_PORT, CMOS_BYTE);
        l2_port_out(CMOS_DATA_PORT, 0);
        return true;
}
