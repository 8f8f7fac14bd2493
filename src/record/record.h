/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record format: what the L1 agent streams out and the host reads. GLib-free, shared by both.
 *
 * A stream is a sequence of blocks on a block device (in L1) or in a file (on the host). A block
 * starts at a multiple of 4096 bytes, is a whole number of 4096-byte pages and at most RECORD_BLOCK_MAX
 * bytes long:   struct record_block_header | payload | zeroes up to the next page.
 * The stream ends at the first page that does not start with RECORD_BLOCK_MAGIC, or with the device.
 * It is whole if its last record is RECORD_END.
 *
 * The payload is a sequence of records:  struct record_header | body | zeroes up to a multiple of 8.
 * A record never crosses a block. All integers are little-endian; all times are L1 TSC values unless
 * they end in _ns. A reader trusts nothing: lengths are bounded, every block is checksummed.
 */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "record/exit-log-abi.h"

#define RECORD_PAGE 4096u
#define RECORD_BLOCK_MAX 65536u
#define RECORD_BLOCK_MAGIC 0x314b4c424e524148ull /* "HARNBLK1" */
#define RECORD_VERSION 2u

struct record_block_header {
        uint64_t magic;
        uint32_t version;
        uint32_t sequence; /* 0, 1, 2, … */
        uint32_t length;   /* payload bytes, a multiple of 8, at most RECORD_BLOCK_MAX - sizeof header */
        uint32_t crc32c;   /* CRC-32C (Castagnoli, init and xor all ones) of this header with crc32c = 0, then the payload */
        uint64_t reserved; /* 0 */
};

struct record_header {
        uint16_t type;     /* enum record_type */
        uint16_t vcpu;     /* L2 vCPU the record is about, else 0 */
        uint32_t length;   /* bytes of the body, without padding */
};

enum record_type {
        RECORD_HELLO = 1,     /* struct record_hello, then the L1 kernel release as text; first record of a stream */
        RECORD_EVENT = 2,     /* struct record_event, then text (may be empty) */
        RECORD_VCPU = 3,      /* struct record_vcpu: an exit log was attached; first_entry_tsc may still be 0 */
        RECORD_EXITS = 4,     /* n x struct kvm_exit_log_record, in order */
        RECORD_SAMPLE = 5,    /* struct record_sample, then n x struct record_sample_reason (non-zero counters only) */
        RECORD_SLOTS = 6,     /* n x struct kvm_exit_log_slot (non-zero slots only): the final counters of this vCPU */
        RECORD_KVM_STATS = 7, /* uint64 tsc, then text lines "name value\n" from debugfs: the VM's KVM statistics */
        RECORD_CONSOLE = 8,   /* uint64 tsc, then bytes of L2's serial console */
        RECORD_L2_DATA = 9,   /* uint64 tsc, then bytes that L2 wrote to the report port (text lines, see below) */
        RECORD_TRACE_HIST = 10, /* text lines "reason count\n": the kvm_exit tracepoint's own count, decimal */
        RECORD_END = 11,      /* struct record_end; last record of a whole stream */
        RECORD_GUEST = 12,    /* struct record_guest: another L2 begins, and what follows is about it; the first needs none */
};

struct record_hello {
        uint32_t isa; /* enum kvm_exit_log_isa */
        uint32_t agent_version;
        uint32_t tsc_khz; /* the L1 kernel's own figure; 0 if unknown */
        uint32_t source;  /* enum record_source: where exits come from */
        uint64_t tsc;
        uint64_t monotonic_ns; /* CLOCK_MONOTONIC at tsc */
};

enum record_source { RECORD_SOURCE_EXIT_LOG = 0, RECORD_SOURCE_TRACEPOINT = 1 };

struct record_event {
        uint64_t tsc;
        uint32_t code; /* enum record_event_code */
        int32_t value;
};

enum record_event_code {
        RECORD_EVENT_MODULES_LOADED = 1,
        RECORD_EVENT_MODULE_FAILED = 2, /* value: errno; text: module */
        RECORD_EVENT_L2_STARTED = 3,    /* QEMU was spawned; value: pid */
        RECORD_EVENT_L2_ENDED = 4,      /* value: exit status, or -signal; text: QEMU's last words */
        RECORD_EVENT_L2_DEADLINE = 5,   /* L2 was killed because its time was up; value: seconds */
        RECORD_EVENT_ERROR = 6,         /* value: errno; text: what failed */
        RECORD_EVENT_NO_EXIT_LOG = 7,   /* the kernel has no exit log: tracepoints are used */
        RECORD_EVENT_L2_RESET = 8,      /* L2 was reset; value: 0 as announced, 1 unasked, for which it was killed */
        RECORD_EVENT_L2_READY_TEXT = 9, /* L2 is no guest of ours, and ready when it has written this text to its console; one event for each text, before L2 starts */
        RECORD_EVENT_L2_READY = 10,     /* all those texts were seen */
        RECORD_EVENT_L2_POWERDOWN = 11, /* L2's power button was pressed; value 1: that did not help, and QEMU was told to end */
};

