/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace.dat, version 6 (trace-cmd.dat.v6(5)), and the kernel's ring-buffer pages (Linux 6.1, kernel/trace/ring_buffer.c,
 * include/linux/ring_buffer.h). The header tells each CPU's size before the data, so pages are laid out twice: to be
 * counted, then to be written.
 */
#include "report/export-trace-dat.h"

#include <string.h>

#include "timeline/cursor.h"

#define PAGE 4096u
#define PAGE_HEADER 16u /* time of the first event, bytes of events */
#define DELTA_BITS 27u
#define TYPE_TIME_EXTEND 30u

#define ID_ENTRY 300u
#define ID_EXIT 301u
#define FIRST_PID 1000u

/* trace/events/kvm.h: KVM_ISA_VMX, KVM_ISA_SVM */
#define TRACE_ISA_VMX 1u
#define TRACE_ISA_SVM 2u
#define VMX_FAILED_ENTRY (1u << 31)
#define VMX_EPT_VIOLATION 48u
#define VMX_EPT_MISCONFIG 49u

/* --- the events ------------------------------------------------------------------------------- */

typedef struct {
  guint16 type;
  guint8 flags, preempt_count;
  gint32 pid;
} Common;

typedef struct {
  Common common;
  guint32 exit_reason;
  guint32 hole1;
  guint64 guest_rip;
  guint32 isa;
  guint32 hole2;
  guint64 info1, info2;
  guint32 intr_info, error_code, vcpu_id;
  guint32 hole3;
} ExitEvent;
G_STATIC_ASSERT (sizeof (ExitEvent) == 64);

typedef struct {
  Common common;
  guint32 vcpu_id;
  guint32 hole;
  guint64 rip;
} EntryEvent;
G_STATIC_ASSERT (sizeof (EntryEvent) == 24);

/* What the file says of itself is little-endian; so are all hosts that the harness runs on. */
G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN);

static const char common_fields[] = "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
                                    "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
                                    "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
                                    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

static const char exit_fields[] = "\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
                                  "\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
                                  "\tfield:u32 isa;\toffset:24;\tsize:4;\tsigned:0;\n"
                                  "\tfield:u64 info1;\toffset:32;\tsize:8;\tsigned:0;\n"
                                  "\tfield:u64 info2;\toffset:40;\tsize:8;\tsigned:0;\n"
                                  "\tfield:u32 intr_info;\toffset:48;\tsize:4;\tsigned:0;\n"
                                  "\tfield:u32 error_code;\toffset:52;\tsize:4;\tsigned:0;\n"
                                  "\tfield:unsigned int vcpu_id;\toffset:56;\tsize:4;\tsigned:0;\n\n";

static const char entry_fields[] = "\tfield:unsigned int vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n"
                                   "\tfield:unsigned long rip;\toffset:16;\tsize:8;\tsigned:0;\n\n";

/* --- the header ------------------------------------------------------------------------------- */

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
                                  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
                                  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
                                  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

static const char header_event[] = "# compressed entry header\n"
                                   "\ttype_len    :    5 bits\n"
                                   "\ttime_delta  :   27 bits\n"
                                   "\tarray       :   32 bits\n"
                                   "\n"
                                   "\tpadding     : type == 29\n"
                                   "\ttime_extend : type == 30\n"
                                   "\ttime_stamp : type == 31\n"
                                   "\tdata max type_len  == 28\n";

static void
put_u32 (GString *out, guint32 value)
{
  g_string_append_len (out, (const char *) &value, sizeof value);
}

static void
put_u64 (GString *out, guint64 value)
{
  g_string_append_len (out, (const char *) &value, sizeof value);
}

/* With its terminating zero. */
static void
put_word (GString *out, const char *word)
{
  g_string_append_len (out, word, (gssize) strlen (word) + 1);
}

static void
put_sized (GString *out, const char *text, gsize size)
{
  put_u64 (out, size);
  g_string_append_len (out, text, (gssize) size);
}

/* " { 0x30, "EPT_VIOLATION" }, …": what readers without a plugin for KVM decode the reason with. */
static void
put_symbols (GString *out, const ReasonNames *names)
{
  const GArray *codes = reason_codes (names);

  for (guint i = 0; i < codes->len; i++)
    {
      const guint32 code = g_array_index (codes, guint32, i);
      g_string_append_printf (out, "%s { 0x%x, \"%s\" }", i > 0 ? "," : "", code, reason_name (names, code));
    }
}

