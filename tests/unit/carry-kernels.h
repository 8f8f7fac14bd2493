/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small stand-ins for KVM's cpuid.c and vmx.c in the shapes of several versions, and a student's changes to them. */
#pragma once
#include <glib.h>
#include <string.h>

/* Functions of one version alone, or of all: what makes files near or far. */
static inline void
add_functions (GString *out, const char *version, guint count)
{
  for (guint i = 0; i < count; i++)
    g_string_append_printf (out, "static int %s_%u(struct kvm_vcpu *vcpu)\n{\n\tint value = vcpu->%s_field_%u;\n\n\treturn value + %s_base[%u];\n}\n\n", version, i,
                            version, i, version, i);
}

#define CPUID_HEAD "// SPDX-License-Identifier: GPL-2.0-only\n#include <linux/kvm_host.h>\n#include \"cpuid.h\"\n\n"
#define CPUID_TAIL \
  "int kvm_emulate_cpuid(struct kvm_vcpu *vcpu)\n{\n\tu32 eax, ebx, ecx, edx;\n\n" \
  "\tif (cpuid_fault_enabled(vcpu) && !kvm_require_cpl(vcpu, 0))\n\t\treturn 1;\n\n" \
  "\teax = kvm_rax_read(vcpu);\n\tecx = kvm_rcx_read(vcpu);\n" \
  "\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n" \
  "\tkvm_rax_write(vcpu, eax);\n\tkvm_rbx_write(vcpu, ebx);\n\tkvm_rcx_write(vcpu, ecx);\n\tkvm_rdx_write(vcpu, edx);\n" \
  "\treturn kvm_skip_emulated_instruction(vcpu);\n}\nEXPORT_SYMBOL_GPL(kvm_emulate_cpuid);\n"

/* version: "v61", "v512" … */
static inline char *
kernel_cpuid (const char *version)
{
  GString *out = g_string_new (CPUID_HEAD);
  add_functions (out, "common", 60);
  add_functions (out, version, 12);
  g_string_append (out, CPUID_TAIL);
  return g_string_free (out, FALSE);
}

#define VMX_HEAD "#include <linux/kvm_host.h>\n#include \"vmx.h\"\n\nMODULE_LICENSE(\"GPL\");\n\n"
#define VMX_NEW_BEGIN \
  "static int __vmx_handle_exit(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath)\n{\n" \
  "\tstruct vcpu_vmx *vmx = to_vmx(vcpu);\n\tunion vmx_exit_reason exit_reason = vmx->exit_reason;\n" \
  "\tu32 vectoring_info = vmx->idt_vectoring_info;\n\tu16 exit_handler_index;\n\n" \
  "\tif (enable_pml && !is_guest_mode(vcpu))\n\t\tvmx_flush_pml_buffer(vcpu);\n\n"
#define VMX_61_MIDDLE \
  "\tif (KVM_BUG_ON(vmx->nested.nested_run_pending, vcpu->kvm))\n\t\treturn -EIO;\n\n" \
  "\tif (is_guest_mode(vcpu)) {\n\t\tif (exit_reason.basic == EXIT_REASON_PML_FULL)\n\t\t\tgoto unexpected_vmexit;\n" \
  "\t\tif (nested_vmx_reflect_vmexit(vcpu))\n\t\t\treturn 1;\n\t}\n\n" \
  "\t/* If guest state is invalid, start emulating.  L2 is handled above. */\n" \
  "\tif (vmx->emulation_required)\n\t\treturn handle_invalid_guest_state(vcpu);\n\n"
#define VMX_512_MIDDLE \
  "\tWARN_ON_ONCE(vmx->nested.nested_run_pending);\n\n" \
  "\t/* If guest state is invalid, start emulating */\n" \
  "\tif (vmx->emulation_required)\n\t\treturn handle_invalid_guest_state(vcpu);\n\n" \
  "\tif (is_guest_mode(vcpu)) {\n\t\tif (nested_vmx_reflect_vmexit(vcpu))\n\t\t\treturn 1;\n\t}\n\n"
