/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each row of what is known of KVM's changes, on a line of a kernel that has it. */
#include "unit.h"

#include "submission/kvm-changes.h"

#define LAB \
  "static int __vmx_handle_exit(void)\n{\n\tunion vmx_exit_reason exit_reason;\n\tu16 exit_handler_index;\n}\nstatic int vmx_handle_exit(void)\n{\n}\n" \
  "static int svm_handle_exit(void)\n{\n}\nint svm_invoke_exit_handler(void)\n{\n}\n"

typedef struct
{
  const char *function, *line, *lab;
} Rewritten;

static void
assert_lines (const KvmRewriter *rewriter, const Rewritten *lines, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *line = kvm_rewriter_line (rewriter, lines[i].function, lines[i].line);
      assert_string_equal (line, lines[i].lab);
    }
}

static void
test_lines (void **state)
{
  (void) state;
  static const Rewritten lines[] = {
    { "__vmx_handle_exit", "\tif (!kvm_vmx_exit_handlers[exit_reason])", "\tif (!kvm_vmx_exit_handlers[exit_handler_index])" }, /* 5.10.0 */
    { NULL, "\tu32 exit_reason = vmx->exit_reason;", "\tu32 exit_reason = vmx->exit_reason.full;" }, /* 5.10.0 */
    { NULL, "\tswitch (to_vmx(vcpu)->exit_reason) {", "\tswitch (to_vmx(vcpu)->exit_reason.full) {" }, /* 5.10.0 */
    { "__vmx_handle_exit", "\tif (exit_reason >= kvm_vmx_max_exit_handlers)", "\tif (exit_reason.full >= kvm_vmx_max_exit_handlers)" }, /* 5.10.0 */
    { "__vmx_handle_exit", "\tvcpu->run->exit_reason = KVM_EXIT_UNKNOWN;", "\tvcpu->run->exit_reason = KVM_EXIT_UNKNOWN;" },
    { "__vmx_handle_exit", "\tdump_vmcs();", "\tdump_vmcs(vcpu);" }, /* 5.12 */
    { NULL, "\treturn svm_exit_handlers[exit_code](svm);", "\treturn svm_exit_handlers[exit_code](vcpu);" }, /* 5.10.0 */
    { "svm_handle_exit", "\tret = svm_exit_handlers[exit_code](svm);", "\tret = svm_invoke_exit_handler(vcpu, exit_code);" }, /* 5.10.0 */
    { NULL, "\treturn svm_invoke_exit_handler(svm, exit_code);", "\treturn svm_invoke_exit_handler(vcpu, exit_code);" }, /* 5.11 */
    { NULL, "\tkvm_x86_ops->cache_reg(vcpu, reg);", "\tstatic_call(kvm_x86_cache_reg)(vcpu, reg);" }, /* 5.4 */
    { NULL, "\tkvm_x86_ops.cache_reg(vcpu, reg);", "\tstatic_call(kvm_x86_cache_reg)(vcpu, reg);" }, /* 5.10.0 */
    { NULL, "\tkvm_x86_call(cache_reg)(vcpu, reg);", "\tstatic_call(kvm_x86_cache_reg)(vcpu, reg);" }, /* 6.12 */
    { NULL, "\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, true);", "\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);" }, /* 5.4 */
    { NULL, "\tif (vmx_get_exit_reason(vcpu).enclave_mode) {", "\tif (to_vmx(vcpu)->exit_reason.enclave_mode) {" }, /* 6.17 */
    { NULL, "\tif (vmx->vt.exit_reason.basic == 48) {", "\tif (vmx->exit_reason.basic == 48) {" }, /* 6.17 */
    { NULL, "\teax = kvm_eax_read(vcpu);", "\teax = kvm_rax_read(vcpu);" }, /* 7.2 */
    { NULL, "\tkvm_ebx_write(vcpu, 0);", "\tkvm_rbx_write(vcpu, 0);" }, /* 7.2 */
    { NULL, "\tecx = kvm_ecx_read(vcpu);", "\tecx = kvm_rcx_read(vcpu);" }, /* 7.2 */
    { NULL, "\tedx = kvm_edx_read(vcpu);", "\tedx = kvm_rdx_read(vcpu);" }, /* 7.2 */
    { NULL, "\tkvm_eax_write(vcpu, 0);", "\tkvm_rax_write(vcpu, 0);" }, /* 7.2 */
    { NULL, "\tebx = kvm_ebx_read(vcpu);", "\tebx = kvm_rbx_read(vcpu);" }, /* 7.2 */
    { NULL, "\tkvm_ecx_write(vcpu, 0);", "\tkvm_rcx_write(vcpu, 0);" }, /* 7.2 */
    { NULL, "\tkvm_edx_write(vcpu, 0);", "\tkvm_rdx_write(vcpu, 0);" }, /* 7.2 */
    { NULL, "\tx = kvm_esi_read(vcpu);", "\tx = kvm_rsi_read(vcpu);" }, /* 7.2 */
    { NULL, "\tkvm_esi_write(vcpu, x);", "\tkvm_rsi_write(vcpu, x);" }, /* 7.2 */
    { NULL, "\tx = kvm_edi_read(vcpu);", "\tx = kvm_rdi_read(vcpu);" }, /* 7.2 */
    { NULL, "\tkvm_edi_write(vcpu, x);", "\tkvm_rdi_write(vcpu, x);" }, /* 7.2 */
    { NULL, "\tx = kvm_ebp_read(vcpu);", "\tx = kvm_rbp_read(vcpu);" }, /* 7.2 */
    { NULL, "\tkvm_ebp_write(vcpu, x);", "\tkvm_rbp_write(vcpu, x);" }, /* 7.2 */
    { NULL, "\tto_vt(vcpu)->exit_reason.bus_lock_detected = true;", "\tto_vmx(vcpu)->exit_reason.bus_lock_detected = true;" }, /* 6.17 */
  };
  g_autoptr (CSource) theirs = c_source_new ("int f(void)\n{\n}\n");
  g_autoptr (CSource) lab = c_source_new (LAB);
  g_autoptr (KvmRewriter) rewriter = kvm_rewriter_new (theirs, lab);
  assert_lines (rewriter, lines, G_N_ELEMENTS (lines));
}

