/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the L1 agent: parameters, KVM's modules, L2's QEMU, and what is read of its KVM. */
#ifndef HARNESS_L1_H
#define HARNESS_L1_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/l2-volume.h"
#include "record/operations.h"
#include "record/record.h"

#define L1_VCPUS_MAX 16

/* What L2 is, when it is not the micro L2: see record/l2-volume.h. */
struct l1_volume {
        char device[64]; /* lab.volume=/dev/…; "": none */
        char text[L2_VOLUME_TEXT_BYTES + 1]; /* what `is` points into */
        struct l2_volume is;
};

/* From L1's kernel command line, lab.NAME=VALUE; ';' stands for a space. */
struct l1_params {
        uint32_t isa;          /* lab.isa=vmx|svm */
        char records[64];      /* lab.records=/dev/…: the record device */
        char kvm[512];         /* lab.kvm=…: parameters of kvm.ko */
        char vendor[256];      /* lab.vendor=…: parameters of kvm-intel.ko or kvm-amd.ko */
        char l2_append[1024];  /* lab.l2=…: L2's kernel command line */
        char l2_memory[16];    /* lab.l2_memory=MiB */
        char l2_cpus[16];      /* lab.l2_cpus=N */
        long sample_ms;        /* lab.sample_ms=N: between samples */
        long deadline_s;       /* lab.deadline_s=N: for L2, guest time */
        bool trace;            /* lab.trace=1: count by the kvm_exit tracepoint too */
        bool operations;       /* lab.operations=1: after L2's boot, run the known-answer guest too */
        struct l1_volume volume;
};

/* The stream to the host. Every function that fails has written the reason to it, if it still could. */
struct l1_stream {
        struct record_writer writer;
        int fd;
        uint64_t offset, limit; /* bytes, of the record device */
        uint64_t exits_written;
};

int l1_stream_open(struct l1_stream *s, const char *device);
int l1_event(struct l1_stream *s, enum record_event_code code, int32_t value, const char *text);
/* An ERROR event and a line on the console: "what: strerror(errno)". Returns -1. */
int l1_error(struct l1_stream *s, const char *what);

/* Reads p->volume.device and copies its files. 0, or -1 after an ERROR event. */
int l1_volume_load(struct l1_stream *s, struct l1_volume *v);
/* The value of QEMU's -drive for a part that is a disk. */
void l1_volume_drive(const struct l1_volume *v, const struct l2_part *part, char *value, size_t size);

/* Loads the modules in /modules that the ISA needs. NULL, or the one that did not load, with errno. */
const char *l1_load_modules(const struct l1_params *p);

/* L2: one QEMU process. The descriptors are non-blocking for us. */
struct l1_qemu {
        enum record_guest_kind kind;
        pid_t pid;
        int pidfd;
        int console, report, errors;
        int monitor;       /* QMP: tells of L2's resets */
        char line[1024];   /* of the monitor, not yet whole */
        size_t line_used;
        unsigned resets;   /* that are still right: L2 said that it is about to reboot */
        const struct l1_volume *volume; /* NULL: the micro L2 or the known-answer guest */
        struct l2_ready ready;
        uint64_t ready_ns; /* when all texts were seen; 0: not yet */
        uint64_t button_ns; /* when the power button was pressed; 0: not */
};

int l1_qemu_start(struct l1_stream *s, const struct l1_params *p, enum record_guest_kind kind, struct l1_qemu *q);
/* Copies what L2 wrote since the last call into the stream. -1 too if L2 was reset unasked: it is killed then. */
int l1_qemu_drain(struct l1_stream *s, struct l1_qemu *q);
/* For a guest that does not end by itself: presses its power button when it is ready and has idled, ends QEMU if that does not help. */
int l1_qemu_stop(struct l1_stream *s, struct l1_qemu *q);
/* Reaps QEMU and records how it ended; 0 if with status 0. */
int l1_qemu_end(struct l1_stream *s, struct l1_qemu *q);

/* The exit log and the statistics of QEMU's VM. */
struct l1_vcpu {
        volatile struct kvm_exit_log_consumer *consumer;
        const struct kvm_exit_log_header *header;
        const unsigned char *slots;
        const struct kvm_exit_log_record *records;
        size_t mapped; /* bytes, from header */
        uint64_t tail;
        int id;
};

struct l1_kvm {
        char dir[96]; /* the VM's folder in debugfs, "" until found */
        struct l1_vcpu vcpus[L1_VCPUS_MAX];
        unsigned nr_vcpus;
        int dirfd, hold; /* that folder; a statistic kept open, which keeps the VM there when QEMU has gone */
        char stats[96][40];
        unsigned nr_stats;
};

bool l1_kvm_has_exit_log(void);
/* Finds QEMU's VM and its vCPUs as they appear; cheap when all are known. */
int l1_kvm_attach(struct l1_stream *s, struct l1_kvm *k, const struct l1_params *p, pid_t qemu);
int l1_kvm_drain(struct l1_stream *s, struct l1_kvm *k);
int l1_kvm_sample(struct l1_stream *s, const struct l1_kvm *k);
/* All statistics, or only `exits`. */
int l1_kvm_stats(struct l1_stream *s, const struct l1_kvm *k, bool all);
/* Lets the VM go; what was mapped is unmapped. */
void l1_kvm_release(struct l1_kvm *k);
/* The vCPUs' final headers and slots. */
int l1_kvm_final(struct l1_stream *s, const struct l1_kvm *k, uint64_t *overruns);

/* The kvm_exit tracepoint: as a second account (a histogram in the kernel), or as the source where there is no exit log. */
int l1_trace_hist_start(struct l1_stream *s);
int l1_trace_hist_end(struct l1_stream *s);
int l1_trace_start(struct l1_stream *s, const struct l1_params *p);
int l1_trace_drain(struct l1_stream *s, bool last);

#endif
