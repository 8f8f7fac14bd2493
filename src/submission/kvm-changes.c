/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interface changes of KVM as data; see kvm-changes.h. Patterns are tokens with one space between them. */
#include "submission/kvm-changes.h"

#include <string.h>

const char *const kvm_changes_functions[] = {
  "kvm_emulate_cpuid", "vmx_handle_exit", "__vmx_handle_exit", "handle_exit", "svm_handle_exit", NULL,
};

/* Functions that have another name in other versions. They are the same if the student's file has no function `unless`. */
static const struct
{
  const char *theirs, *lab, *unless;
} counterparts[] = {
  /* 5.11 split the dispatch off, to look for bus locks after it: what stood in the one function stands in the dispatch. */
  { "vmx_handle_exit", "__vmx_handle_exit", "__vmx_handle_exit" },
  { "handle_exit", "svm_handle_exit", "svm_handle_exit" }, /* until 6.0 */
};

/* The same meaning, written otherwise. Both sides are put in this form before they are compared. */
static const struct
{
  const char *from, *to;
} same_forms[] = {
  /* vmx->exit_reason and its local copy were u32 before 5.11, and are a union since. */
  { " u32 exit_reason = ", " union vmx_exit_reason exit_reason = " },
  { " exit_reason . basic ", " exit_reason " },
  { " exit_reason . full ", " exit_reason " },
  { " exit_reason & VMX_EXIT_REASONS_FAILED_VMENTRY ", " exit_reason . failed_vmentry " },
  { " dump_vmcs ( vcpu ) ", " dump_vmcs ( ) " }, /* 5.12 */
  { " dump_vmcb ( svm -> vcpu ) ", " dump_vmcb ( vcpu ) " },
  { " vcpu -> arch . exit_qualification ", " vmx_get_exit_qual ( vcpu ) " }, /* 5.8, and later again */
  { " CONFIG_MITIGATION_RETPOLINE ", " CONFIG_RETPOLINE " },                /* 6.9 */
  { " kvm_vmx_exit_handlers [ exit_handler_index ] ", " kvm_vmx_exit_handlers [ exit_reason ] " }, /* an index of its own since 5.11 */
  { " svm_exit_handlers [ exit_code ] ( svm ) ", " svm_exit_handlers [ exit_code ] ( vcpu ) " },   /* 5.12 */
  { " svm_invoke_exit_handler ( svm , ", " svm_invoke_exit_handler ( vcpu , " },                    /* 5.12 */
  { " enum exit_fastpath_completion ", " fastpath_t " },                                              /* 5.8 */
  { " kvm_cpuid ( vcpu , & eax , & ebx , & ecx , & edx , true ) ", " kvm_cpuid ( vcpu , & eax , & ebx , & ecx , & edx , false ) " }, /* check_limit became exact_only in 5.7 */
};