#define VMX_VECTORING_61 \
  "\tif ((vectoring_info & VECTORING_INFO_VALID_MASK) &&\n\t    (exit_reason.basic != EXIT_REASON_TASK_SWITCH &&\n" \
  "\t     exit_reason.basic != EXIT_REASON_NOTIFY)) {\n\t\tint ndata = 3;\n\n" \
  "\t\tvcpu->run->internal.data[1] = exit_reason.full;\n\t\tvcpu->run->internal.ndata = ndata;\n\t\treturn 0;\n\t}\n\n"
#define VMX_VECTORING_518 \
  "\tif ((vectoring_info & VECTORING_INFO_VALID_MASK) &&\n\t    (exit_reason.basic != EXIT_REASON_TASK_SWITCH)) {\n\t\tint ndata = 3;\n\n" \
  "\t\tvcpu->run->internal.data[1] = exit_reason.full;\n\t\tvcpu->run->internal.ndata = ndata;\n\t\treturn 0;\n\t}\n\n"
#define VMX_NEW_END \
  "\tif (exit_fastpath != EXIT_FASTPATH_NONE)\n\t\treturn 1;\n\n" \
  "\tif (exit_reason.basic >= kvm_vmx_max_exit_handlers)\n\t\tgoto unexpected_vmexit;\n" \
  "#ifdef CONFIG_RETPOLINE\n\tif (exit_reason.basic == EXIT_REASON_MSR_WRITE)\n\t\treturn kvm_emulate_wrmsr(vcpu);\n" \
  "\telse if (exit_reason.basic == EXIT_REASON_HLT)\n\t\treturn kvm_emulate_halt(vcpu);\n#endif\n\n" \
  "\texit_handler_index = array_index_nospec((u16)exit_reason.basic,\n\t\t\t\t\t\tkvm_vmx_max_exit_handlers);\n" \
  "\tif (!kvm_vmx_exit_handlers[exit_handler_index])\n\t\tgoto unexpected_vmexit;\n\n" \
  "\treturn kvm_vmx_exit_handlers[exit_handler_index](vcpu);\n\n" \
  "unexpected_vmexit:\n\tdump_vmcs(vcpu);\n\tvcpu->run->internal.data[0] = exit_reason.full;\n\treturn 0;\n}\n\n" \
  "static int vmx_handle_exit(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath)\n{\n" \
  "\tint ret = __vmx_handle_exit(vcpu, exit_fastpath);\n\n" \
  "\tif (to_vmx(vcpu)->exit_reason.bus_lock_detected) {\n\t\tif (ret > 0)\n\t\t\tvcpu->run->exit_reason = KVM_EXIT_X86_BUS_LOCK;\n\t\treturn 0;\n\t}\n" \
  "\treturn ret;\n}\n\n"
#define VMX_510 \
  "static int vmx_handle_exit(struct kvm_vcpu *vcpu, fastpath_t exit_fastpath)\n{\n" \
  "\tstruct vcpu_vmx *vmx = to_vmx(vcpu);\n\tu32 exit_reason = vmx->exit_reason;\n" \
  "\tu32 vectoring_info = vmx->idt_vectoring_info;\n\n" \
  "\tif (enable_pml)\n\t\tvmx_flush_pml_buffer(vcpu);\n\n" VMX_512_MIDDLE \
  "\tif ((vectoring_info & VECTORING_INFO_VALID_MASK) &&\n\t    (exit_reason != EXIT_REASON_TASK_SWITCH)) {\n" \
  "\t\tvcpu->run->internal.ndata = 3;\n\t\tvcpu->run->internal.data[1] = exit_reason;\n\t\treturn 0;\n\t}\n\n" \
  "\tif (exit_fastpath != EXIT_FASTPATH_NONE)\n\t\treturn 1;\n\n" \
  "\tif (exit_reason >= kvm_vmx_max_exit_handlers)\n\t\tgoto unexpected_vmexit;\n" \
  "#ifdef CONFIG_RETPOLINE\n\tif (exit_reason == EXIT_REASON_MSR_WRITE)\n\t\treturn kvm_emulate_wrmsr(vcpu);\n" \
  "\telse if (exit_reason == EXIT_REASON_HLT)\n\t\treturn kvm_emulate_halt(vcpu);\n#endif\n\n" \
  "\texit_reason = array_index_nospec(exit_reason,\n\t\t\t\t\t kvm_vmx_max_exit_handlers);\n" \
  "\tif (!kvm_vmx_exit_handlers[exit_reason])\n\t\tgoto unexpected_vmexit;\n\n" \
  "\treturn kvm_vmx_exit_handlers[exit_reason](vcpu);\n\n" \
  "unexpected_vmexit:\n\tdump_vmcs();\n\tvcpu->run->internal.data[0] = exit_reason;\n\treturn 0;\n}\n\n"