static void
put_exit_format (GString *out, const ExportLab *lab)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "name: kvm_exit\nID: %u\nformat:\n%s%s", ID_EXIT, common_fields, exit_fields);
  g_string_append_printf (text, "print fmt: \"vcpu %%u reason %%s rip 0x%%lx info1 0x%%016llx info2 0x%%016llx intr_info 0x%%08x error_code 0x%%08x\", "
                          "REC->vcpu_id, __print_symbolic(REC->exit_reason%s,", lab->timeline->isa == ISA_VMX ? " & 0xffff" : "");
  put_symbols (text, lab->names);
  g_string_append (text, "), REC->guest_rip, REC->info1, REC->info2, REC->intr_info, REC->error_code\n");
  put_sized (out, text->str, text->len);
}

static void
put_entry_format (GString *out)
{
  g_autofree char *text = g_strdup_printf ("name: kvm_entry\nID: %u\nformat:\n%s%s"
                                           "print fmt: \"vcpu %%u, rip 0x%%lx\", REC->vcpu_id, REC->rip\n",
                                           ID_ENTRY, common_fields, entry_fields);

  put_sized (out, text, strlen (text));
}

static void
put_tasks (GString *out, const Timeline *t)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint v = 0; v < t->n_vcpus; v++)
    g_string_append_printf (text, "%u %s-vCPU-%u\n", FIRST_PID + v, timeline_guest_kind (t, v) == RECORD_GUEST_KNOWN_ANSWER ? "known" : "L2", t->vcpus[v].id);
  put_sized (out, text->str, text->len);
}

/* All up to where each CPU's data lie. */
static void
put_header (GString *out, const ExportLab *lab)
{
  g_string_append_len (out, "\x17\x08\x44tracing6\0\0\x08", 14); /* magic, version, little endian, longs of 8 bytes */
  put_u32 (out, PAGE);
  put_word (out, "header_page");
  put_sized (out, header_page, strlen (header_page));
  put_word (out, "header_event");
  put_sized (out, header_event, strlen (header_event));
  put_u32 (out, 0); /* events of ftrace's own */
  put_u32 (out, 1); /* event systems */
  put_word (out, "kvm");
  put_u32 (out, 2);
  put_entry_format (out);
  put_exit_format (out, lab);
  put_u32 (out, 0); /* kallsyms */
  put_u32 (out, 0); /* printk formats */
  put_tasks (out, lab->timeline);
  put_u32 (out, lab->timeline->n_vcpus);
  g_string_append_len (out, "options  \0\0\0", 12); /* none */
  put_word (out, "flyrecord");
}

/* --- ring-buffer pages ------------------------------------------------------------------------ */

typedef struct {
  guint8 page[PAGE];
  gsize used;
  guint64 last_ns;
  guint64 n;      /* pages that are full */
  ExportOut *out; /* NULL: they are only counted */
} Pages;

static gboolean
end_page (Pages *pages, GError **error)
{
  const guint64 commit = pages->used - PAGE_HEADER;

  if (pages->used == PAGE_HEADER)
    return TRUE;
  pages->n++;
  if (pages->out != NULL)
    {
      memcpy (pages->page + 8, &commit, sizeof commit);
      memset (pages->page + pages->used, 0, PAGE - pages->used);
      g_string_append_len (pages->out->text, (const char *) pages->page, PAGE);
    }
  pages->used = PAGE_HEADER;
  return pages->out == NULL || export_out_spill (pages->out, error);
}

static void
append (Pages *pages, const void *data, gsize size)
{
  memcpy (pages->page + pages->used, data, size);
  pages->used += size;
}

/* type_len in the low 5 bits, the time since the event before in the rest. */
static void
append_head (Pages *pages, guint type_len, guint64 delta)
{
  const guint32 head = type_len | (guint32) delta << 5;
  append (pages, &head, sizeof head);
}

/* A delta beyond 27 bits goes before the event, in an event of its own: 27 bits, then the rest. */
static void
append_time_extend (Pages *pages, guint64 delta)
{
  const guint32 high = (guint32) (delta >> DELTA_BITS);
  append_head (pages, TYPE_TIME_EXTEND, delta & ((1u << DELTA_BITS) - 1));
  append (pages, &high, sizeof high);
}

