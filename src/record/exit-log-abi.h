/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of KVM's exit log as the patched kernel maps it into user space.
 * It mirrors arch/x86/kvm/exit_log.h of kernel-patches/6.1; tests compare the two.
 *
 * Each vCPU has a file  <debugfs>/kvm/<pid>-<fd>/vcpu<N>/exit_log  to be mapped MAP_SHARED:
 *
 *   offset 0      consumer page, struct kvm_exit_log_consumer, the only page that may be mapped writable
 *   offset 4096   struct kvm_exit_log_header, read-only, like all that follows
 *   slots_offset    nr_slots    x struct kvm_exit_log_slot    one per exit reason, counters
 *   records_offset  nr_records  x struct kvm_exit_log_record  the ring; nr_records is 0 or a power of two
 *
 * (both offsets count from the start of the file). All fields are in host byte order. The vCPU
 * thread alone writes counters and ring, with plain stores; `head` is published with a store-release
 * after the record it covers. A record is published when the exit ends: at the next VM entry
 * or at the return to user space.
 *
 * The kernel never reads back anything but `tail`, and that only to compare it with its own head.
 */
#ifndef HARNESS_EXIT_LOG_ABI_H
#define HARNESS_EXIT_LOG_ABI_H

#include <stdint.h>

#define KVM_EXIT_LOG_MAGIC 0x474c584bu /* "KXLG" */
#define KVM_EXIT_LOG_VERSION 1u
#define KVM_EXIT_LOG_HEADER_OFFSET 4096u
#define KVM_EXIT_LOG_NR_SLOTS 256u
#define KVM_EXIT_LOG_NR_BUCKETS 40u

enum kvm_exit_log_isa { KVM_EXIT_LOG_ISA_VMX = 0, KVM_EXIT_LOG_ISA_SVM = 1 };

/* Flags of a record. */
#define KVM_EXIT_LOG_F_FAILED_ENTRY (1u << 0) /* VMX: bit 31 of the exit reason; SVM: VMEXIT_INVALID */
#define KVM_EXIT_LOG_F_TO_USER (1u << 1)      /* the exit ended with a return to user space */

struct kvm_exit_log_consumer {
        uint64_t tail; /* records consumed so far */
};

struct kvm_exit_log_header {
        uint32_t magic;
        uint32_t version;
        uint32_t isa; /* enum kvm_exit_log_isa */
        uint32_t vcpu_id;
        uint32_t nr_slots;
        uint32_t slot_size;
        uint32_t nr_records;
        uint32_t record_size;
        uint64_t slots_offset;
        uint64_t records_offset;
        uint32_t tsc_khz;
        uint32_t reserved;
        uint64_t first_entry_tsc; /* TSC just before the first VM entry; 0 = not entered yet */
        uint64_t head;            /* records published so far */
        uint64_t overruns;        /* records dropped because the ring was full */
        uint64_t exits;           /* all exits begun, whatever their reason */
        uint64_t cycles;          /* TSC cycles of all exits ended */
        uint64_t entry_failures;  /* VMLAUNCH/VMRESUME that failed without an exit (VMfail) */
};

/*
 * Slot numbers. VMX: the basic exit reason, 0 to 254. SVM: exit codes 0x000 to 0x0df as they are,
 * 0x400 to 0x40f as 0xe0 to 0xef, VMEXIT_INVALID (-1) as 0xf0. Whatever fits nowhere: 255.
 * `reason` holds the architectural code (0xffffffff for VMEXIT_INVALID).
 */
struct kvm_exit_log_slot {
        uint32_t reason;
        uint32_t reserved;
        uint64_t exits;      /* exits begun */
        uint64_t cycles;     /* TSC cycles of those ended */
        uint64_t cycles_min; /* 0 while none has ended */
        uint64_t cycles_max;
        uint64_t buckets[KVM_EXIT_LOG_NR_BUCKETS]; /* [i]: ended exits with floor(log2(cycles)) == i, the last open-ended */
};

struct kvm_exit_log_record {
        uint64_t tsc;    /* host TSC at the first instruction after the exit */
        uint64_t cycles; /* TSC cycles from there to the next entry or return to user space */
        uint64_t rip;    /* guest RIP, offset in CS, as the hardware left it */
        uint64_t info1;  /* VMX: exit qualification; SVM: EXITINFO1 */
        uint64_t info2;  /* VMX: guest-physical address for reasons 48 and 49, else IDT-vectoring info in the
                            high and exit interruption info in the low 32 bits; SVM: EXITINFO2 */
        uint32_t reason; /* VMX: basic exit reason; SVM: EXITCODE, low 32 bits */
        uint32_t flags;
};

_Static_assert(sizeof(struct kvm_exit_log_record) == 48, "the record's size is part of the ABI");
_Static_assert(sizeof(struct kvm_exit_log_slot) == 360, "the slot's size is part of the ABI");
_Static_assert(sizeof(struct kvm_exit_log_header) == 104, "the header's size is part of the ABI");

#endif