/* version: 510, 512, 518, 61, 612. */
static inline char *
kernel_vmx (guint version)
{
  g_autofree char *prefix = g_strdup_printf ("v%u", version);
  GString *out = g_string_new (VMX_HEAD);
  add_functions (out, "shared", 60);
  add_functions (out, prefix, 12);
  if (version == 510)
    g_string_append (out, VMX_510);
  else
    g_string_append_printf (out, "%s%s%s%s", VMX_NEW_BEGIN, version == 512 ? VMX_512_MIDDLE : VMX_61_MIDDLE,
                            version == 512 || version == 518 ? VMX_VECTORING_518 : VMX_VECTORING_61, VMX_NEW_END);
  add_functions (out, "later", 5);
  if (version == 612)
    g_string_replace (out, "CONFIG_RETPOLINE", "CONFIG_MITIGATION_RETPOLINE", 0);
  return g_string_free (out, FALSE);
}

/* `text` with the one `from` replaced; takes text. */
static inline char *
with (char *text, const char *from, const char *to)
{
  g_assert_nonnull (strstr (text, from));
  GString *out = g_string_new (text);
  g_string_replace (out, from, to, 1);
  g_free (text);
  return g_string_free (out, FALSE);
}

#define LEAVES \
  "\tif (eax == 0x4fffffff) {\n\t\teax = atomic_read(&total_exits);\n\t} else if (eax == 0x4ffffffd) {\n" \
  "\t\tif (ecx > 68 || ecx == 35) {\n\t\t\teax = 0;\n\t\t\tedx = 0xffffffff;\n\t\t} else {\n\t\t\teax = per_reason[ecx];\n\t\t}\n" \
  "\t} else {\n\t\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n\t}\n"

static inline char *
student_cpuid (char *text)
{
  text = with (text, "\tkvm_cpuid(vcpu, &eax, &ebx, &ecx, &edx, false);\n", LEAVES);
  return with (text, "int kvm_emulate_cpuid(",
               "/* counts */\natomic_t total_exits;\nEXPORT_SYMBOL(total_exits);\nu32 per_reason[69];\nEXPORT_SYMBOL(per_reason);\n\nint kvm_emulate_cpuid(");
}

static inline char *
student_externs (char *text)
{
  return with (text, "#include \"vmx.h\"\n", "#include \"vmx.h\"\n\nextern atomic_t total_exits;\nextern u32 per_reason[69];\n");
}

/* Counts around the dispatch, in vmx_handle_exit(). */
static inline char *
student_around (char *text)
{
  return with (student_externs (text), "\tint ret = __vmx_handle_exit(vcpu, exit_fastpath);\n",
               "\tu64 start = rdtsc();\n\tint ret;\n\n\tatomic_inc(&total_exits);\n\tret = __vmx_handle_exit(vcpu, exit_fastpath);\n"
               "\tper_reason[to_vmx(vcpu)->exit_reason.basic] += rdtsc() - start;\n");
}

/* Counts at the beginning of the dispatch, and around the handler. */
static inline char *
student_inside (char *text, gboolean old)
{
  text = with (student_externs (text), "\tif (enable_pml", old ? "\tatomic_inc(&total_exits);\n\tper_reason[exit_reason]++;\n\n\tif (enable_pml"
                                                                 : "\tatomic_inc(&total_exits);\n\tper_reason[exit_reason.basic]++;\n\n\tif (enable_pml");
  return with (text, old ? "\treturn kvm_vmx_exit_handlers[exit_reason](vcpu);\n" : "\treturn kvm_vmx_exit_handlers[exit_handler_index](vcpu);\n",
               old ? "\tresult = kvm_vmx_exit_handlers[exit_reason](vcpu);\n\tatomic_inc(&total_exits);\n\treturn result;\n"
                   : "\tresult = kvm_vmx_exit_handlers[exit_handler_index](vcpu);\n\tatomic_inc(&total_exits);\n\treturn result;\n");
}
