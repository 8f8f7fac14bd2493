/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interface changes of KVM as data; see kvm-changes.h. Patterns are tokens with one space between them. */
#include "submission/kvm-changes.h"

#include <string.h>

const char *const kvm_changes_functions[] = {
  "kvm_emulate_cpuid", "vmx_handle_exit", "__vmx_handle_exit", "handle_exit", "svm_handle_exit", NULL,
};

#define SHARED_WITH_TDX "vmx_get_exit_reason vcpu_vt to_vt vt" /* a file of VMX has one of them where struct vcpu_vt holds the exit's reason (vmx/common.h) */

#define LOWER_HALVES "kvm_eax_read kvm_ecx_read \"regs.h\"" /* what uses registers has one of them since 7.2 */
#define LOWER_HALF(name) \
  { .from = "kvm_e" name "_read (", .to = "kvm_r" name "_read(", .lab_lacks = LOWER_HALVES }, \
  { .from = "kvm_e" name "_write (", .to = "kvm_r" name "_write(", .lab_lacks = LOWER_HALVES }, \
  { .from = "kvm_r" name "_read (", .to = "kvm_r" name "_read_raw(", .lab_has = LOWER_HALVES, .theirs_lacks = LOWER_HALVES }, \
  { .from = "kvm_r" name "_write (", .to = "kvm_r" name "_write_raw(", .lab_has = LOWER_HALVES, .theirs_lacks = LOWER_HALVES }

/* Functions that have another name in other versions. They are the same if the student's file has no function `unless`. */
static const struct
{
  const char *theirs, *lab, *unless;
} counterparts[] = {
  /* 5.12 split the dispatch off, to look for bus locks after it: what stood in the one function stands in the dispatch. */
  { "vmx_handle_exit", "__vmx_handle_exit", "__vmx_handle_exit" },
  { "handle_exit", "svm_handle_exit", "svm_handle_exit" }, /* until 5.17 */
};