/* Lines that functions had in some version; in their same form. */
static const struct
{
  const char *function, *line;
} old_lines[] = {
  { "__vmx_handle_exit", "if ( enable_pml )" }, /* until 5.12 */
  { "__vmx_handle_exit", "trace_kvm_exit ( exit_reason , vcpu , KVM_ISA_VMX ) ;" },
  { "__vmx_handle_exit", "WARN_ON_ONCE ( vmx -> nested . nested_run_pending ) ;" },
  { "__vmx_handle_exit", "if ( WARN_ON_ONCE ( vmx -> nested . nested_run_pending ) )" },
  { "__vmx_handle_exit", "return - EIO ;" },
  { "__vmx_handle_exit", "if ( is_guest_mode ( vcpu ) && nested_vmx_exit_reflected ( vcpu , exit_reason ) )" }, /* until 5.7 */
  { "__vmx_handle_exit", "return nested_vmx_reflect_vmexit ( vcpu , exit_reason ) ;" },
  { "__vmx_handle_exit", "if ( nested_vmx_reflect_vmexit ( vcpu , exit_reason ) )" },
  { "__vmx_handle_exit", "vcpu -> run -> internal . ndata = 3 ;" }, /* a local variable since 5.14 */
  { "__vmx_handle_exit", "vcpu -> run -> internal . ndata ++ ;" },
  { "__vmx_handle_exit", "vcpu -> run -> internal . ndata + + ;" },
  { "__vmx_handle_exit", "vcpu -> run -> internal . data [ 3 ] =" },
  { "__vmx_handle_exit", "vcpu -> run -> internal . data [ vcpu -> run -> internal . ndata + + ] =" },
  { "__vmx_handle_exit", "vcpu -> arch . last_vmentry_cpu ;" },
  { "__vmx_handle_exit", "exit_reason = array_index_nospec ( exit_reason ," },
  { "__vmx_handle_exit", "exit_reason != EXIT_REASON_TASK_SWITCH ) ) {" },
  { "__vmx_handle_exit", "if ( exit_reason < kvm_vmx_max_exit_handlers" }, /* 5.4 and 5.5 */
  { "__vmx_handle_exit", "&& kvm_vmx_exit_handlers [ exit_reason ] ) {" },
  { "__vmx_handle_exit", "if ( exit_fastpath == EXIT_FASTPATH_SKIP_EMUL_INS ) {" }, /* 5.6 and 5.7 */
  { "__vmx_handle_exit", "kvm_skip_emulated_instruction ( vcpu ) ;" },
  { "__vmx_handle_exit", "vcpu_unimpl ( vcpu , \"vmx: unexpected exit reason 0x%x\\n\" , exit_reason ) ;" },
  { "__vmx_handle_exit", "if ( unlikely ( exit_fastpath == EXIT_FASTPATH_EXIT_USERSPACE ) )" },
  { "svm_handle_exit", "trace_kvm_exit ( exit_code , vcpu , KVM_ISA_SVM ) ;" }, /* moved to svm_vcpu_run in 5.10, and back */
  { "svm_handle_exit", "trace_kvm_exit ( vcpu , KVM_ISA_SVM ) ;" },
  { "svm_handle_exit", "if ( svm -> nested . exit_required ) {" }, /* until 5.7 */
  { "svm_handle_exit", "svm_complete_interrupts ( svm ) ;" },      /* until 5.11 */
  { "svm_handle_exit", "svm_complete_interrupts ( vcpu ) ;" },
  { "svm_handle_exit", "trace_kvm_nested_vmexit ( exit_code , vcpu , KVM_ISA_SVM ) ;" },
  { "svm_handle_exit", "if ( is_external_interrupt ( svm -> vmcb -> control . exit_int_info ) &&" }, /* until 6.2 */
  { "svm_handle_exit", "exit_code != SVM_EXIT_EXCP_BASE + PF_VECTOR &&" },
  { "svm_handle_exit", "exit_code != SVM_EXIT_NPF && exit_code != SVM_EXIT_TASK_SWITCH &&" },
  { "svm_handle_exit", "exit_code != SVM_EXIT_INTR && exit_code != SVM_EXIT_NMI )" },
  { "svm_handle_exit", "printk ( KERN_ERR \"%s: unexpected exit_int_info 0x%x \"" },
  { "svm_handle_exit", "\"exit_code 0x%x\\n\" ," },
  { "svm_handle_exit", "__func__ , svm -> vmcb -> control . exit_int_info ," },
  { "svm_handle_exit", "exit_code ) ;" },
};

/* Words of old versions beside those. */
static const char *const old_words[] = {
  "exit_required", "trace_kvm_exit", "array_index_nospec", "exit_qualification", "nested_vmx_exit_reflected", "pr_debug_ratelimited", "__func__",
  "exit_handler_index", "KVM_ISA_VMX", "KVM_ISA_SVM", "ndata", "WARN_ON_ONCE", "EXIT_FASTPATH_SKIP_EMUL_INS", "check_limit",
  "VMX_EXIT_REASONS_FAILED_VMENTRY", "debugctlmsr", "kvm_spurious_fault", "read_tr_limit", NULL,
};

