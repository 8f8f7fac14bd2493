/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What L1's KVM tells of L2: the exit log that it maps, the counters in it, and its statistics. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/l1.h"

#define KVM_DEBUGFS "/sys/kernel/debug/kvm"

bool l1_kvm_has_exit_log(void)
{
        return access("/sys/module/kvm/parameters/exit_log_records", F_OK) == 0;
}

static bool is_stat(const struct dirent *entry)
{
        return entry->d_type == DT_REG && strlen(entry->d_name) < sizeof ((struct l1_kvm *)NULL)->stats[0] &&
               strcmp(entry->d_name, "exit_stats") != 0 && strcmp(entry->d_name, "mmu_rmaps_stat") != 0;
}

static int find_stats(struct l1_kvm *k)
{
        DIR *dir = opendir(k->dir);
        const struct dirent *entry;

        if (!dir)
                return -1;
        while ((entry = readdir(dir)) && k->nr_stats < sizeof k->stats / sizeof k->stats[0])
                if (is_stat(entry))
                        snprintf(k->stats[k->nr_stats++], sizeof k->stats[0], "%s", entry->d_name);
        closedir(dir);
        k->dirfd = open(k->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        k->hold = openat(k->dirfd, "exits", O_RDONLY | O_CLOEXEC);
        return k->hold < 0 ? -1 : 0;
}

static int find_vm(struct l1_kvm *k, pid_t qemu)
{
        char prefix[16];
        const struct dirent *entry;
        DIR *dir = opendir(KVM_DEBUGFS);

        if (!dir)
                return -1;
        snprintf(prefix, sizeof prefix, "%d-", qemu);
        while ((entry = readdir(dir)))
                if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && strlen(entry->d_name) < 32)
                        snprintf(k->dir, sizeof k->dir, "%s/%s", KVM_DEBUGFS, entry->d_name);
        closedir(dir);
        return 0;
}

static bool plausible(const struct kvm_exit_log_header *h)
{
        return h->magic == KVM_EXIT_LOG_MAGIC && h->version == KVM_EXIT_LOG_VERSION && h->nr_slots == KVM_EXIT_LOG_NR_SLOTS &&
               h->slot_size == sizeof(struct kvm_exit_log_slot) && h->record_size == sizeof(struct kvm_exit_log_record) &&
               h->nr_records <= 1u << 24;
}

/* Maps one log: the consumer's page to write, the rest to read. */
static int map_log(int fd, struct l1_vcpu *v)
{
        const long page = RECORD_PAGE;
        const unsigned char *log;
        struct kvm_exit_log_header h;
        void *first = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        void *second = mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, fd, KVM_EXIT_LOG_HEADER_OFFSET);
        size_t size;

        if (first == MAP_FAILED || second == MAP_FAILED)
                return -1;
        memcpy(&h, second, sizeof h);
        munmap(second, (size_t)page);
        if (!plausible(&h)) {
                errno = EPROTO;
                return -1;
        }
        size = h.records_offset + (size_t)h.nr_records * h.record_size - KVM_EXIT_LOG_HEADER_OFFSET;
        log = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, KVM_EXIT_LOG_HEADER_OFFSET);
        if (log == MAP_FAILED)
                return -1;
        v->consumer = first;
        v->header = (const void *)log;
        v->mapped = size;
        v->slots = log + h.slots_offset - KVM_EXIT_LOG_HEADER_OFFSET;
        v->records = (const void *)(log + h.records_offset - KVM_EXIT_LOG_HEADER_OFFSET);
        return 0;
}

static int attach_vcpu(struct l1_stream *s, struct l1_kvm *k, int id)
{
        struct l1_vcpu *v = &k->vcpus[k->nr_vcpus];
        char path[160];
        int fd;

        snprintf(path, sizeof path, "%s/vcpu%d/exit_log", k->dir, id);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : l1_error(s, path);
        if (map_log(fd, v) < 0) {
                close(fd);
                return l1_error(s, path);
        }
        close(fd);
        v->id = id;
        k->nr_vcpus++;
        return record_put(&s->writer, RECORD_VCPU, (uint16_t)id, v->header, sizeof *v->header, NULL, 0);
}

int l1_kvm_attach(struct l1_stream *s, struct l1_kvm *k, const struct l1_params *p, pid_t qemu)
{
        const unsigned wanted = (unsigned)atoi(p->l2_cpus);

        if (!k->dir[0]) {
                if (find_vm(k, qemu) < 0)
                        return l1_error(s, KVM_DEBUGFS);
                if (!k->dir[0])
                        return 0;
                if (find_stats(k) < 0)
                        return l1_error(s, k->dir);
        }
        while (k->nr_vcpus < wanted && l1_kvm_has_exit_log()) {
                const unsigned before = k->nr_vcpus;

                if (attach_vcpu(s, k, (int)before) < 0)
                        return -1;
                if (k->nr_vcpus == before)
                        break;
        }
        return 0;
}

