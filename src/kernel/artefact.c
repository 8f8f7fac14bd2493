/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source, series and fragments to a cache entry; build.json in the entry is the record of how.
 *
 * A kernel is built once for a source and a configuration. A series that touches KVM's modules alone adds none: its modules are built against
 * that kernel, in a kit (kit.h), and are the same bits as a build of all would give.
 */
#include "kernel/artefact.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"
#include "kernel/kconfig.h"
#include "kernel/kit.h"
#include "kernel/make.h"
#include "kernel/series.h"
#include "kernel/source.h"
#include "kernel/worktree.h"

/* To be raised when this code makes other bits of the same inputs. */
#define RECIPE "2"
#define KIND "kernel"
#define INSTALLABLE "installable" /* the variant's name */
#define UNPACK_SECONDS 12.0
#define TEXT_LIMIT (4 * 1024 * 1024)

/* What kvm.ko needs, where the configuration makes a module of it. */
#define IRQBYPASS "irqbypass.ko"
/* In the work tree: the key of the kernel that is built there. */
#define STATE "built-key"

static void
kernel_patch_free (gpointer data)
{
  KernelPatch *patch = data;
  g_free (patch->name);
  g_free (patch->sha256);
  g_free (patch);
}

void
kernel_artefact_free (KernelArtefact *artefact)
{
  if (artefact == NULL)
    return;
  g_free (artefact->dir);
  g_free (artefact->key);
  g_free (artefact->release);
  g_free (artefact->source_sha256);
  g_free (artefact->config_sha256);
  g_free (artefact->compiler);
  g_clear_pointer (&artefact->patches, g_ptr_array_unref);
  g_free (artefact);
}

/* --- inputs ----------------------------------------------------------------------------------- */

typedef struct
{
  KernelSource *source;
  GPtrArray *patches; /* of SeriesPatch */
  KconfigFragments *fragments;
  Toolchain toolchain;
  char *key;
} Inputs;

static void
inputs_clear (Inputs *inputs)
{
  g_clear_pointer (&inputs->source, kernel_source_free);
  g_clear_pointer (&inputs->patches, g_ptr_array_unref);
  g_clear_pointer (&inputs->fragments, kconfig_fragments_free);
  toolchain_clear (&inputs->toolchain);
  g_free (inputs->key);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Inputs, inputs_clear)

static char *
artefact_key (const KernelSpec *spec, const Inputs *inputs)
{
  g_autoptr (InputHash) hash = input_hash_new ("kernel-" RECIPE);
  input_hash_add (hash, "source", inputs->source->sha256);
  for (guint i = 0; i < inputs->patches->len; i++)
    {
      const SeriesPatch *patch = g_ptr_array_index (inputs->patches, i);
      input_hash_add (hash, patch->name, patch->sha256); /* names too: build.json tells them */
    }
  input_hash_add (hash, "fragments", inputs->fragments->text);
  input_hash_add (hash, "compiler", inputs->toolchain.compiler);
  input_hash_add (hash, "linker", inputs->toolchain.linker);
  for (guint i = 0; make_environment[i] != NULL; i += 2)
    input_hash_add (hash, make_environment[i], make_environment[i + 1]);
  if (spec->installable)
    input_hash_add (hash, "variant", INSTALLABLE);
  return input_hash_end (hash);
}

static gboolean
inputs_load (const KernelSpec *spec, Inputs *inputs, GError **error)
{
  g_autofree char *memo_dir = g_build_filename (spec->cache_dir, "hashes", NULL);
  if (!kconfig_fragments_load (spec->config_dir, spec->fragment, &inputs->fragments, error) || !series_load (spec->series_dir, &inputs->patches, error)
      || !toolchain_probe (&inputs->toolchain, error) || !kernel_source_open_remembered (spec->source, memo_dir, &inputs->source, error))
    return FALSE;
  inputs->key = artefact_key (spec, inputs);
  return TRUE;
}

/* --- configuration ---------------------------------------------------------------------------- */

static gboolean
shapes_config (const char *file)
{
  g_autofree char *base = g_path_get_basename (file);
  return g_str_has_prefix (base, "Kconfig") || g_str_has_prefix (file, "scripts/") || g_str_has_prefix (file, "kernel/configs/")
         || g_str_has_prefix (file, "arch/x86/configs/") || g_str_has_suffix (base, "Makefile");
}