/* size: a multiple of 4, at most 112. */
static gboolean
put_event (Pages *pages, gint64 t_ns, const void *event, gsize size, GError **error)
{
  const guint64 ns = (guint64) t_ns;
  const gboolean far = ns - pages->last_ns >= 1u << DELTA_BITS;
  const gsize need = (far ? 8 : 0) + 4 + size;

  if (pages->used + need > PAGE && !end_page (pages, error))
    return FALSE;
  if (pages->used == PAGE_HEADER)
    memcpy (pages->page, &ns, sizeof ns);
  else if (far)
    append_time_extend (pages, ns - pages->last_ns);
  append_head (pages, (guint) (size / 4), pages->used == PAGE_HEADER || far ? 0 : ns - pages->last_ns);
  append (pages, event, size);
  pages->last_ns = ns;
  return TRUE;
}

static ExitEvent
exit_event (const Timeline *t, guint vcpu, const struct kvm_exit_log_record *exit)
{
  const gboolean vmx = t->isa == ISA_VMX;
  const gboolean split = vmx && exit->reason != VMX_EPT_VIOLATION && exit->reason != VMX_EPT_MISCONFIG;

  return (ExitEvent) {
    .common = { .type = ID_EXIT, .pid = (gint32) (FIRST_PID + vcpu) },
    .exit_reason = exit->reason | (vmx && (exit->flags & KVM_EXIT_LOG_F_FAILED_ENTRY) ? VMX_FAILED_ENTRY : 0),
    .guest_rip = exit->rip,
    .isa = vmx ? TRACE_ISA_VMX : TRACE_ISA_SVM,
    .info1 = exit->info1,
    .info2 = split ? exit->info2 >> 32 : exit->info2,
    .intr_info = split ? (guint32) exit->info2 : 0,
    .vcpu_id = t->vcpus[vcpu].id,
  };
}

static gboolean
put_vcpu (Pages *pages, const Timeline *t, guint vcpu, GError **error)
{
  const EntryEvent entry = { .common = { .type = ID_ENTRY, .pid = (gint32) (FIRST_PID + vcpu) }, .vcpu_id = t->vcpus[vcpu].id };
  const struct kvm_exit_log_record *exit;
  ExitCursor cursor;

  pages->used = PAGE_HEADER;
  exit_cursor_init_vcpu (&cursor, t, vcpu);
  while ((exit = exit_cursor_next (&cursor, NULL)) != NULL)
    {
      const ExitEvent event = exit_event (t, vcpu, exit);
      if (!put_event (pages, timeline_ns (t, exit->tsc), &event, sizeof event, error))
        return FALSE;
      if (!(exit->flags & KVM_EXIT_LOG_F_TO_USER) &&
          !put_event (pages, timeline_ns (t, exit->tsc + exit->cycles), &entry, sizeof entry, error))
        return FALSE;
    }
  return end_page (pages, error);
}

/* For each CPU where its data lie and how many bytes they are, then zeroes up to the page where the first's begin. */
static gboolean
put_places (GString *out, const Timeline *t, GError **error)
{
  const gsize end = out->len + (gsize) t->n_vcpus * 16;
  guint64 offset = (end + PAGE - 1) / PAGE * PAGE;
  const guint64 first = offset;

  for (guint v = 0; v < t->n_vcpus; v++)
    {
      Pages pages = { .used = 0 };
      if (!put_vcpu (&pages, t, v, error))
        return FALSE;
      put_u64 (out, offset);
      put_u64 (out, pages.n * PAGE);
      offset += pages.n * PAGE;
    }
  while (out->len < first)
    g_string_append_c (out, '\0');
  return TRUE;
}

gboolean
export_trace_dat (const ExportLab *lab, ExitsSink sink, gpointer user, GError **error)
{
  g_auto (ExportOut) out = { 0 };

  export_out_init (&out, sink, user);
  put_header (out.text, lab);
  if (!put_places (out.text, lab->timeline, error) || !export_out_flush (&out, error))
    return FALSE;
  for (guint v = 0; v < lab->timeline->n_vcpus; v++)
    {
      Pages pages = { .out = &out };
      if (!put_vcpu (&pages, lab->timeline, v, error))
        return FALSE;
    }
  return export_out_flush (&out, error);
}