static int drain_vcpu(struct l1_stream *s, struct l1_vcpu *v)
{
        const uint64_t head = __atomic_load_n(&v->header->head, __ATOMIC_ACQUIRE);
        const uint32_t nr = v->header->nr_records;

        while (nr && v->tail < head) {
                const uint64_t at = v->tail & (nr - 1);
                uint64_t count = head - v->tail;
                void *body;

                if (record_room(&s->writer) < sizeof *v->records && record_flush(&s->writer) < 0)
                        return -1;
                if (count > nr - at)
                        count = nr - at;
                if (count > record_room(&s->writer) / sizeof *v->records)
                        count = record_room(&s->writer) / sizeof *v->records;
                body = record_reserve(&s->writer, RECORD_EXITS, (uint16_t)v->id, (uint32_t)(count * sizeof *v->records));
                if (!body)
                        return -1;
                memcpy(body, &v->records[at], count * sizeof *v->records);
                v->tail += count;
                s->exits_written += count;
                __atomic_store_n(&v->consumer->tail, v->tail, __ATOMIC_RELEASE);
        }
        return 0;
}

int l1_kvm_drain(struct l1_stream *s, struct l1_kvm *k)
{
        for (unsigned i = 0; i < k->nr_vcpus; i++)
                if (drain_vcpu(s, &k->vcpus[i]) < 0)
                        return -1;
        return 0;
}

static const struct kvm_exit_log_slot *slot(const struct l1_vcpu *v, unsigned i)
{
        return (const void *)(v->slots + (size_t)i * sizeof(struct kvm_exit_log_slot));
}

static int sample_vcpu(struct l1_stream *s, const struct l1_vcpu *v)
{
        static struct record_sample_reason reasons[KVM_EXIT_LOG_NR_SLOTS];
        struct record_sample sample = { .monotonic_ns = guest_monotonic_ns(), .exits = v->header->exits, .cycles = v->header->cycles };
        uint32_t used = 0;

        for (unsigned i = 0; i < KVM_EXIT_LOG_NR_SLOTS; i++) {
                const struct kvm_exit_log_slot *from = slot(v, i);

                if (from->exits)
                        reasons[used++] = (struct record_sample_reason){ .reason = from->reason, .exits = from->exits, .cycles = from->cycles };
        }
        sample.tsc = guest_tsc();
        return record_put(&s->writer, RECORD_SAMPLE, (uint16_t)v->id, &sample, sizeof sample, reasons, used * (uint32_t)sizeof reasons[0]);
}

int l1_kvm_sample(struct l1_stream *s, const struct l1_kvm *k)
{
        for (unsigned i = 0; i < k->nr_vcpus; i++)
                if (sample_vcpu(s, &k->vcpus[i]) < 0)
                        return -1;
        return 0;
}

/* "NAME VALUE\n"; bytes written, 0 if there is no such statistic now. These files can be read once for each time they are opened. */
static size_t read_stat(const struct l1_kvm *k, const char *name, char *text)
{
        const int fd = openat(k->dirfd, name, O_RDONLY | O_CLOEXEC);
        const size_t used = strlen(name) + 1;
        ssize_t got;

        if (fd < 0)
                return 0;
        memcpy(text, name, used - 1);
        text[used - 1] = ' ';
        got = read(fd, text + used, 24);
        close(fd);
        return got > 1 && text[used + (size_t)got - 1] == '\n' ? used + (size_t)got : 0;
}

int l1_kvm_stats(struct l1_stream *s, const struct l1_kvm *k, bool all)
{
        const uint64_t tsc = guest_tsc();
        char text[sizeof k->stats + 25 * sizeof k->stats / sizeof k->stats[0]];
        size_t used = 0;

        if (!k->dir[0])
                return 0;
        if (!all)
                used = read_stat(k, "exits", text);
        for (unsigned i = 0; all && i < k->nr_stats; i++)
                used += read_stat(k, k->stats[i], text + used);
        return used ? record_put(&s->writer, RECORD_KVM_STATS, 0, &tsc, sizeof tsc, text, (uint32_t)used) : 0;
}

static int final_vcpu(struct l1_stream *s, const struct l1_vcpu *v)
{
        static struct kvm_exit_log_slot slots[KVM_EXIT_LOG_NR_SLOTS];
        uint32_t used = 0;

        for (unsigned i = 0; i < KVM_EXIT_LOG_NR_SLOTS; i++)
                if (slot(v, i)->exits)
                        memcpy(&slots[used++], slot(v, i), sizeof slots[0]);
        /* A block holds some 180 slots: enough for every reason a boot meets, yet it is not assumed. */
        for (uint32_t done = 0, count; done < used; done += count) {
                count = used - done < 64 ? used - done : 64;
                if (record_put(&s->writer, RECORD_SLOTS, (uint16_t)v->id, NULL, 0, &slots[done], count * (uint32_t)sizeof slots[0]) < 0)
                        return -1;
        }
        return record_put(&s->writer, RECORD_VCPU, (uint16_t)v->id, v->header, sizeof *v->header, NULL, 0);
}

int l1_kvm_final(struct l1_stream *s, const struct l1_kvm *k, uint64_t *overruns)
{
        for (unsigned i = 0; i < k->nr_vcpus; i++) {
                if (final_vcpu(s, &k->vcpus[i]) < 0)
                        return -1;
                *overruns += k->vcpus[i].header->overruns;
        }
        return *overruns ? -1 : 0;
}

void l1_kvm_release(struct l1_kvm *k)
{
        for (unsigned i = 0; i < k->nr_vcpus; i++) {
                munmap((void *)k->vcpus[i].consumer, RECORD_PAGE);
                munmap((void *)k->vcpus[i].header, k->vcpus[i].mapped);
        }
        if (k->hold >= 0)
                close(k->hold);
        if (k->dirfd >= 0)
                close(k->dirfd);
}