/* What a student's line says, in the lab's terms. */
static const struct
{
  const char *from;         /* tokens; "$" stands for any word */
  const char *to;           /* "$" is that word */
  const char *not_before;   /* a token that does not follow, or NULL */
  const char *not_after;    /* tokens, one of which stands before: not then; or NULL */
  const char *function;     /* only in that function of the lab's, or NULL */
  const char *lab_has;      /* only if the lab's file has that word, or NULL */
  const char *theirs_lacks; /* only if the student's file has it not, or NULL */
} rewrites[] = {
  /* 5.11 made the u32 a union: `full` is what the u32 was. The index into the table of handlers is a variable of its own since then. */
  { "kvm_vmx_exit_handlers [ exit_reason ]", "kvm_vmx_exit_handlers[exit_handler_index]", NULL, NULL, "__vmx_handle_exit", "exit_handler_index", "vmx_exit_reason" },
  { "vmx -> exit_reason", "vmx->exit_reason.full", ".", NULL, NULL, "vmx_exit_reason", "vmx_exit_reason" },
  { "to_vmx ( vcpu ) -> exit_reason", "to_vmx(vcpu)->exit_reason.full", ".", NULL, NULL, "vmx_exit_reason", "vmx_exit_reason" },
  { "exit_reason", "exit_reason.full", ".", "-> .", "__vmx_handle_exit", "vmx_exit_reason", "vmx_exit_reason" },
  /* 5.12: handlers take the vCPU. */
  { "svm_exit_handlers [ exit_code ] ( svm )", "svm_exit_handlers[exit_code](vcpu)", NULL, NULL, NULL, NULL, NULL },
  { "svm_invoke_exit_handler ( svm ,", "svm_invoke_exit_handler(vcpu,", NULL, NULL, NULL, NULL, NULL },
  /* kvm_x86_ops was a pointer until 5.7, and is called by static calls since 5.12; 6.12 has a shorthand for them. */
  { "kvm_x86_ops -> $ (", "static_call(kvm_x86_$)(", NULL, NULL, NULL, NULL, NULL },
  { "kvm_x86_ops . $ (", "static_call(kvm_x86_$)(", NULL, NULL, NULL, NULL, NULL },
  { "kvm_x86_call ( $ )", "static_call(kvm_x86_$)", NULL, NULL, NULL, NULL, NULL },
  /* 5.7: check_limit became exact_only, which means the opposite. */
  { "kvm_cpuid ( vcpu , & eax , & ebx , & ecx , & edx , true )", "kvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false)", NULL, NULL, NULL, NULL, "exact_only" },
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

gboolean
kvm_changes_is_stable (const char *function)
{
  return strcmp (function, "kvm_emulate_cpuid") == 0;
}

char *
kvm_changes_same_form (const char *normal_line)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_string_printf (line, " %s ", normal_line);
  for (guint i = 0; i < G_N_ELEMENTS (same_forms); i++)
    g_string_replace (line, same_forms[i].from, same_forms[i].to, 0);
  return g_strstrip (g_strdup (line->str));
}

gboolean
kvm_changes_is_old_line (const char *function, const char *same_form)
{
  for (guint i = 0; i < G_N_ELEMENTS (old_lines); i++)
    {
      if (strcmp (old_lines[i].function, function) == 0 && strcmp (old_lines[i].line, same_form) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
kvm_changes_is_old_word (const char *word)
{
  return g_strv_contains (old_words, word);
}

/* --- rewriting -------------------------------------------------------------------------------- */

static gboolean
has_word (const CSource *source, const char *word)
{
  for (guint i = 0; i < source->tokens->len; i++)
    {
      if (c_token_is (source, &g_array_index (source->tokens, CToken, i), word))
        return TRUE;
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
    rewriter->applies[i] = (rewrites[i].lab_has == NULL || has_word (lab, rewrites[i].lab_has))
                           && (rewrites[i].theirs_lacks == NULL || !has_word (theirs, rewrites[i].theirs_lacks));
  return rewriter;
}

void
kvm_rewriter_free (KvmRewriter *rewriter)
{
  g_free (rewriter);
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