/* Whatever can change the outcome of `make tinyconfig olddefconfig`. */
static char *
config_key (const Inputs *inputs)
{
  g_autoptr (InputHash) hash = input_hash_new ("kconfig-" RECIPE);
  input_hash_add (hash, "fragments", inputs->fragments->text);
  input_hash_add (hash, "compiler", inputs->toolchain.compiler);
  input_hash_add (hash, "linker", inputs->toolchain.linker);
  for (guint i = 0; i < inputs->patches->len; i++)
    {
      const SeriesPatch *patch = g_ptr_array_index (inputs->patches, i);
      gboolean shapes = FALSE;
      for (guint j = 0; j < patch->files->len; j++)
        shapes = shapes || shapes_config (g_ptr_array_index (patch->files, j));
      if (shapes)
        input_hash_add (hash, "patch", patch->sha256);
    }
  return input_hash_end (hash);
}

static gboolean
same_text (const char *path, const char *text)
{
  g_autofree char *current = NULL;
  return files_read (path, TEXT_LIMIT, &current, NULL, NULL) && strcmp (current, text) == 0;
}

/* What was made of the same inputs before, or made now and kept. */
static gboolean
config_text (const Inputs *inputs, const Worktree *worktree, char **text, GError **error)
{
  g_autofree char *key = config_key (inputs);
  g_autofree char *name = g_strdup_printf ("config-%.16s", key);
  g_autofree char *kept = worktree_file (worktree, name);
  if (g_file_test (kept, G_FILE_TEST_EXISTS))
    return files_read (kept, TEXT_LIMIT, text, NULL, error) && kconfig_check (inputs->fragments, *text, error);
  return kconfig_make (worktree_tree (worktree), inputs->fragments, text, error) && files_write (kept, *text, -1, error);
}

/* Puts .config in place; left alone when it is the same, as make looks at its time. */
static gboolean
configure (const Inputs *inputs, const Worktree *worktree, GError **error)
{
  g_autofree char *dot_config = g_build_filename (worktree_tree (worktree), ".config", NULL);
  g_autofree char *text = NULL;
  if (!config_text (inputs, worktree, &text, error))
    return FALSE;
  return same_text (dot_config, text) || files_write (dot_config, text, -1, error);
}

/* --- build.json ------------------------------------------------------------------------------- */

static void
add_string (JsonBuilder *json, const char *name, const char *value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_string_value (json, value);
}

static void
add_patches (JsonBuilder *json, const GPtrArray *patches)
{
  json_builder_set_member_name (json, "patches");
  json_builder_begin_array (json);
  for (guint i = 0; i < patches->len; i++)
    {
      const SeriesPatch *patch = g_ptr_array_index (patches, i);
      json_builder_begin_object (json);
      add_string (json, "name", patch->name);
      add_string (json, "sha256", patch->sha256);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* What a person types in the patched tree, with `config` as its .config, to get the same bits. ccache makes no difference. */
static char *
reproduce_line (void)
{
  g_autoptr (GString) line = g_string_new (NULL);
  for (guint i = 0; make_environment[i] != NULL; i += 2)
    {
      g_autofree char *quoted = g_shell_quote (make_environment[i + 1]);
      g_string_append_printf (line, "%s=%s ", make_environment[i], quoted);
    }
  g_string_append (line, "make ARCH=x86 LOCALVERSION= CC=gcc bzImage modules");
  return g_string_free (g_steal_pointer (&line), FALSE);
}

static char *
build_json (const Inputs *inputs, const char *release, const char *config_sha256)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autofree char *source_name = g_path_get_basename (inputs->source->path);
  g_autofree char *reproduce = reproduce_line ();
  json_builder_begin_object (json);
  add_string (json, "schema", "kernel-build-1");
  add_string (json, "key", inputs->key);
  add_string (json, "release", release);
  add_string (json, "source", source_name);
  add_string (json, "source_sha256", inputs->source->sha256);
  add_patches (json, inputs->patches);
  add_string (json, "config_sha256", config_sha256);
  add_string (json, "compiler", inputs->toolchain.compiler);
  add_string (json, "linker", inputs->toolchain.linker);
  add_string (json, "reproduce", reproduce);
  json_builder_end_object (json);

  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  g_autofree char *text = json_generator_to_data (generator, NULL);
  return g_strconcat (text, "\n", NULL);
}

static gboolean
damaged_record (const char *path, GError **error)
{
  return fail (error, HARNESS_ERROR_FAILED, "%s: not the record of a kernel build; try: remove its folder", path);
}

static gboolean
take_string (JsonObject *object, const char *name, char **value)
{
  JsonNode *node = json_object_get_member (object, name);
  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;
  *value = json_node_dup_string (node);
  return TRUE;
}

static gboolean
take_patches (JsonObject *object, GPtrArray *patches)
{
  JsonNode *node = json_object_get_member (object, "patches");
  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  JsonArray *array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      KernelPatch *patch = g_new0 (KernelPatch, 1);
      g_ptr_array_add (patches, patch);
      if (!JSON_NODE_HOLDS_OBJECT (element) || !take_string (json_node_get_object (element), "name", &patch->name)
          || !take_string (json_node_get_object (element), "sha256", &patch->sha256))
        return FALSE;
    }
  return TRUE;
}

