/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a batch shares; see grade-session.h. */
#include "cli/grade-session.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/run.h"
#include "base/sandbox.h"
#include "cli/artefacts.h"
#include "cli/grade-kernel.h"
#include "kernel/at-hand.h"

#define AUTO_LEAVES "a3" /* also judges the leaves of assignment 2, where they are answered */
#define AUTO_LOG "a2-log"
#define SNAPSHOT_CODE_MAX 0x7fffffffu /* SVM's negative codes are no table's index */

static GMutex prepare_lock;

/* --- freeing ------------------------------------------------------------------------------------ */

static void
isa_clear (GradeIsa *isa)
{
  lab_config_free (isa->config);
  lab_terms_clear (&isa->terms);
  g_clear_pointer (&isa->codes, g_array_unref);
}

void
grade_session_free (GradeSession *session)
{
  if (!session)
    return;
  rubric_free (session->rubric);
  g_clear_pointer (&session->maps, g_ptr_array_unref);
  g_clear_pointer (&session->leaves, g_array_unref);
  g_clear_pointer (&session->kernels, g_ptr_array_unref);
  g_clear_pointer (&session->lab_kernels, g_ptr_array_unref);
  image_artefact_free (session->image);
  g_clear_pointer (&session->bases, g_ptr_array_unref);
  g_clear_pointer (&session->index, kernel_index_free);
  g_clear_error (&session->failure);
  grade_session_free (session->log_form);
  g_free (session->given_base);
  g_free (session->lab_key);
  g_free (session->key);
  g_free (session->assignment);
  judged_by_free (session->by);
  for (guint i = 0; i < G_N_ELEMENTS (session->isa); i++)
    isa_clear (&session->isa[i]);
  g_free (session);
}

/* --- what the user edits ------------------------------------------------------------------------- */

static gboolean
is_auto (const GradeOptions *options)
{
  return g_strcmp0 (options->assignment, "auto") == 0;
}

static gboolean
load_rubric (GradeSession *session, GError **error)
{
  const char *asked = session->options->assignment;
  const char *assignment = asked && !is_auto (session->options) ? asked : AUTO_LEAVES;
  g_autofree char *file = g_strconcat (assignment, ".conf", NULL);
  g_autofree char *path = session->options->rubric ? g_strdup (session->options->rubric) : app_path (session->app, "configs", "rubrics", file, NULL);

  if (!session->options->rubric && (strchr (assignment, '/') || !g_file_test (path, G_FILE_TEST_IS_REGULAR)))
    return fail (error, HARNESS_ERROR_USAGE, "--assignment: there is no configs/rubrics/%s; try: a2, a3, a4, a2-log or auto, or --rubric FILE", file);
  if (!rubric_load (path, &session->rubric, error))
    return FALSE;
  session->assignment = session->options->rubric ? g_path_get_basename (session->options->rubric) : g_strdup (session->rubric->name);
  return TRUE;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
map_files (const App *app, GError **error)
{
  g_autofree char *dir = app_path (app, "configs", "leaf-maps", NULL);
  g_autoptr (GDir) handle = g_dir_open (dir, 0, error);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  if (!handle)
    return NULL;
  for (const char *name; (name = g_dir_read_name (handle));)
    if (g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (files, g_build_filename (dir, name, NULL));
  g_ptr_array_sort (files, compare_names);
  return g_steal_pointer (&files);
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  const guint32 x = *(const guint32 *) a, y = *(const guint32 *) b;

  return (x > y) - (x < y);
}

static void
add_leaf (GArray *leaves, guint32 leaf)
{
  for (guint i = 0; i < leaves->len; i++)
    if (g_array_index (leaves, guint32, i) == leaf)
      return;
  if (leaf)
    g_array_append_val (leaves, leaf);
}

static gboolean
load_maps (GradeSession *session, GError **error)
{
  g_autoptr (GPtrArray) files = map_files (session->app, error);

  if (!files)
    return FALSE;
  session->maps = g_ptr_array_new_with_free_func ((GDestroyNotify) leaf_map_free);
  session->leaves = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint i = 0; i < files->len; i++)
    {
      LeafMap *map;

      if (!leaf_map_load (g_ptr_array_index (files, i), &map, error))
        return FALSE;
      g_ptr_array_add (session->maps, map);
      add_leaf (session->leaves, map->total_exits);
      add_leaf (session->leaves, map->total_cycles);
      add_leaf (session->leaves, map->reason_exits);
      add_leaf (session->leaves, map->reason_cycles);
    }
  g_array_sort (session->leaves, compare_numbers);
  if (session->leaves->len == 0 || session->leaves->len > PROGRAM_LEAVES_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "configs/leaf-maps: %u leaves in all maps; try: 1 to %u", session->leaves->len, PROGRAM_LEAVES_MAX);
  if (!grade_session_map (session, session->rubric->leaf_map))
    return fail (error, HARNESS_ERROR_USAGE, "%s: leaf_map is \"%s\", and configs/leaf-maps has no such map", session->rubric->path, session->rubric->leaf_map);
  if (strcmp (session->options->leaf_map, "auto") != 0 && !grade_session_map (session, session->options->leaf_map))
    return fail (error, HARNESS_ERROR_USAGE, "--leaf-map is \"%s\"; try: auto, or the name of a file in configs/leaf-maps", session->options->leaf_map);
  return TRUE;
}

/* What a snapshot reads: the reasons that the manual defines in every edition. */
static GArray *
snapshot_codes (const GradeIsa *isa)
{
  const LeafMap *map = isa->terms.map;
  g_autoptr (GArray) ungraded = ranges_parse (isa->isa == ISA_VMX ? map->ungraded_vmx : map->ungraded_svm);
  const GArray *defined = reason_codes (isa->terms.names);
  GArray *codes = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < defined->len; i++)
    {
      const guint32 code = g_array_index (defined, guint32, i);

      if (code <= SNAPSHOT_CODE_MAX && !ranges_have (ungraded, code))
        g_array_append_val (codes, code);
    }
  return codes;
}