struct record_guest {
        uint64_t tsc;
        uint32_t kind; /* enum record_guest_kind, see operations.h */
        uint32_t reserved;
};

struct record_vcpu {
        struct kvm_exit_log_header log; /* a copy of the log's header */
};

/* Cumulative counters of one vCPU at one instant, read from the mapped exit log. */
struct record_sample {
        uint64_t tsc;
        uint64_t monotonic_ns;
        uint64_t exits;
        uint64_t cycles;
};

struct record_sample_reason {
        uint32_t reason;
        uint32_t reserved;
        uint64_t exits;
        uint64_t cycles;
};

struct record_end {
        uint64_t tsc;
        uint64_t exits_written; /* struct kvm_exit_log_record written, over all vCPUs */
        uint64_t overruns;      /* dropped by the kernel, over all vCPUs */
        int32_t status;         /* 0: L2 powered off by itself and all was recorded; else 1 */
        uint32_t reserved;
};

/*
 * Marks. L2 marks an instant with a one-byte OUT to port RECORD_MARK_PORT + mark: an exit whose
 * info1 carries the port (VMX: bits 31:16 of the qualification, bit 3 clear for OUT; SVM:
 * bits 31:16 of EXITINFO1, bit 0 clear). Nothing answers at these ports.
 */
#define RECORD_MARK_PORT 0x0e00u
#define RECORD_MARK_COUNT 64u

enum record_mark {
        RECORD_MARK_USER_SPACE = 1, /* L2's init runs */
        RECORD_MARK_READY = 2,      /* the boot is over */
        RECORD_MARK_LEAVES = 3,     /* the CPUID leaves are about to be read: from here to LEAVES_END each exit of
                                       reason CPUID is one line of the report, in order */
        RECORD_MARK_LEAVES_END = 4,
        RECORD_MARK_IDLE = 5,
        RECORD_MARK_IDLE_END = 6,
        RECORD_MARK_OPERATIONS = 7,    /* operations follow, see operations.h */
        RECORD_MARK_POWEROFF = 8,      /* about to power off */
        RECORD_MARK_OPERATION_END = 9, /* ends a round of an operation, as often as rounds begin */
        RECORD_MARK_LOADER = 10,       /* BIOS firmware hands over to what is on the disk: our option ROM's, before L2's system runs */
        RECORD_MARK_CLOCK = 11,        /* of a distribution, as often as it likes: see boot-report.h */
};

/*
 * L2's report: text lines written to port RECORD_REPORT_PORT (QEMU's isa-debugcon), between READY and POWEROFF. A line that
 * is RECORD_REPORT_REBOOT alone says that the next reset is a reboot. All others are answers:
 *   leaf LEAF ECX EAX EBX ECX EDX COUNT     hexadecimal without leading zeroes, COUNT decimal
 * COUNT CPUIDs executed one after the other between LEAVES and LEAVES_END, of the same leaf, with input
 * ECX, ECX + 1, … ECX + COUNT - 1, which all gave the same four registers. Every byte costs L1 a return to user
 * space, hence the run lengths.
 */
#define RECORD_REPORT_PORT 0x0ef0u /* not 0x402: SeaBIOS would talk there */
#define RECORD_REPORT_REBOOT 'R'

uint32_t record_crc32c(uint32_t crc, const void *data, size_t size);

/* Writing, for the agents. */
struct record_writer {
        int (*write_block)(void *opaque, const void *block, size_t size); /* 0 or -1 with errno; size is a multiple of RECORD_PAGE */
        void *opaque;
        unsigned char *block; /* RECORD_BLOCK_MAX bytes, page-aligned, given by the owner */
        size_t used;          /* bytes of the payload so far */
        uint32_t sequence;
};

void record_writer_init(struct record_writer *w, unsigned char *block, int (*write_block)(void *, const void *, size_t), void *opaque);
/* Room for a record of `length` body bytes in the current block (flushes if it does not fit); NULL with errno if it can never fit or the flush failed. */
void *record_reserve(struct record_writer *w, enum record_type type, uint16_t vcpu, uint32_t length);
int record_put(struct record_writer *w, enum record_type type, uint16_t vcpu, const void *head, uint32_t head_length, const void *body, uint32_t body_length);
/* Bytes of body that still fit in the current block as one record. */
size_t record_room(const struct record_writer *w);
int record_flush(struct record_writer *w);

/* Reading, for the host. */
enum record_status { RECORD_OK = 0, RECORD_EOF = 1, RECORD_BAD_BLOCK = 2, RECORD_BAD_RECORD = 3 };

struct record_reader {
        const unsigned char *data;
        size_t size;
        size_t block;   /* offset of the current block */
        size_t next;    /* offset of the next record, 0 before the first block */
        size_t end;     /* end of the current block's payload */
        uint32_t sequence;
        int ended;          /* RECORD_END was read */
        const char *error;  /* what is wrong, after RECORD_BAD_* */
};

void record_reader_init(struct record_reader *r, const void *data, size_t size);
/* The next record; *body points into the data and is 8-byte aligned if the data is. After RECORD_BAD_* nothing more is read. */
enum record_status record_next(struct record_reader *r, struct record_header *header, const void **body);

#endif