static gboolean
artefact_load (const char *dir, gboolean from_cache, KernelArtefact **artefact, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "build.json", NULL);
  g_autofree char *text = NULL;
  if (!files_read (path, TEXT_LIMIT, &text, NULL, error))
    return FALSE;
  g_autoptr (JsonParser) parser = json_parser_new ();
  if (!json_parser_load_from_data (parser, text, -1, NULL) || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return damaged_record (path, error);

  JsonObject *object = json_node_get_object (json_parser_get_root (parser));
  g_autoptr (KernelArtefact) loaded = g_new0 (KernelArtefact, 1);
  loaded->patches = g_ptr_array_new_with_free_func (kernel_patch_free);
  loaded->dir = g_strdup (dir);
  loaded->from_cache = from_cache;
  if (!take_string (object, "key", &loaded->key) || !take_string (object, "release", &loaded->release)
      || !take_string (object, "source_sha256", &loaded->source_sha256) || !take_string (object, "config_sha256", &loaded->config_sha256)
      || !take_string (object, "compiler", &loaded->compiler) || !take_patches (object, loaded->patches))
    return damaged_record (path, error);
  *artefact = g_steal_pointer (&loaded);
  return TRUE;
}

/* --- collecting ------------------------------------------------------------------------------- */

static gboolean
copy_out (const Worktree *worktree, const char *from, const Scratch *scratch, const char *to, GError **error)
{
  g_autofree char *source = g_build_filename (worktree_tree (worktree), from, NULL);
  g_autofree char *target = scratch_file (scratch, to);
  return files_copy (source, target, error);
}

static gboolean
strip_module (const char *from, const char *to, GError **error)
{
  g_autoptr (Run) strip = run_new ("strip", "--strip-debug", "-o", to, from, NULL);
  return run_wait (strip, error);
}

/* KVM's three from a folder, by their names with `suffix`; irqbypass.ko is another's. */
static gboolean
copy_modules (const char *folder, const char *suffix, const char *irqbypass, const Scratch *scratch, GError **error)
{
  g_autofree char *dir = scratch_file (scratch, "modules");
  g_autofree char *beside = g_build_filename (dir, IRQBYPASS, NULL);
  if (!files_make_dir (dir, error))
    return FALSE;
  for (guint i = 0; kernel_kit_modules[i] != NULL; i++)
    {
      g_autofree char *from = g_strdup_printf ("%s/%s.ko%s", folder, kernel_kit_modules[i], suffix);
      g_autofree char *to = g_strdup_printf ("%s/%s.ko", dir, kernel_kit_modules[i]);
      if (!strip_module (from, to, error))
        return FALSE;
    }
  return !g_file_test (irqbypass, G_FILE_TEST_EXISTS) || strip_module (irqbypass, beside, error);
}

static gboolean
copy_built_modules (const Worktree *worktree, const Scratch *scratch, GError **error)
{
  g_autofree char *folder = g_build_filename (worktree_tree (worktree), "arch/x86/kvm", NULL);
  g_autofree char *irqbypass = g_build_filename (worktree_tree (worktree), "virt/lib", IRQBYPASS, NULL);
  return copy_modules (folder, "", irqbypass, scratch, error);
}