/* What users may edit, and a challenge has room for so much only. */
static gboolean
check_room (const GradeIsa *isa, GError **error)
{
  g_autoptr (GArray) undefined = ranges_parse (isa->isa == ISA_VMX ? isa->terms.map->undefined_vmx : isa->terms.map->undefined_svm);

  if (undefined->len > PROGRAM_RANGES_MAX)
    return fail (error, HARNESS_ERROR_USAGE, "%s: %u ranges of undefined reasons; try: at most %u", isa->terms.map->path, undefined->len, PROGRAM_RANGES_MAX);
  return isa->codes->len <= PROGRAM_REASONS_MAX || fail (error, HARNESS_ERROR_USAGE, "configs/reasons/%s.csv: %u reasons that are graded; try: at most %u", isa_name (isa->isa), isa->codes->len, PROGRAM_REASONS_MAX);
}

static gboolean
load_isa (GradeSession *session, Isa number, GError **error)
{
  GradeIsa *isa = &session->isa[number];
  g_autofree char *file = g_strconcat (isa_name (number), ".conf", NULL);
  g_autofree char *path = app_path (session->app, "configs", "labs", file, NULL);
  g_autofree char *aliases_file = g_strconcat (isa_name (number), "-aliases.csv", NULL);
  g_autofree char *aliases = app_path (session->app, "configs", "reasons", aliases_file, NULL);

  isa->isa = number;
  if (!lab_config_load (path, &isa->config, error) || !lab_terms_load (session->app, number, session->rubric->leaf_map, &isa->terms, error)
      || !reason_aliases_load (aliases, isa->terms.names, error))
    return FALSE;
  isa->codes = snapshot_codes (isa);
  return check_room (isa, error);
}

/* --- the key -------------------------------------------------------------------------------------- */

/* A file of a package: another version has another size or time. */
static void
add_installed (InputHash *hash, const char *path)
{
  struct stat st;
  g_autofree char *text = stat (path, &st) == 0 ? g_strdup_printf ("%lld %lld", (long long) st.st_size, (long long) st.st_mtime) : g_strdup ("none");

  input_hash_add (hash, path, text);
}

