/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What gdb is given: a kernel's symbols out of System.map, scripts, and where modules lie, as a hostile L1 may tell it. */
#include "unit/unit.h"

#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include "cli/shell-gdb.h"
#include "kernel/symbols.h"

static const char map_text[] = "0000000000000000 D __per_cpu_start\n"
                               "ffffffff81000000 T _text\n"
                               "ffffffff81000010 t local_function\n"
                               "ffffffff81000020 W weak_function\n"
                               "ffffffff81001000 T _etext\n"
                               "ffffffff81002000 D some_data\n"
                               "ffffffff81003000 T _sinittext\n"
                               "ffffffff81003010 T start_kernel\n"
                               "ffffffff81004000 T _einittext\n"
                               "ffffffff81004800 ? __nosave_begin\n"
                               "ffffffff81005000 B _end\n";

static gboolean
find_symbol (const char *path, const char *name, GElf_Sym *found, char **section)
{
  const int fd = open (path, O_RDONLY);
  gboolean there = FALSE;
  elf_version (EV_CURRENT);
  Elf *elf = elf_begin (fd, ELF_C_READ, NULL);
  size_t names;
  assert_int_equal (elf_getshdrstrndx (elf, &names), 0);
  for (Elf_Scn *scn = elf_nextscn (elf, NULL); scn != NULL; scn = elf_nextscn (elf, scn))
    {
      GElf_Shdr header;
      gelf_getshdr (scn, &header);
      if (header.sh_type != SHT_SYMTAB)
        continue;
      for (guint i = 0; i < header.sh_size / header.sh_entsize && !there; i++)
        {
          gelf_getsym (elf_getdata (scn, NULL), (int) i, found);
          there = strcmp (elf_strptr (elf, header.sh_link, found->st_name), name) == 0;
        }
    }
  if (there && found->st_shndx < SHN_LORESERVE)
    {
      GElf_Shdr header;
      gelf_getshdr (elf_getscn (elf, found->st_shndx), &header);
      *section = g_strdup (elf_strptr (elf, names, header.sh_name));
    }
  elf_end (elf);
  close (fd);
  return there;
}

static void
check_symbol (const char *path, const char *name, guint64 value, int bind, int type, const char *wanted)
{
  GElf_Sym symbol;
  g_autofree char *section = NULL;
  assert_true (find_symbol (path, name, &symbol, &section));
  assert_int_equal (symbol.st_value, value);
  assert_int_equal (GELF_ST_BIND (symbol.st_info), bind);
  assert_int_equal (GELF_ST_TYPE (symbol.st_info), type);
  assert_int_equal (g_strcmp0 (section, wanted), 0);
}

static void
test_symbols (void **state)
{
  g_autofree char *map = put_file (*state, "System.map", map_text);
  g_autofree char *path = g_build_filename (*state, "vmlinux", NULL);
  g_autoptr (GError) error = NULL;
  kernel_symbols_write (map, path, &error);
  assert_no_failure (error);
  check_symbol (path, "_text", 0xffffffff81000000, STB_GLOBAL, STT_FUNC, ".text");
  check_symbol (path, "local_function", 0xffffffff81000010, STB_LOCAL, STT_FUNC, ".text");
  check_symbol (path, "weak_function", 0xffffffff81000020, STB_GLOBAL, STT_FUNC, ".text");
  check_symbol (path, "some_data", 0xffffffff81002000, STB_GLOBAL, STT_OBJECT, ".data");
  check_symbol (path, "start_kernel", 0xffffffff81003010, STB_GLOBAL, STT_FUNC, ".init.text");
  check_symbol (path, "__nosave_begin", 0xffffffff81004800, STB_LOCAL, STT_OBJECT, ".bss");
  check_symbol (path, "__per_cpu_start", 0, STB_GLOBAL, STT_OBJECT, NULL);
}

static void
test_no_map (void **state)
{
  static const struct
  {
    const char *text, *said;
  } bad[] = {
    { "", "_text" }, { "ffffffff81000000 T _text\nnonsense\n", "System.map:2" }, { "12 T\n", "System.map:1" },
    { "ffffffff81000000 T _text\nffffffff80000000 T _etext\n", "in this order" },
  };
  g_autofree char *path = g_build_filename (*state, "vmlinux", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *map = put_file (*state, "System.map", bad[i].text);
      g_autoptr (GError) error = NULL;
      assert_false (kernel_symbols_write (map, path, &error));
      assert_failed (error, HARNESS_ERROR_FAILED, bad[i].said);
    }
}

static void
test_modules_script (void **state)
{
  (void) state;
  g_autofree char *script = shell_gdb_modules ("kvm .text 0xffffffffa0007000\nkvm .data 0xffffffffa008a7e0\nkvm .init.text 0xffffffffa0f00000\n"
                                               "kvm_amd .bss 0xffffffffa0117b80\nkvm_amd .text 0xffffffffa0102000\nirqbypass .data 0xffffffffa0000040\n",
                                               "/cache/mo\"dules");
  assert_string_equal (script, "# Where L1 has KVM's modules.\n"
                               "add-symbol-file \"/cache/mo\\\"dules/kvm.ko\" 0xffffffffa0007000 -s .data 0xffffffffa008a7e0\n"
                               "add-symbol-file \"/cache/mo\\\"dules/kvm-amd.ko\" 0xffffffffa0102000 -s .bss 0xffffffffa0117b80\n");
}

/* gdb has a `shell` command: nothing that L1 says gets into a script but names and addresses. */
static void
test_modules_script_hostile (void **state)
{
  (void) state;
  static const char *const lines[] = {
    "kvm .text 0xffffffffa0007000; shell id", "kvm .text 0xffffffffa000700", "kvm\rshell .text 0xffffffffa0007000", "../kvm .text 0xffffffffa0007000",
    "kvm text 0xffffffffa0007000", " .text 0xffffffffa0007000", "kvm .text 0xFFFFFFFFA0007000", "shell id", "kvm .te\"xt 0xffffffffa0007000",
  };
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *script = shell_gdb_modules (lines[i], "/cache");
      assert_string_equal (script, "# Where L1 has KVM's modules.\n");
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown (test_symbols, folder_setup, folder_teardown),
    cmocka_unit_test_setup_teardown (test_no_map, folder_setup, folder_teardown),
    cmocka_unit_test (test_modules_script),
    cmocka_unit_test (test_modules_script_hostile),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