/* What depmod reads, and what a debugger does. */
static gboolean
copy_installable (const Worktree *worktree, const Scratch *scratch, GError **error)
{
  static const char *const files[] = { "vmlinux", "modules.order", "modules.builtin", "modules.builtin.modinfo" };
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      if (!copy_out (worktree, files[i], scratch, files[i], error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_record (const Inputs *inputs, const char *release, const Scratch *scratch, GError **error)
{
  g_autofree char *config_path = scratch_file (scratch, "config");
  g_autofree char *json_path = scratch_file (scratch, "build.json");
  g_autofree char *config_sha256 = NULL;
  if (!hash_file (config_path, &config_sha256, error))
    return FALSE;
  g_autofree char *json = build_json (inputs, release, config_sha256);
  return files_write (json_path, json, -1, error);
}

static gboolean
write_built_record (const Inputs *inputs, const Worktree *worktree, const Scratch *scratch, GError **error)
{
  g_autofree char *path = g_build_filename (worktree_tree (worktree), "include/config/kernel.release", NULL);
  g_autofree char *release = NULL;
  return files_read (path, 256, &release, NULL, error) && write_record (inputs, g_strstrip (release), scratch, error);
}

static gboolean
collect (const KernelSpec *spec, const Inputs *inputs, const Worktree *worktree, char **dir, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (spec->cache_dir, KIND, error);
  return scratch != NULL && copy_out (worktree, "arch/x86/boot/bzImage", scratch, "bzImage", error)
         && copy_out (worktree, "System.map", scratch, "System.map", error) && copy_out (worktree, ".config", scratch, "config", error)
         && copy_built_modules (worktree, scratch, error) && (!spec->installable || copy_installable (worktree, scratch, error))
         && write_built_record (inputs, worktree, scratch, error) && cache_seal (spec->cache_dir, KIND, inputs->key, scratch, dir, error);
}

/* The kernel without the series, with the modules of a kit that has it. */
static gboolean
collect_with_kit (const KernelSpec *spec, const Inputs *inputs, const KernelArtefact *plain, const char *kit_dir, char **dir, GError **error)
{
  static const char *const files[] = { "bzImage", "System.map", "config" };
  g_autoptr (Scratch) scratch = scratch_new (spec->cache_dir, KIND, error);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *from = g_build_filename (plain->dir, files[i], NULL);
      g_autofree char *to = scratch != NULL ? scratch_file (scratch, files[i]) : NULL;
      if (scratch == NULL || !files_copy (from, to, error))
        return FALSE;
    }
  g_autofree char *folder = g_build_filename (kit_dir, "base", NULL);
  g_autofree char *irqbypass = g_build_filename (plain->dir, "modules", IRQBYPASS, NULL);
  return copy_modules (folder, ".debug", irqbypass, scratch, error) && write_record (inputs, plain->release, scratch, error)
         && cache_seal (spec->cache_dir, KIND, inputs->key, scratch, dir, error);
}

/* --- all of it -------------------------------------------------------------------------------- */

static gboolean
lookup (const KernelSpec *spec, const Inputs *inputs, char **dir, GError **error)
{
  gboolean damaged = FALSE;
  if (!cache_lookup (spec->cache_dir, KIND, inputs->key, dir, &damaged, error))
    return FALSE;
  if (damaged)
    progress_say (spec->progress, "", "the cached kernel was damaged; it is built again");
  return TRUE;
}

static Worktree *
open_worktree (const KernelSpec *spec, const Inputs *inputs, GError **error)
{
  progress_begin (spec->progress, "", "kernel source", UNPACK_SECONDS);
  Worktree *worktree = worktree_open (spec->cache_dir, inputs->source, spec->installable ? INSTALLABLE : NULL, error);
  progress_end (spec->progress, "", worktree != NULL, NULL);
  return worktree;
}

/* Told from outside of make, which would look at each file's time: whether this kernel, KVM apart, is what the tree holds. */
static gboolean
is_built (const Inputs *inputs, const Worktree *worktree)
{
  g_autofree char *path = worktree_file (worktree, STATE);
  return same_text (path, inputs->key);
}

static gboolean
build_in (const KernelSpec *spec, const Inputs *inputs, Worktree *worktree, GError **error)
{
  g_autofree char *state = worktree_file (worktree, STATE);
  const MakeSpec make_spec = {
    .toolchain = &inputs->toolchain,
    .cache_dir = spec->cache_dir,
    .jobs = spec->jobs > 0 ? spec->jobs : g_get_num_processors (),
    .progress = spec->progress,
  };
  return files_remove_tree (state, error) && worktree_set_patches (worktree, inputs->patches, error) && configure (inputs, worktree, error)
         && make_kernel (&make_spec, worktree, error) && files_write (state, inputs->key, -1, error);
}

/* For a distribution the kernel is built with its series: there it is the only one of its configuration. */
static gboolean
is_of_kvm (const KernelSpec *spec, const Inputs *inputs)
{
  return !spec->installable && inputs->patches->len > 0 && series_is_of_kvm (inputs->patches);
}

static KernelSpec
without_series (const KernelSpec *spec)
{
  KernelSpec plain = *spec;
  plain.series_dir = NULL;
  return plain;
}

static gboolean
build_whole (const KernelSpec *spec, const Inputs *inputs, char **dir, gboolean *from_cache, GError **error)
{
  g_autoptr (Worktree) worktree = open_worktree (spec, inputs, error);
  if (worktree == NULL || !lookup (spec, inputs, dir, error)) /* again: another command may have built it while we waited */
    return FALSE;
  *from_cache = *dir != NULL;
  return *from_cache || (build_in (spec, inputs, worktree, error) && collect (spec, inputs, worktree, dir, error));
}

static gboolean
build_modules (const KernelSpec *spec, const Inputs *inputs, char **dir, GError **error)
{
  const KernelSpec plain_spec = without_series (spec);
  g_autoptr (KernelArtefact) plain = NULL;
  g_autofree char *kit_dir = NULL;
  return kernel_build (&plain_spec, &plain, error) && kernel_kit_make (spec, inputs->key, &kit_dir, error)
         && collect_with_kit (spec, inputs, plain, kit_dir, dir, error);
}

gboolean
kernel_build (const KernelSpec *spec, KernelArtefact **artefact, GError **error)
{
  g_auto (Inputs) inputs = { 0 };
  g_autofree char *dir = NULL;
  gboolean from_cache = TRUE;
  if (!inputs_load (spec, &inputs, error) || !lookup (spec, &inputs, &dir, error))
    return FALSE;
  if (dir != NULL)
    return artefact_load (dir, TRUE, artefact, error);
  if (!is_of_kvm (spec, &inputs))
    return build_whole (spec, &inputs, &dir, &from_cache, error) && artefact_load (dir, from_cache, artefact, error);
  return build_modules (spec, &inputs, &dir, error) && artefact_load (dir, FALSE, artefact, error);
}

/* The tree as it is wanted, but for the patches. */
static gboolean
build_tree (const KernelSpec *spec, Worktree **worktree, GError **error)
{
  g_auto (Inputs) inputs = { 0 };
  if (!inputs_load (spec, &inputs, error))
    return FALSE;
  g_autoptr (Worktree) opened = open_worktree (spec, &inputs, error);
  if (opened == NULL || (!is_built (&inputs, opened) && !build_in (spec, &inputs, opened, error)))
    return FALSE;
  *worktree = g_steal_pointer (&opened);
  return TRUE;
}

gboolean
kernel_build_tree (const KernelSpec *spec, Worktree **worktree, GError **error)
{
  g_auto (Inputs) inputs = { 0 };
  g_autoptr (Worktree) opened = NULL;
  if (!inputs_load (spec, &inputs, error))
    return FALSE;
  const KernelSpec tree_spec = is_of_kvm (spec, &inputs) ? without_series (spec) : *spec;
  if (!build_tree (&tree_spec, &opened, error) || !worktree_set_patches (opened, inputs.patches, error))
    return FALSE;
  *worktree = g_steal_pointer (&opened);
  return TRUE;
}

gboolean
kernel_key (const KernelSpec *spec, char **key, GError **error)
{
  g_auto (Inputs) inputs = { 0 };
  if (!inputs_load (spec, &inputs, error))
    return FALSE;
  *key = g_steal_pointer (&inputs.key);
  return TRUE;
}