static void
add_program (InputHash *hash, const char *name)
{
  g_autofree char *path = run_find_program (name);

  if (path)
    add_installed (hash, path);
  else
    input_hash_add (hash, name, "none");
}

gboolean
grade_session_hash_folder (InputHash *hash, const char *dir, GError **error)
{
  g_autoptr (GDir) handle = g_dir_open (dir, 0, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (!handle)
    return FALSE;
  for (const char *name; (name = g_dir_read_name (handle));)
    g_ptr_array_add (names, g_strdup (name));
  files_sort_names (names);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = g_build_filename (dir, g_ptr_array_index (names, i), NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR) && !input_hash_add_file (hash, g_ptr_array_index (names, i), path, error))
        return FALSE;
    }
  return TRUE;
}

/* Of the project's own tree. */
static gboolean
add_own_folder (InputHash *hash, const App *app, const char *first, const char *second, GError **error)
{
  g_autofree char *dir = app_path (app, first, second, NULL);

  return grade_session_hash_folder (hash, dir, error);
}

/* --base: people work in it, and a folder's own time does not tell of what changes in its files. */
static gboolean
add_base (InputHash *hash, const char *base, GError **error)
{
  static const char *const folders[] = { "arch/x86/kvm", "arch/x86/kvm/vmx", "arch/x86/kvm/svm", "arch/x86/kvm/mmu", "arch/x86/include/asm" };
  static const char *const files[] = { "Makefile", "include/linux/kvm_host.h", "include/linux/kvm_types.h" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *dir = g_build_filename (base, folders[i], NULL);

      if (g_file_test (dir, G_FILE_TEST_IS_DIR) && !grade_session_hash_folder (hash, dir, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (base, files[i], NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR) && !input_hash_add_file (hash, files[i], path, error))
        return FALSE;
    }
  return TRUE;
}

static void
add_sources (InputHash *hash, const char *cache_dir)
{
  g_autoptr (GDir) handle = g_dir_open ("/usr/src", 0, NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  for (const char *name; handle && (name = g_dir_read_name (handle));)
    if (g_str_has_prefix (name, "linux-source-"))
      g_ptr_array_add (paths, g_build_filename ("/usr/src", name, NULL));
  files_sort_names (paths);
  for (guint i = 0; i < paths->len; i++)
    add_installed (hash, g_ptr_array_index (paths, i));
  kernel_sources_hash_kept (cache_dir, hash);
}

/* What decides how a lab runs. Not hashed: what would take longer than an answer from the cache may; packages are told by size and time. */
static gboolean
make_lab_key (GradeSession *session, GError **error)
{
  static const char *const programs[] = { "qemu-system-x86_64", "bochs", "bochs-bin", "gcc", "ld", "git" };
  static const char *const files[] = { "/usr/local/share/bochs/BIOS-bochs-latest", "/usr/share/bochs/BIOS-bochs-latest", "/usr/share/seabios/bios-256k.bin", "/usr/lib/x86_64-linux-gnu/libcapstone.so.4" };
  g_autoptr (InputHash) hash = input_hash_new ("grading lab");

  input_hash_add (hash, "version", HARNESS_VERSION);
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    add_program (hash, programs[i]);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    add_installed (hash, files[i]);
  input_hash_add (hash, "BXSHARE", g_getenv ("BXSHARE")); /* where Bochs's BIOS may be instead */
  add_sources (hash, session->app->cache);
  if (!input_hash_add_file (hash, "program", "/proc/self/exe", error) || !artefacts_hash_grading_guests (hash, error) || !add_own_folder (hash, session->app, "configs", "leaf-maps", error) ||
      !add_own_folder (hash, session->app, "configs", "labs", error) || !add_own_folder (hash, session->app, "configs", "kernel", error) ||
      !add_own_folder (hash, session->app, "configs", "reasons", error))
    return FALSE;
  session->lab_key = input_hash_end (hash);
  return TRUE;
}

static gboolean
make_key (GradeSession *session, GError **error)
{
  g_autoptr (InputHash) hash = input_hash_new ("grade");

  if (!make_lab_key (session, error))
    return FALSE;
  g_autofree char *index = app_path (session->app, "configs", "kernels.index", NULL);
  input_hash_add (hash, "lab", session->lab_key);
  input_hash_add (hash, "leaf map", session->options->leaf_map);
  input_hash_add (hash, "isa", session->options->isa ? session->options->isa : "");
  input_hash_add (hash, "kernel", session->options->kernel ? session->options->kernel : "");
  input_hash_add (hash, "base", session->options->base ? session->options->base : "");
  if (!grade_kernels_hash (session, hash, error) || !input_hash_add_file (hash, "index", index, error) ||
      (session->given_base && !add_base (hash, session->given_base, error)) || !input_hash_add_file (hash, "rubric", session->rubric->path, error))
    return FALSE;
  session->key = input_hash_end (hash);
  return TRUE;
}

static char *
hash_own_folder (const App *app, const char *first, const char *second, GError **error)
{
  g_autoptr (InputHash) hash = input_hash_new (second);

  return add_own_folder (hash, app, first, second, error) ? input_hash_end (hash) : NULL;
}

static gboolean
take_judged_by (GradeSession *session, GError **error)
{
  JudgedBy *by = session->by = judged_by_new ();
  g_autofree char *maps = hash_own_folder (session->app, "configs", "leaf-maps", error);
  g_autofree char *reasons = maps ? hash_own_folder (session->app, "configs", "reasons", error) : NULL;
  g_autofree char *rubric = NULL, *build = NULL;

  if (!reasons || !hash_file (session->rubric->path, &rubric, error) || !hash_file ("/proc/self/exe", &build, error))
    return FALSE;
  grade_set_text (&by->harness, HARNESS_VERSION);
  grade_set_text (&by->build, build);
  grade_set_text (&by->rubric, rubric);
  grade_set_text (&by->leaf_maps, maps);
  grade_set_text (&by->reasons, reasons);
  return TRUE;
}

/* --base is a kernel's folder, or else a revision that only a submission's own repository can tell. */
static gboolean
take_base (GradeSession *session, GError **error)
{
  const char *base = session->options->base;
  g_autofree char *cpuid = base ? g_build_filename (base, "arch/x86/kvm/cpuid.c", NULL) : NULL;

  if (base && (base[0] == '/' || base[0] == '.') && !g_file_test (base, G_FILE_TEST_EXISTS))
    return fail (error, HARNESS_ERROR_USAGE, "--base: %s: there is no such folder", base);
  if (!base || !g_file_test (base, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!g_file_test (cpuid, G_FILE_TEST_IS_REGULAR))
    return fail (error, HARNESS_ERROR_USAGE, "--base: %s: no kernel source: arch/x86/kvm/cpuid.c is missing; try: the unpacked top folder of a Linux tree", base);
  session->given_base = g_canonicalize_filename (base, NULL);
  return TRUE;
}

/* Its rubric, by which what tells its counts in the kernel log is judged. */
static gboolean
open_log_form (GradeSession *session, GError **error)
{
  session->log_options = *session->options;
  session->log_options.assignment = (char *) AUTO_LOG;
  return grade_session_open (session->app, &session->log_options, &session->log_form, error);
}

gboolean
grade_session_open_judge (App *app, const GradeOptions *options, GradeSession **session, GError **error)
{
  g_autoptr (GradeSession) opened = g_new0 (GradeSession, 1);

  opened->app = app;
  opened->options = options;
  if (!load_rubric (opened, error) || !load_maps (opened, error) || !load_isa (opened, ISA_VMX, error) || !load_isa (opened, ISA_SVM, error) ||
      !take_judged_by (opened, error))
    return FALSE;
  *session = g_steal_pointer (&opened);
  return TRUE;
}

gboolean
grade_session_open (App *app, const GradeOptions *options, GradeSession **session, GError **error)
{
  g_autoptr (GradeSession) opened = NULL;

  if (!grade_session_open_judge (app, options, &opened, error) || !take_base (opened, error) || !grade_kernels_choose (opened, error) || !make_key (opened, error))
    return FALSE;
  if (is_auto (options) && !open_log_form (opened, error))
    return FALSE;
  opened->jobs = options->jobs > 0 ? (guint) options->jobs : g_get_num_processors ();
  *session = g_steal_pointer (&opened);
  return TRUE;
}

/* --- what is built ---------------------------------------------------------------------------------- */

static gboolean
add_to_index (GradeSession *session, const KernelAtHand *source, GError **error)
{
  guint number;

  if (kernel_index_find (session->index, source->version) >= 0 || kernel_index_versions (session->index) == KERNEL_INDEX_VERSIONS_MAX)
    return TRUE;
  return kernel_index_add (session->index, source->version, source->dir, &number, error);
}

static gboolean
open_index (GradeSession *session, GError **error)
{
  g_autofree char *path = app_path (session->app, "configs", "kernels.index", NULL);

  session->index = kernel_index_read (path, error);
  for (guint i = 0; session->index && i < session->bases->len; i++)
    if (!add_to_index (session, g_ptr_array_index (session->bases, i), error))
      return FALSE;
  return session->index != NULL;
}

static gboolean
prepare (GradeSession *session, GError **error)
{
  return sandbox_check (error) && artefacts_grading_image (session->app, &session->image, error) &&
         kernel_sources_at_hand (session->app->cache, &session->app->progress, &session->bases, error) && open_index (session, error);
}

gboolean
grade_session_prepare (GradeSession *session, GError **error)
{
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&prepare_lock);

  if (!session->prepared && !session->failure)
    session->prepared = prepare (session, &session->failure);
  return session->prepared || fail_again (session->failure, error);
}

/* --- maps and programs -------------------------------------------------------------------------------- */

const LeafMap *
grade_session_map (const GradeSession *session, const char *name)
{
  for (guint i = 0; i < session->maps->len; i++)
    {
      const LeafMap *map = g_ptr_array_index (session->maps, i);

      if (strcmp (map->name, name) == 0)
        return map;
    }
  return NULL;
}

const LeafMap *
grade_session_preferred_map (const GradeSession *session)
{
  const LeafMap *map = grade_session_map (session, session->options->leaf_map);

  return map ? map : grade_session_map (session, session->rubric->leaf_map);
}

VerdictSpec
grade_session_verdict (const GradeSession *session)
{
  return (VerdictSpec){
    .rubric = session->rubric,
    .assignment = session->assignment,
    .maps = session->maps,
    .map = grade_session_map (session, session->options->leaf_map),
    .names = { [ISA_VMX] = session->isa[ISA_VMX].terms.names, [ISA_SVM] = session->isa[ISA_SVM].terms.names },
  };
}

JudgedBy *
grade_session_judged_by (const GradeSession *session, const Grade *grade, const char *leaf_map)
{
  JudgedBy *by = judged_by_copy (session->by);

  grade_set_text (&by->submission, grade->submission);
  grade_set_text (&by->given, grade->given);
  grade_set_text (&by->sha256, grade->sha256);
  grade_set_text (&by->leaf_map, leaf_map);
  return by;
}

Program *
grade_session_draw (const GradeSession *session, Isa number, const char *secret, const char *seed, const ProgramLess *less, gboolean log, gboolean last)
{
  const GradeIsa *isa = &session->isa[number];
  const ProgramSpec spec = {
    .isa = number,
    .leaves = (const guint32 *) (const void *) session->leaves->data,
    .nr_leaves = session->leaves->len,
    .defined = isa->codes,
    .undefined = number == ISA_VMX ? isa->terms.map->undefined_vmx : isa->terms.map->undefined_svm,
    .secret = secret,
    .seed = seed,
    .less = less,
    .log = log,
    .last = last,
  };

  return program_draw (&spec);
}

Program *
grade_session_program (const GradeSession *session, Isa isa, const char *seed, const ProgramLess *less, gboolean last)
{
  return grade_session_draw (session, isa, session->rubric->secret, seed, less, session->rubric->told_by_log, last);
}
