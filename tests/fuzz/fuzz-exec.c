/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzes what the host makes of a guest's words on the exec channel: frames, and gdb's script of the modules. LLVMFuzzerTestOneInput is the
 * usual entry; the plain main (left out with -DFUZZ_ENGINE) mutates valid streams at random:   fuzz-exec [seconds [seed]]
 *
 * Besides not crashing: frames do not depend on how the bytes are cut up, every byte is a frame's, passed over, or held back; a script holds
 * nothing but add-symbol-file with names and addresses.
 */
#include <glib.h>
#include <stdbool.h>

#include "fuzz/fuzz.h"

#include "cli/shell-gdb.h"
#include "record/exec-frame.h"

int LLVMFuzzerTestOneInput (const unsigned char *data, size_t size);

/* A digest of all frames, with the parser left as it ends. */
static guint64
parse (struct exec_parser *parser, const unsigned char *data, size_t size, size_t step, guint64 *framed)
{
  guint64 digest = 14695981039346656037u;

  *framed = 0;
  for (size_t at = 0; at < size;)
    {
      const size_t end = size - at < step ? size : at + step;
      struct exec_frame frame;
      bool whole = true;

      while (at < end || whole)
        {
          at += exec_parser_take (parser, data + at, end - at, &frame, &whole);
          if (!whole)
            continue;
          if (frame.length > EXEC_DATA_MAX)
            abort ();
          *framed += EXEC_HEADER_BYTES + frame.length;
          digest = digest * 1099511628211u + frame.type * 65536u + frame.sequence;
          for (guint i = 0; i < frame.length; i++)
            digest = (digest ^ frame.data[i]) * 1099511628211u;
        }
    }
  return digest;
}

static void
check_script (const char *text)
{
  g_autofree char *script = shell_gdb_modules (text, "/m");
  g_auto (GStrv) lines = g_strsplit (script, "\n", -1);

  for (guint i = 1; lines[i] && *lines[i]; i++)
    if (!g_str_has_prefix (lines[i], "add-symbol-file \"/m/") || strpbrk (lines[i], "|;`$!\r\t"))
      abort ();
}

int
LLVMFuzzerTestOneInput (const unsigned char *data, size_t size)
{
  static const size_t steps[] = { 1, 7, 1000, SIZE_MAX };
  guint64 first = 0;

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      struct exec_parser parser = { .used = 0 };
      guint64 framed;
      const guint64 digest = parse (&parser, data, size, steps[i], &framed);

      if (i > 0 && digest != first)
        abort ();
      first = digest;
      if (framed + parser.skipped + parser.used != size)
        abort ();
    }
  g_autofree char *text = g_strndup ((const char *) data, size);
  check_script (text);
  return 0;
}

#ifndef FUZZ_ENGINE
static void
add_frame (GByteArray *bytes)
{
  unsigned char data[EXEC_DATA_MAX], wire[EXEC_WIRE_MAX];
  const size_t length = draw (3) ? draw (40) : draw (EXEC_DATA_MAX + 1);

  for (size_t i = 0; i < length; i++)
    data[i] = draw (4) ? (unsigned char) draw (256) : 0xe5;
  g_byte_array_append (bytes, wire, (guint) exec_frame_write (wire, draw (24), (uint16_t) draw (65536), data, length));
}

static void
run_one (void)
{
  static const char *const texts[] = { "kvm .text 0xffffffffa0007000\n", "kvm_amd .bss 0xffffffffa0117b80\n", "\xe5\x4c", "\xe5\x4c\x12\x00\x03\x00" };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (unsigned n = draw (5); n > 0; n--)
    {
      const char *text = texts[draw (G_N_ELEMENTS (texts))];

      if (draw (2))
        add_frame (bytes);
      else
        g_byte_array_append (bytes, (const guint8 *) text, (guint) strlen (text));
    }
  for (unsigned n = draw (3); n > 0 && bytes->len > 0; n--)
    bytes->data[draw (bytes->len)] = (guint8) draw (256);
  g_autofree unsigned char *data = g_memdup2 (bytes->data, bytes->len);
  LLVMFuzzerTestOneInput (data != NULL ? data : (const unsigned char *) "", bytes->len);
}

int
main (int argc, char **argv)
{
  return fuzz_main (argc, argv, "fuzz-exec", 100, run_one);
}
#endif
