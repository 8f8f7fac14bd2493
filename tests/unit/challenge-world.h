/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a grading lab is made of, from the committed configuration: leaf maps, reasons, what a program reads. */
#pragma once
#include "unit/unit.h"

#include "config/config.h"
#include "grade/program.h"
#include "grade/ranges.h"

/* One vendor's lab with what the configuration says of it. */
typedef struct {
  Isa isa;
  GPtrArray *maps;  /* of LeafMap: A, B, C */
  GArray *leaves;   /* of guint32: of all maps, ascending */
  GArray *codes;    /* of guint32: of the snapshots */
  GArray *undefined, *not_enabled; /* of NumberRange */
  ReasonNames *names;
} World;

static inline void
world_free (World *world)
{
  g_ptr_array_unref (world->maps);
  g_array_unref (world->leaves);
  g_array_unref (world->codes);
  g_array_unref (world->undefined);
  g_array_unref (world->not_enabled);
  reason_names_free (world->names);
  g_free (world);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (World, world_free)

static inline const LeafMap *
world_map (const World *world, const char *name)
{
  for (guint i = 0; i < world->maps->len; i++)
    {
      const LeafMap *map = g_ptr_array_index (world->maps, i);
      if (strcmp (map->name, name) == 0)
        return map;
    }
  return NULL;
}

static inline Rubric *
load_rubric (const char *name)
{
  g_autofree char *path = g_strdup_printf ("configs/rubrics/%s.conf", name);
  g_autoptr (GError) error = NULL;
  Rubric *rubric = NULL;
  rubric_load (path, &rubric, &error);
  assert_no_failure (error);
  return rubric;
}

static inline void
world_load_codes (World *world)
{
  const LeafMap *map = world_map (world, "A");
  g_autoptr (GArray) ungraded = ranges_parse (world->isa == ISA_VMX ? map->ungraded_vmx : map->ungraded_svm);
  const GArray *defined = reason_codes (world->names);
  world->codes = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint i = 0; i < defined->len; i++)
    {
      const guint32 code = g_array_index (defined, guint32, i);
      if (code <= G_MAXINT32 && !ranges_have (ungraded, code))
        g_array_append_val (world->codes, code);
    }
}

static inline World *
world_new (Isa isa)
{
  static const guint32 leaves[] = { 0x4ffffffc, 0x4ffffffd, 0x4ffffffe, 0x4fffffff };
  static const char *const names[] = { "A", "B", "C" };
  World *world = g_new0 (World, 1);
  g_autoptr (Rubric) rubric = load_rubric ("a3");
  g_autofree char *reasons = g_strdup_printf ("configs/reasons/%s.csv", isa_name (isa));
  g_autofree char *aliases = g_strdup_printf ("configs/reasons/%s-aliases.csv", isa_name (isa));
  world->isa = isa;
  world->maps = g_ptr_array_new_with_free_func ((GDestroyNotify) leaf_map_free);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strdup_printf ("configs/leaf-maps/%s.conf", names[i]);
      LeafMap *map;
      assert_true (leaf_map_load (path, &map, NULL));
      g_ptr_array_add (world->maps, map);
    }
  assert_true (reason_names_load (reasons, &world->names, NULL));
  assert_true (reason_aliases_load (aliases, world->names, NULL));
  world->leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_array_append_vals (world->leaves, leaves, G_N_ELEMENTS (leaves));
  world_load_codes (world);
  world->undefined = ranges_parse (isa == ISA_VMX ? world_map (world, "A")->undefined_vmx : world_map (world, "A")->undefined_svm);
  world->not_enabled = ranges_parse (isa == ISA_VMX ? rubric->not_enabled_vmx : rubric->not_enabled_svm);
  return world;
}

static inline ProgramSpec
world_spec (const World *world, const char *seed)
{
  const LeafMap *map = world_map (world, "A");
  return (ProgramSpec){
    .isa = world->isa,
    .leaves = (const guint32 *) (const void *) world->leaves->data,
    .nr_leaves = world->leaves->len,
    .defined = world->codes,
    .undefined = world->isa == ISA_VMX ? map->undefined_vmx : map->undefined_svm,
    .secret = "secret",
    .seed = seed,
  };
}

static inline Program *
world_program (const World *world, const char *seed)
{
  const ProgramSpec spec = world_spec (world, seed);
  return program_draw (&spec);
}

static inline Program *
world_program_without (const World *world, const char *seed, const ProgramLess *less, gboolean last)
{
  ProgramSpec spec = world_spec (world, seed);
  spec.less = less;
  spec.last = last;
  return program_draw (&spec);
}