/* What a student's line says, in the lab's terms. */
static const struct
{
  const char *from;         /* tokens; "$" stands for any word */
  const char *to;           /* "$" is that word */
  const char *not_before;   /* a token that does not follow, or NULL */
  const char *not_after;    /* tokens, one of which stands before: not then; or NULL */
  const char *function;     /* only in that function of the lab's, or NULL */
  const char *lab_has;      /* only if the lab's file has one of these words, or NULL */
  const char *lab_lacks;    /* only if it has none of them, or NULL */
  const char *theirs_lacks; /* only if the student's file has none of them, or NULL */
} rewrites[] = {
  /* 5.12 made the u32 a union: `full` is what the u32 was. The index into the table of handlers is a variable of its own since then. */
  { .from = "kvm_vmx_exit_handlers [ exit_reason ]", .to = "kvm_vmx_exit_handlers[exit_handler_index]", .function = "__vmx_handle_exit",
    .lab_has = "exit_handler_index", .theirs_lacks = "vmx_exit_reason" },
  { .from = "vmx -> exit_reason", .to = "vmx->exit_reason.full", .not_before = ".", .lab_has = "vmx_exit_reason", .theirs_lacks = "vmx_exit_reason" },
  { .from = "to_vmx ( $ ) -> exit_reason", .to = "to_vmx($)->exit_reason.full", .not_before = ".", .lab_has = "vmx_exit_reason", .theirs_lacks = "vmx_exit_reason" },
  { .from = "exit_reason", .to = "exit_reason.full", .not_before = ".", .not_after = "-> .", .function = "__vmx_handle_exit",
    .lab_has = "vmx_exit_reason", .theirs_lacks = "vmx_exit_reason" },
  /* 5.13: the VMCS of which vCPU is told. */
  { .from = "dump_vmcs ( )", .to = "dump_vmcs(vcpu)" },
  /* 5.12: handlers take the vCPU. In the dispatch what calls them checks the number too, as the dispatch did itself until 5.10. */
  { .from = "svm_exit_handlers [ exit_code ] ( svm )", .to = "svm_invoke_exit_handler(vcpu, exit_code)", .function = "svm_handle_exit",
    .lab_has = "svm_invoke_exit_handler", .theirs_lacks = "svm_invoke_exit_handler" },
  { .from = "svm_exit_handlers [ exit_code ] ( svm )", .to = "svm_exit_handlers[exit_code](vcpu)" },
  { .from = "svm_invoke_exit_handler ( svm ,", .to = "svm_invoke_exit_handler(vcpu," },
  /* kvm_x86_ops was a pointer until 5.7, and is called by static calls since 5.12; 6.12 has a shorthand for them. */
  { .from = "kvm_x86_ops -> $ (", .to = "static_call(kvm_x86_$)(" },
  { .from = "kvm_x86_ops . $ (", .to = "static_call(kvm_x86_$)(" },
  { .from = "kvm_x86_call ( $ )", .to = "static_call(kvm_x86_$)" },
  /* 5.7: what was done on the fast path is told. */
  { .from = "static_call ( kvm_x86_handle_exit ) ( vcpu )", .to = "static_call(kvm_x86_handle_exit)(vcpu, exit_fastpath)", .function = "vcpu_enter_guest",
    .lab_has = "exit_fastpath" },
  /* 5.7: check_limit became exact_only, which means the opposite. */
  { .from = "kvm_cpuid ( vcpu , & eax , & ebx , & ecx , & edx , true )", .to = "kvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false)", .theirs_lacks = "exact_only" },
  /* 6.17: what VMX and TDX share of an exit moved to a struct of its own. */
  { .from = "vmx_get_exit_reason ( $ )", .to = "to_vmx($)->exit_reason", .lab_lacks = SHARED_WITH_TDX },
  { .from = "-> vt . $", .to = "->$", .lab_lacks = SHARED_WITH_TDX },
  { .from = "to_vt ( $ ) -> exit_reason", .to = "to_vmx($)->exit_reason", .lab_lacks = SHARED_WITH_TDX },
#define TO_VT(field) \
  { .from = "vmx -> " field, .to = "vmx->vt." field, .lab_has = SHARED_WITH_TDX }, \
  { .from = "to_vmx ( $ ) -> " field, .to = "to_vmx($)->vt." field, .lab_has = SHARED_WITH_TDX }
  TO_VT ("exit_reason"), TO_VT ("exit_qualification"), TO_VT ("exit_intr_info"), TO_VT ("emulation_required"),
  /* 7.2: accessors of the registers' lower halves; those of whole registers look at the guest's mode, or end in "_raw". */
  LOWER_HALF ("ax"), LOWER_HALF ("bx"), LOWER_HALF ("cx"), LOWER_HALF ("dx"), LOWER_HALF ("si"), LOWER_HALF ("di"), LOWER_HALF ("bp"),
};

/* --- readers ---------------------------------------------------------------------------------- */

