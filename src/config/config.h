/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * configs/ read into validated, immutable structs. Syntax: GKeyFile. An unknown group or key, a missing
 * key or a bad value is HARNESS_ERROR_USAGE with "file:line: …; try: …".
 */
#pragma once
#include <glib.h>

#include "base/isa.h"

/* configs/labs/NAME.conf */
typedef struct {
  char *name; /* "vmx" */
  char *path;
  Isa isa;
  /* [l1] */
  guint l1_memory_mib;
  guint l1_cpus;
  char *emulated_cpu_model; /* of the machine that emulates this ISA */
  char *l1_cmdline;         /* kernel arguments besides root= and the agent's */
  /* [l2] */
  guint l2_memory_mib;
  guint l2_cpus;
  char *l2_cmdline;
  guint l2_idle_ms;
  guint l2_operations; /* 1: L2 performs the operations of record/operations.h after its boot, then reboots; the known-answer guest follows */
  /* [kvm] */
  char *kvm_params;    /* parameters of kvm.ko, space-separated */
  char *vendor_params; /* parameters of kvm-intel.ko or kvm-amd.ko */
  char *leaf_map;      /* name in configs/leaf-maps */
  guint exit_log_records;
  /* [limits] */
  guint sample_ms;        /* between samples, guest time */
  guint l2_deadline_s;    /* guest time */
  guint machine_deadline_s; /* wall time, on the machine the reference was measured on */
  guint record_mib;       /* size of the record device */
} LabConfig;
void lab_config_free (LabConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LabConfig, lab_config_free)
gboolean lab_config_load (const char *path, LabConfig **config, GError **error);

/* configs/leaf-maps/NAME.conf. A leaf of 0 is not in the map. */
typedef struct {
  char *name, *path;
  guint32 total_exits, total_cycles, reason_exits, reason_cycles;
  char *undefined_vmx, *undefined_svm; /* ranges, as the kernel parameter takes them; "" if not given */
  char *ungraded_vmx, *ungraded_svm;   /* ranges that editions of the manual disagree on */
  char *edition_vmx, *edition_svm;     /* which edition says so */
} LeafMap;
void leaf_map_free (LeafMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LeafMap, leaf_map_free)
gboolean leaf_map_load (const char *path, LeafMap **map, GError **error);
/* The map as kvm.ko's exit_leaf_abi takes it: "0x4fffffff:exits,0x4ffffffe:cycles,…". Newly allocated. */
char *leaf_map_kernel_spec (const LeafMap *map);

/* configs/reasons/vmx.csv, svm.csv: the names of exit reasons. code,name,kind,defined(yes|no). */
typedef struct ReasonNames ReasonNames;
void reason_names_free (ReasonNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReasonNames, reason_names_free)
gboolean reason_names_load (const char *path, ReasonNames **names, GError **error);
/* Never NULL: an unlisted code gives "REASON_<n>". Owned by names. */
const char *reason_name (const ReasonNames *names, guint32 code);
/* The defined codes, ascending. */
const GArray *reason_codes (const ReasonNames *names); /* of guint32 */
const GArray *reason_listed (const ReasonNames *names); /* the codes that have a row, defined or not, ascending */
/* configs/reasons/vmx-aliases.csv, svm-aliases.csv: what else people call them. code,alias; several of one code may be there. */
gboolean reason_aliases_load (const char *path, ReasonNames *names, GError **error);
const GPtrArray *reason_aliases (const ReasonNames *names, guint32 code); /* of char *; NULL: none */
const char *reason_kind (const ReasonNames *names, guint32 code); /* common kind for both vendors: "cpuid", "io", "msr", "memory", … */

/*
 * Kinds of exits, common to both vendors: what the reason's row says, but I/O goes by port (configs/reasons/ports.csv:
 * first,last,kind,device) and a nested page fault of SVM that marks MMIO (EXITINFO1 bit 3, a reserved bit in KVM's
 * own entry) counts as "mmio". Kinds are numbered from 0 in order of name.
 */
typedef struct ExitKinds ExitKinds;
void exit_kinds_free (ExitKinds *kinds);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ExitKinds, exit_kinds_free)
/* names must outlive the kinds. */
gboolean exit_kinds_load (const char *ports_path, Isa isa, const ReasonNames *names, ExitKinds **kinds, GError **error);
guint exit_kinds_count (const ExitKinds *kinds); /* at most EXIT_KINDS_MAX */
#define EXIT_KINDS_MAX 64u
const char *exit_kind_name (const ExitKinds *kinds, guint kind);
guint exit_kind (const ExitKinds *kinds, guint32 code, guint64 info1);
/* Whether an exit of that reason may be of that kind: for those who have no single exit to ask exit_kind() about. */
gboolean reason_may_be_of_kind (const ReasonNames *names, Isa isa, guint32 code, const char *kind);

/* configs/packages/debian-12.list: one package a line, '#' comments, "[group]" headings. */
gboolean package_list_load (const char *path, char ***packages, GError **error);