/* The lab's files of 7.2, on lines of older kernels and of its own. */
static void
test_lines_of_newer_lab (void **state)
{
  (void) state;
  static const Rewritten lines[] = {
    { NULL, "\tu16 reason = to_vmx(vcpu)->exit_reason.basic;", "\tu16 reason = to_vmx(vcpu)->vt.exit_reason.basic;" }, /* 6.1 */
    { NULL, "\tu32 reason = to_vmx(v)->exit_reason.full;", "\tu32 reason = to_vmx(v)->vt.exit_reason.full;" }, /* 6.1 */
    { NULL, "\tcount(vmx->exit_reason.basic);", "\tcount(vmx->vt.exit_reason.basic);" }, /* 6.1 */
    { NULL, "\tif (vmx->emulation_required)", "\tif (vmx->vt.emulation_required)" }, /* 6.1 */
    { NULL, "\tif (to_vmx(vcpu)->emulation_required)", "\tif (to_vmx(vcpu)->vt.emulation_required)" }, /* 6.1 */
    { NULL, "\tq = vmx->exit_qualification;", "\tq = vmx->vt.exit_qualification;" }, /* 6.1 */
    { NULL, "\tq = to_vmx(vcpu)->exit_intr_info;", "\tq = to_vmx(vcpu)->vt.exit_intr_info;" }, /* 6.1 */
    { NULL, "\tvcpu->run->exit_reason = 0;", "\tvcpu->run->exit_reason = 0;" },
    { NULL, "\tcount(vmx_get_exit_reason(vcpu).basic);", "\tcount(vmx_get_exit_reason(vcpu).basic);" }, /* 6.17 */
    { NULL, "\tcount(vmx->vt.exit_reason.basic);", "\tcount(vmx->vt.exit_reason.basic);" }, /* 6.17 */
    { NULL, "\tcount(to_vt(vcpu)->exit_reason.basic);", "\tcount(to_vt(vcpu)->exit_reason.basic);" }, /* 6.17 */
    { NULL, "\teax = kvm_rax_read(vcpu);", "\teax = kvm_rax_read_raw(vcpu);" }, /* 6.1 */
    { NULL, "\tkvm_rdx_write(vcpu, edx);", "\tkvm_rdx_write_raw(vcpu, edx);" }, /* 6.1 */
    { NULL, "\tkvm_ebx_write(vcpu, ebx);", "\tkvm_ebx_write(vcpu, ebx);" }, /* 7.2 */
  };
  g_autoptr (CSource) theirs = c_source_new ("int f(void)\n{\n\tunion vmx_exit_reason r;\n}\n");
  g_autoptr (CSource) lab = c_source_new ("#include \"regs.h\"\nint f(void)\n{\n\tunion vmx_exit_reason r = vmx_get_exit_reason(vcpu);\n}\n");
  g_autoptr (KvmRewriter) rewriter = kvm_rewriter_new (theirs, lab);
  assert_lines (rewriter, lines, G_N_ELEMENTS (lines));
  /* What was made from such a kernel knows which it wants. */
  g_autoptr (KvmRewriter) same = kvm_rewriter_new (lab, lab);
  g_autofree char *line = kvm_rewriter_line (same, NULL, "\teax = kvm_rax_read(vcpu);");
  assert_string_equal (line, "\teax = kvm_rax_read(vcpu);");
}

static void
test_counterparts (void **state)
{
  (void) state;
  g_autoptr (CSource) old = c_source_new ("static int vmx_handle_exit(void)\n{\n}\nstatic int handle_exit(void)\n{\n}\n");
  g_autoptr (CSource) lab = c_source_new (LAB);
  assert_string_equal (kvm_changes_counterpart ("vmx_handle_exit", old, lab), "__vmx_handle_exit");
  assert_string_equal (kvm_changes_counterpart ("handle_exit", old, lab), "svm_handle_exit");
  assert_string_equal (kvm_changes_counterpart ("vmx_handle_exit", lab, lab), "vmx_handle_exit");
  assert_string_equal (kvm_changes_before ("__vmx_handle_exit"), "vmx_handle_exit");
  assert_null (kvm_changes_before ("kvm_emulate_cpuid"));
  assert_string_equal (kvm_changes_after ("vmx_handle_exit"), "__vmx_handle_exit");
  assert_null (kvm_changes_after ("__vmx_handle_exit"));
  assert_string_equal (kvm_changes_counterpart ("kvm_cpuid", old, lab), "kvm_cpuid");
}

int
main (void)
{
  const struct CMUnitTest tests[] = { cmocka_unit_test (test_lines), cmocka_unit_test (test_lines_of_newer_lab), cmocka_unit_test (test_counterparts) };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
