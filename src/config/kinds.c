/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds of exits, from a reasons file and configs/reasons/ports.csv. All is worked out when they are loaded: the kind of an
 * exit is one look into a table of codes, for I/O a second one into a table of ports.
 */
#include "config/config.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "config/rows.h"

#define HEADER "first,last,kind,device"
#define PORTS 65536u
/* Codes below have a place in a table: all of VMX, all of SVM but the few failures at the end of the numbers. */
#define CODES 4096u

#define REASON_KIND_IO "io" /* a reason of this kind is told apart by port */
#define KIND_IO_PREFIX "io-"
#define KIND_IO_OTHER "io-other"
#define KIND_MMIO "mmio"
#define KIND_OTHER "other"

/* In place of a kind: look further. */
#define BY_PORT 255u
#define BY_FAULT 254u

/*
 * EXITINFO1 of a nested page fault is a page fault's error code; bit 3: a reserved bit was set in the entry (APM volume 2,
 * 15.25.6). KVM sets one in the entries of pages that no memory is behind (Linux, arch/x86/kvm/mmu/spte.c, kvm_mmu_reset_all_pte_masks;
 * svm/svm.c, svm_adjust_mmio_mask). A processor with 52 bits of physical address has none to set: there all count as memory.
 */
#define SVM_CODE_NPF 0x400u
#define FAULT_RESERVED_BIT 8u

struct ExitKinds
{
  GPtrArray *names;    /* of char *, owned, ascending: a kind's number is its index */
  GHashTable *others;  /* code from CODES on to kind, those that are not "other" */
  guint8 by_code[CODES];
  guint8 by_port[PORTS];
  guint8 other, mmio, memory; /* memory: of a nested page fault that is not mmio */
};

typedef struct {
  guint first, last;
  char *kind;
} PortRange;

typedef struct {
  const char *path;
  GArray *ranges; /* of PortRange */
} Ports;

void
exit_kinds_free (ExitKinds *kinds)
{
  if (kinds == NULL)
    return;
  g_ptr_array_unref (kinds->names);
  g_hash_table_unref (kinds->others);
  g_free (kinds);
}

static void
clear_range (gpointer data)
{
  g_free (((PortRange *) data)->kind);
}

static gboolean
parse_port (const char *text, guint *port)
{
  guint64 number;
  if (!g_str_has_prefix (text, "0x") || !g_ascii_string_to_unsigned (text + 2, 16, 0, PORTS - 1, &number, NULL))
    return FALSE;
  *port = (guint) number;
  return TRUE;
}

static gboolean
add_range (char **fields, guint line, gpointer user, GError **error)
{
  Ports *ports = user;
  PortRange range = { 0 };

  if (!parse_port (fields[0], &range.first) || !parse_port (fields[1], &range.last))
    return rows_fail (ports->path, line, error, "no port; try: 0x and hexadecimal digits, at most 0xffff");
  if (range.first > range.last)
    return rows_fail (ports->path, line, error, "the last port is below the first");
  if (ports->ranges->len > 0 && range.first <= g_array_index (ports->ranges, PortRange, ports->ranges->len - 1).last)
    return rows_fail (ports->path, line, error, "the ports are not above those of the row before");
  if (!g_str_has_prefix (fields[2], KIND_IO_PREFIX) || !rows_is_word (fields[2] + strlen (KIND_IO_PREFIX), G_CSET_a_2_z G_CSET_DIGITS "-"))
    return rows_fail (ports->path, line, error, "bad kind; try: " KIND_IO_PREFIX " and lower-case letters, digits and -");
  if (fields[3][0] == '\0')
    return rows_fail (ports->path, line, error, "no device");
  range.kind = g_strdup (fields[2]);
  g_array_append_val (ports->ranges, range);
  return TRUE;
}

static gboolean
is_by_port (const ReasonNames *names, guint32 code)
{
  return strcmp (reason_kind (names, code), REASON_KIND_IO) == 0;
}

static void
add_name (GHashTable *set, const char *name)
{
  if (!g_hash_table_contains (set, name))
    g_hash_table_add (set, g_strdup (name));
}

/* Every kind that an exit may be of, once, in order. */
static GPtrArray *
collect_names (Isa isa, const ReasonNames *names, const GArray *ranges)
{
  g_autoptr (GHashTable) set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const GArray *codes = reason_listed (names);
  GPtrArray *sorted = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer name;

  add_name (set, KIND_OTHER);
  add_name (set, KIND_IO_OTHER);
  if (isa == ISA_SVM)
    add_name (set, KIND_MMIO);
  for (guint i = 0; i < ranges->len; i++)
    add_name (set, g_array_index (ranges, PortRange, i).kind);
  for (guint i = 0; i < codes->len; i++)
    if (!is_by_port (names, g_array_index (codes, guint32, i)))
      add_name (set, reason_kind (names, g_array_index (codes, guint32, i)));
  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_ptr_array_add (sorted, name);
      g_hash_table_iter_steal (&iter);
    }
  files_sort_names (sorted);
  return sorted;
}