/*
 * configs/rubrics/NAME.conf: what a submission is judged by. Points are in hundredths and stand in the order of grade/grade.h's rows;
 * a row with no points is not judged.
 */
#define RUBRIC_ROWS 20u
/* Whom Gradescope shows a row to, in its own words. */
typedef enum { VISIBLE, VISIBLE_AFTER_DUE_DATE, VISIBLE_AFTER_PUBLISHED, VISIBLE_TO_STAFF } RubricVisibility;
const char *rubric_visibility_name (RubricVisibility visibility); /* "visible", "after_due_date", "after_published", "hidden" */
typedef struct {
  char *name, *path;       /* "a3" */
  char **names;            /* what the assignment is called where a submission has several; the first is `name`; NULL-terminated */
  char *title;             /* "Assignment 3: exits and cycles per exit reason" */
  gboolean told_by_log;    /* counts are told by statistics in the kernel log, else by CPUID leaves */
  char *leaf_map;          /* what is taken where two maps fit equally well: "A" */
  Isa isa;                 /* the lab of a submission whose files do not tell */
  char *secret;            /* keys the random challenges */
  char **allowed;          /* what a submission may touch: "arch/x86/kvm/" (all below) or a file; NULL-terminated */
  char *again_vmx, *again_svm; /* parameters with which the vendor module is loaded again for a second round: "ept=0"; "" for none */
  guint points[RUBRIC_ROWS];
  RubricVisibility visibility[RUBRIC_ROWS];
  gboolean optional[RUBRIC_ROWS]; /* not judged where the submission does not answer the leaf at all */
  guint warning_cost, warning_cost_max; /* hundredths of a point off for each compiler warning, and for all */
  guint cost_max_percent;  /* of what an exit takes without instrumentation */
  guint log_lines_max;     /* kernel messages, beyond what the lab's own kernel says */
  guint log_lines_per_query; /* more, for each answer of the map's leaves; 1 if the file does not say */
  guint cycles_min_percent; /* of the time that handling an exit in the kernel takes, which cycles must show at least */
  gboolean fastpath_counted; /* exits that a fastpath completes must be counted; else both are right */
  char *not_enabled_vmx, *not_enabled_svm; /* reasons that the manual defines and the lab's KVM has no handler for; ranges as in a leaf map */
} Rubric;
void rubric_free (Rubric *rubric);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Rubric, rubric_free)
gboolean rubric_load (const char *path, Rubric **rubric, GError **error);
/* Of all rows, in hundredths. */
gint64 rubric_points (const Rubric *rubric);
/* Whether text is a list of numbers and ranges as leaf maps and rubrics have them. */
gboolean is_range_list (const char *text);

/* configs/distributions/NAME.conf: a distribution's disk, made of its packages or downloaded. Either way may be missing: suite "", url "". */
typedef struct {
  char *name, *path;    /* "debian-12" */
  char *title;
  /* [packages] */
  char *suite;          /* "bookworm" */
  char *archive;        /* "debian", "ubuntu"; "": each source has its address */
  char *mirror;         /* the archive's address; "": it is found (base/apt-archive.h) */
  char **sources;       /* "SUITE COMPONENT…" or "deb URL SUITE COMPONENT…", NULL-terminated */
  char *keyring;        /* an absolute path */
  char *keyring_package; /* the host's package that has it; "" if none */
  char **include;       /* packages, NULL-terminated */
  char *cmdline;        /* the kernel's arguments */
  guint disk_mib;
  /* [download] */
  char *url, *sums_url;
  char *sums;           /* "sha256", "sha512" */
  char *signature_url, *signature_keyring, *signature_fingerprint; /* "", or all of them: of the sums file; the fingerprint in hexadecimal, upper case */
} DistributionConfig;
void distribution_config_free (DistributionConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DistributionConfig, distribution_config_free)
gboolean distribution_config_load (const char *path, DistributionConfig **config, GError **error);
/* configs/bases.conf: where kernels' sources are published, and the names of their source packages. */
typedef struct {
  char *archive;         /* "debian", "ubuntu" */
  char *mirror;          /* as above */
  char **sources;
  char *keyring;         /* an absolute path */
  char *keyring_package; /* "" if none */
} BasesArchive;
typedef struct {
  char *path;
  char **packages;       /* each by itself or with a version: "linux-hwe" is linux-hwe-5.13 too */
  BasesArchive archives[2];
} BasesConfig;
void bases_config_free (BasesConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BasesConfig, bases_config_free)
gboolean bases_config_load (const char *path, BasesConfig **config, GError **error);
/* configs/kernels/VERSION.source: the one tarball that is a lab kernel's source wherever it is fetched. */
typedef struct {
  char *version; /* "7.2.6" */
  char *sha256;
} KernelPin;
void kernel_pin_free (KernelPin *pin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KernelPin, kernel_pin_free)
gboolean kernel_pin_load (const char *path, KernelPin **pin, GError **error);
/* Whether text is a package's name (Debian policy 5.6.1). */
gboolean is_package_name (const char *text);
