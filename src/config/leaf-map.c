/* SPDX-License-Identifier: GPL-2.0-or-later */
/* configs/leaf-maps/NAME.conf: which CPUID leaf answers what. */
#include "config/config.h"

#include <string.h>

#include "config/conf.h"

#define TEXT(group, key, member) { group, key, CONF_TEXT, G_STRUCT_OFFSET (LeafMap, member), 0, 0 }
#define OPTIONAL(group, key, member) { group, key, CONF_OPTIONAL_TEXT, G_STRUCT_OFFSET (LeafMap, member), 0, 0 }
#define LEAF(key, member) { "leaf-map", key, CONF_OPTIONAL_HEX32, G_STRUCT_OFFSET (LeafMap, member), 0, 0 }

static const ConfField fields[] = {
  TEXT ("leaf-map", "name", name),
  LEAF ("total-exits", total_exits),
  LEAF ("total-cycles", total_cycles),
  LEAF ("reason-exits", reason_exits),
  LEAF ("reason-cycles", reason_cycles),
  OPTIONAL ("undefined", "vmx", undefined_vmx),
  OPTIONAL ("undefined", "svm", undefined_svm),
  OPTIONAL ("undefined", "vmx-ungraded", ungraded_vmx),
  OPTIONAL ("undefined", "svm-ungraded", ungraded_svm),
  OPTIONAL ("undefined", "vmx-edition", edition_vmx),
  OPTIONAL ("undefined", "svm-edition", edition_svm),
};

void
leaf_map_free (LeafMap *map)
{
  if (map == NULL)
    return;
  g_free (map->name);
  g_free (map->path);
  g_free (map->undefined_vmx);
  g_free (map->undefined_svm);
  g_free (map->ungraded_vmx);
  g_free (map->ungraded_svm);
  g_free (map->edition_vmx);
  g_free (map->edition_svm);
  g_free (map);
}

/* Reads one number at *text, decimal or 0x; as the kernel's kstrtou32 with base 0 but for octal. */
static gboolean
take_number (const char **text, guint64 *number)
{
  char *end;
  if (!g_ascii_isdigit (**text))
    return FALSE;
  const guint base = g_str_has_prefix (*text, "0x") ? 16 : 10;
  *number = g_ascii_strtoull (*text, &end, base);
  *text = end;
  return *number <= G_MAXUINT32;
}

/* N or N-M, comma-separated, no blanks: what kvm.ko's exit_leaf_undefined takes. */
gboolean
is_range_list (const char *text)
{
  for (;;)
    {
      guint64 first, last;
      if (!take_number (&text, &first))
        return FALSE;
      last = first;
      if (*text == '-')
        {
          text++;
          if (!take_number (&text, &last))
            return FALSE;
        }
      if (last < first || (*text != ',' && *text != '\0'))
        return FALSE;
      if (*text++ == '\0')
        return TRUE;
    }
}

static gboolean
check_ranges (const Conf *conf, const char *key, const char *text, GError **error)
{
  if (text[0] == '\0' || strcmp (text, "none") == 0 || is_range_list (text))
    return TRUE;
  return conf_fail (conf, "undefined", key, error, "%s is \"%s\"; try: reasons and ranges as in 35,38,42,69-79, or none", key, text);
}

static gboolean
check (const Conf *conf, const LeafMap *map, GError **error)
{
  if (map->total_exits == 0 && map->reason_exits == 0)
    return conf_fail (conf, "leaf-map", "name", error, "the map has no leaf for exits; try: total-exits or reason-exits");
  if (map->reason_exits != 0 && (map->reason_exits == map->total_exits || map->reason_exits == map->total_cycles))
    return conf_fail (conf, "leaf-map", "reason-exits", error, "reason-exits is the leaf of a total already");
  if (map->reason_cycles != 0 && (map->reason_cycles == map->total_exits || map->reason_cycles == map->total_cycles))
    return conf_fail (conf, "leaf-map", "reason-cycles", error, "reason-cycles is the leaf of a total already");
  if (map->reason_cycles != 0 && map->reason_cycles == map->reason_exits)
    return conf_fail (conf, "leaf-map", "reason-cycles", error, "reason-cycles is the leaf of reason-exits already");
  return check_ranges (conf, "vmx", map->undefined_vmx, error) && check_ranges (conf, "svm", map->undefined_svm, error)
         && check_ranges (conf, "vmx-ungraded", map->ungraded_vmx, error)
         && check_ranges (conf, "svm-ungraded", map->ungraded_svm, error);
}

gboolean
leaf_map_load (const char *path, LeafMap **map, GError **error)
{
  g_autoptr (Conf) conf = conf_load (path, fields, G_N_ELEMENTS (fields), error);
  g_autoptr (LeafMap) loaded = g_new0 (LeafMap, 1);
  if (conf == NULL || !conf_fill (conf, loaded, error) || !check (conf, loaded, error))
    return FALSE;
  loaded->path = g_strdup (path);
  *map = g_steal_pointer (&loaded);
  return TRUE;
}

static void
add_leaf (GString *spec, guint32 leaf, const char *content)
{
  if (leaf != 0)
    g_string_append_printf (spec, "%s0x%08x:%s", spec->len > 0 ? "," : "", leaf, content);
}

char *
leaf_map_kernel_spec (const LeafMap *map)
{
  GString *spec = g_string_new (NULL);
  const gboolean shared = map->total_exits != 0 && map->total_exits == map->total_cycles;
  add_leaf (spec, map->total_exits, shared ? "exits+cycles" : "exits");
  add_leaf (spec, shared ? 0 : map->total_cycles, "cycles");
  add_leaf (spec, map->reason_exits, "reason-exits");
  add_leaf (spec, map->reason_cycles, "reason-cycles");
  return g_string_free (spec, FALSE);
}