/* BY_PORT if there is none of the name: it cannot be. */
static guint8
find_kind (const ExitKinds *kinds, const char *name)
{
  for (guint i = 0; i < kinds->names->len; i++)
    if (strcmp (g_ptr_array_index (kinds->names, i), name) == 0)
      return (guint8) i;
  return BY_PORT;
}

static void
fill_codes (ExitKinds *kinds, Isa isa, const ReasonNames *names)
{
  const GArray *codes = reason_listed (names);

  kinds->other = find_kind (kinds, KIND_OTHER);
  memset (kinds->by_code, kinds->other, sizeof kinds->by_code);
  for (guint i = 0; i < codes->len; i++)
    {
      const guint32 code = g_array_index (codes, guint32, i);
      const guint8 kind = is_by_port (names, code) ? BY_PORT : find_kind (kinds, reason_kind (names, code));
      if (code < CODES)
        kinds->by_code[code] = kind;
      else
        g_hash_table_insert (kinds->others, GUINT_TO_POINTER (code), GUINT_TO_POINTER ((guint) kind));
    }
  if (isa != ISA_SVM || kinds->by_code[SVM_CODE_NPF] == BY_PORT)
    return;
  kinds->mmio = find_kind (kinds, KIND_MMIO);
  kinds->memory = kinds->by_code[SVM_CODE_NPF];
  kinds->by_code[SVM_CODE_NPF] = BY_FAULT;
}

static void
fill_ports (ExitKinds *kinds, const GArray *ranges)
{
  memset (kinds->by_port, find_kind (kinds, KIND_IO_OTHER), sizeof kinds->by_port);
  for (guint i = 0; i < ranges->len; i++)
    {
      const PortRange *range = &g_array_index (ranges, PortRange, i);
      memset (kinds->by_port + range->first, find_kind (kinds, range->kind), range->last - range->first + 1);
    }
}

gboolean
exit_kinds_load (const char *ports_path, Isa isa, const ReasonNames *names, ExitKinds **kinds, GError **error)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (PortRange));
  Ports ports = { ports_path, ranges };

  g_array_set_clear_func (ranges, clear_range);
  if (!rows_read (ports_path, HEADER, add_range, &ports, error))
    return FALSE;
  g_autoptr (ExitKinds) loaded = g_new0 (ExitKinds, 1);
  loaded->names = collect_names (isa, names, ranges);
  loaded->others = g_hash_table_new (NULL, NULL);
  if (loaded->names->len > EXIT_KINDS_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: with the kinds of the reasons these are %u kinds; at most %u can be", ports_path,
                 loaded->names->len, EXIT_KINDS_MAX);
  fill_codes (loaded, isa, names);
  fill_ports (loaded, ranges);
  *kinds = g_steal_pointer (&loaded);
  return TRUE;
}

guint
exit_kinds_count (const ExitKinds *kinds)
{
  return kinds->names->len;
}

const char *
exit_kind_name (const ExitKinds *kinds, guint kind)
{
  return g_ptr_array_index (kinds->names, kind);
}

static guint
kind_of_high_code (const ExitKinds *kinds, guint32 code)
{
  gpointer kind;
  return g_hash_table_lookup_extended (kinds->others, GUINT_TO_POINTER (code), NULL, &kind) ? GPOINTER_TO_UINT (kind) : kinds->other;
}

guint
exit_kind (const ExitKinds *kinds, guint32 code, guint64 info1)
{
  const guint kind = code < CODES ? kinds->by_code[code] : kind_of_high_code (kinds, code);

  if (kind < EXIT_KINDS_MAX)
    return kind;
  if (kind == BY_PORT)
    return kinds->by_port[info1 >> 16 & (PORTS - 1)];
  return (info1 & FAULT_RESERVED_BIT) != 0 ? kinds->mmio : kinds->memory;
}

gboolean
reason_may_be_of_kind (const ReasonNames *names, Isa isa, guint32 code, const char *kind)
{
  if (g_str_has_prefix (kind, KIND_IO_PREFIX))
    return is_by_port (names, code);
  if (isa == ISA_SVM && code == SVM_CODE_NPF && strcmp (kind, KIND_MMIO) == 0)
    return TRUE;
  return strcmp (reason_kind (names, code), kind) == 0;
}