static gboolean
has_function (const CSource *source, const char *name)
{
  for (guint i = 0; i < source->items->len; i++)
    {
      const CItem *item = g_ptr_array_index (source->items, i);
      if (item->kind == C_FUNCTION && strcmp (item->name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

const char *
kvm_changes_counterpart (const char *name, const CSource *theirs, const CSource *lab)
{
  for (guint i = 0; i < G_N_ELEMENTS (counterparts); i++)
    {
      if (strcmp (counterparts[i].theirs, name) == 0 && !has_function (theirs, counterparts[i].unless) && has_function (lab, counterparts[i].lab))
        return counterparts[i].lab;
    }
  return name;
}

const char *
kvm_changes_before (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (counterparts); i++)
    {
      if (strcmp (counterparts[i].lab, name) == 0)
        return counterparts[i].theirs;
    }
  return NULL;
}

const char *
kvm_changes_after (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (counterparts); i++)
    {
      if (strcmp (counterparts[i].theirs, name) == 0)
        return counterparts[i].lab;
    }
  return NULL;
}

/* --- rewriting -------------------------------------------------------------------------------- */

/* words: with blanks between them. */
static gboolean
has_one_of (const CSource *source, const char *words)
{
  g_auto (GStrv) parts = g_strsplit (words, " ", -1);
  for (guint i = 0; i < source->tokens->len; i++)
    {
      for (guint w = 0; parts[w] != NULL; w++)
        {
          if (c_token_is (source, &g_array_index (source->tokens, CToken, i), parts[w]))
            return TRUE;
        }
    }
  return FALSE;
}

static gboolean
token_is_one_of (const CSource *line, guint index, const char *words)
{
  if (words == NULL || index >= line->tokens->len)
    return FALSE;
  g_auto (GStrv) parts = g_strsplit (words, " ", -1);
  g_autofree char *token = c_token_text (line, &g_array_index (line->tokens, CToken, index));
  return g_strv_contains ((const char *const *) parts, token);
}

/* How many tokens from `at` on the pattern takes, 0 if it is not there; *word is what "$" was. */
static guint
match_pattern (const CSource *line, guint at, const char *pattern, char **word)
{
  g_auto (GStrv) parts = g_strsplit (pattern, " ", -1);
  const guint count = g_strv_length (parts);
  for (guint i = 0; i < count; i++)
    {
      if (at + i >= line->tokens->len)
        return 0;
      const CToken *token = &g_array_index (line->tokens, CToken, at + i);
      if (strcmp (parts[i], "$") == 0 && token->kind == C_WORD)
        {
          g_free (*word);
          *word = c_token_text (line, token);
        }
      else if (!c_token_is (line, token, parts[i]))
        return 0;
    }
  return count;
}

static char *
rewrite_one (const char *text, guint rule)
{
  g_autoptr (CSource) line = c_source_new (text);
  GString *out = g_string_new (NULL);
  guint done = 0;
  for (guint i = 0; i < line->tokens->len;)
    {
      g_autofree char *word = NULL;
      const guint count = match_pattern (line, i, rewrites[rule].from, &word);
      if (count == 0 || token_is_one_of (line, i + count, rewrites[rule].not_before) || (i > 0 && token_is_one_of (line, i - 1, rewrites[rule].not_after)))
        {
          i++;
          continue;
        }
      g_auto (GStrv) pieces = g_strsplit (rewrites[rule].to, "$", 2);
      g_string_append_len (out, text + done, g_array_index (line->tokens, CToken, i).start - done);
      g_string_append (out, pieces[0]);
      if (word != NULL && pieces[1] != NULL)
        g_string_append_printf (out, "%s%s", word, pieces[1]);
      done = g_array_index (line->tokens, CToken, i + count - 1).end;
      i += count;
    }
  g_string_append (out, text + done);
  return g_string_free (out, FALSE);
}

/* A cheap look before the line is scanned: its first word must be there. */
static gboolean
may_match (const char *text, guint rule)
{
  g_autofree char *first = g_strndup (rewrites[rule].from, strcspn (rewrites[rule].from, " "));
  return strstr (text, first) != NULL;
}

struct KvmRewriter
{
  gboolean applies[G_N_ELEMENTS (rewrites)];
};

KvmRewriter *
kvm_rewriter_new (const CSource *theirs, const CSource *lab)
{
  KvmRewriter *rewriter = g_new0 (KvmRewriter, 1);
  for (guint i = 0; i < G_N_ELEMENTS (rewrites); i++)
    rewriter->applies[i] = (rewrites[i].lab_has == NULL || has_one_of (lab, rewrites[i].lab_has))
                           && (rewrites[i].lab_lacks == NULL || !has_one_of (lab, rewrites[i].lab_lacks))
                           && (rewrites[i].theirs_lacks == NULL || !has_one_of (theirs, rewrites[i].theirs_lacks));
  return rewriter;
}

void
kvm_rewriter_free (KvmRewriter *rewriter)
{
  g_free (rewriter);
}

char *
kvm_rename (const char *text, const char *from, const char *to)
{
  g_autoptr (CSource) source = c_source_new (text);
  GString *out = g_string_new (NULL);
  guint done = 0;
  for (guint i = 0; i < source->tokens->len; i++)
    {
      const CToken *token = &g_array_index (source->tokens, CToken, i);
      if (!c_token_is (source, token, from))
        continue;
      g_string_append_len (out, text + done, token->start - done);
      g_string_append (out, to);
      done = token->end;
    }
  g_string_append (out, text + done);
  return g_string_free (out, FALSE);
}

char *
kvm_rewriter_line (const KvmRewriter *rewriter, const char *function, const char *line)
{
  char *text = g_strdup (line);
  for (guint i = 0; i < G_N_ELEMENTS (rewrites); i++)
    {
      if (!rewriter->applies[i] || !may_match (text, i) || (rewrites[i].function != NULL && g_strcmp0 (rewrites[i].function, function) != 0))
        continue;
      char *next = rewrite_one (text, i);
      g_free (text);
      text = next;
    }
  return text;
}
