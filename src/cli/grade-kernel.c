/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing kernels, their kits and baselines; see grade-kernel.h. */
#include "cli/grade-kernel.h"

#include <string.h>

#include "base/error.h"
#include "base/files.h"
#include "cli/artefacts.h"
#include "cli/grade-lab.h"
#include "kernel/at-hand.h"
#include "submission/base-version.h"

#define AUTO "auto"
#define BASELINE_KIND "baseline"
#define BASELINE_DEADLINE_S 600.0
#define SVM_S 5.0 /* what a lab takes on the reference machine */
#define VMX_S 15.0

static GMutex kit_lock, baseline_lock;

void
grade_kernel_free (gpointer data)
{
  GradeKernel *kernel = data;

  if (!kernel)
    return;
  kernel_kit_free (kernel->kit);
  g_clear_error (&kernel->failure);
  for (guint i = 0; i < G_N_ELEMENTS (kernel->baselines); i++)
    g_clear_error (&kernel->baselines[i].failure);
  g_free (kernel);
}

/* --- which there are --------------------------------------------------------------------------------- */

static gboolean
is_auto (const GradeSession *session)
{
  return g_strcmp0 (session->options->kernel, AUTO) == 0;
}

static void
add_kernel (GradeSession *session, const LabKernel *lab)
{
  GradeKernel *kernel = g_new0 (GradeKernel, 1);

  kernel->lab = lab;
  kernel->baselines[ISA_VMX].lab_s = VMX_S;
  kernel->baselines[ISA_SVM].lab_s = SVM_S;
  g_ptr_array_add (session->kernels, kernel);
}

static gboolean
add_one (GradeSession *session, const char *version, GError **error)
{
  const LabKernel *lab;

  if (!lab_kernels_find (session->lab_kernels, version, &lab, error))
    return FALSE;
  add_kernel (session, lab);
  return TRUE;
}

/* What would have to be fetched first is not chosen by itself; if there is nothing at all, the default's error says what to do. */
static gboolean
add_at_hand (GradeSession *session, GError **error)
{
  for (guint i = 0; i < session->lab_kernels->len; i++)
    if (lab_kernel_is_at_hand (g_ptr_array_index (session->lab_kernels, i)))
      add_kernel (session, g_ptr_array_index (session->lab_kernels, i));
  return session->kernels->len > 0 || add_one (session, LAB_KERNEL_DEFAULT, error);
}

gboolean
grade_kernels_choose (GradeSession *session, GError **error)
{
  const GradeOptions *options = session->options;

  if (!artefacts_lab_kernels (session->app, &session->lab_kernels, error))
    return FALSE;
  session->kernels = g_ptr_array_new_with_free_func (grade_kernel_free);
  if (!is_auto (session))
    return add_one (session, options->kernel ? options->kernel : LAB_KERNEL_DEFAULT, error);
  if (options->source)
    return fail (error, HARNESS_ERROR_USAGE, "--source is one kernel's, and --kernel auto chooses among several; try: --kernel with the version whose grading series fits it");
  return add_at_hand (session, error);
}

static KernelSpec
kernel_spec (const GradeSession *session, const LabKernel *lab)
{
  g_autofree char *config_dir = app_path (session->app, "configs", "kernel", NULL);

  return (KernelSpec){
    .source = session->options->source ? session->options->source : lab->source,
    .series_dir = lab->grading_dir,
    .config_dir = g_intern_string (config_dir),
    .fragment = lab->fragment,
    .cache_dir = session->app->cache,
    .progress = &session->app->progress,
  };
}

/* Debian's sources are told from elsewhere, by size and time: what the cache answers needs neither them nor a compiler. */
static gboolean
hash_kernel (const GradeSession *session, const LabKernel *lab, InputHash *hash, GError **error)
{
  const KernelSpec spec = kernel_spec (session, lab);
  g_autofree char *key = NULL;

  if (session->options->source && !kernel_key (&spec, &key, error))
    return FALSE;
  input_hash_add (hash, lab->version, key ? key : "");
  input_hash_add (hash, "fetched", lab->is_fetched ? lab->pin->sha256 : "");
  return grade_session_hash_folder (hash, lab->grading_dir, error) && (!lab->fragment || input_hash_add_file (hash, "fragment", lab->fragment, error));
}

gboolean
grade_kernels_hash (const GradeSession *session, InputHash *hash, GError **error)
{
  for (guint i = 0; i < session->kernels->len; i++)
    if (!hash_kernel (session, ((const GradeKernel *) g_ptr_array_index (session->kernels, i))->lab, hash, error))
      return FALSE;
  return TRUE;
}

/* --- which one a submission is put on -------------------------------------------------------------------- */

/* KVM's part of the kernel's source; NULL: it is not at hand. */
static const char *
source_dir (const GradeSession *session, const LabKernel *lab)
{
  g_autofree char *prefix = g_strconcat (lab->version, ".", NULL);

  for (guint i = 0; i < session->bases->len; i++)
    {
      const KernelAtHand *base = g_ptr_array_index (session->bases, i);

      if (base->version && g_str_has_prefix (base->version, prefix))
        return base->dir;
    }
  return NULL;
}

/* The kernel that has most of the lines which the patches want to find; of equals the default. */
static GradeKernel *
nearest_to_patches (const GradeSession *session, const Submission *submission)
{
  GradeKernel *best = NULL;
  guint least = G_MAXUINT;

  for (guint i = 0; submission->patches->len > 0 && i < session->kernels->len; i++)
    {
      GradeKernel *kernel = g_ptr_array_index (session->kernels, i);
      const char *dir = source_dir (session, kernel->lab);
      const guint misses = dir ? submission_patch_misses (submission, dir) : G_MAXUINT;

      if (misses > least || (misses == least && strcmp (kernel->lab->version, LAB_KERNEL_DEFAULT) != 0))
        continue;
      least = misses;
      best = kernel;
    }
  return best;
}

static GradeKernel *
nearest_to_version (const GradeSession *session, const char *version)
{
  g_autoptr (GPtrArray) labs = g_ptr_array_new ();
  const LabKernel *nearest;

  for (guint i = 0; i < session->kernels->len; i++)
    g_ptr_array_add (labs, (gpointer) ((const GradeKernel *) g_ptr_array_index (session->kernels, i))->lab);
  nearest = lab_kernels_nearest (labs, version);
  for (guint i = 0; nearest && i < session->kernels->len; i++)
    if (g_ptr_array_index (labs, i) == nearest)
      return g_ptr_array_index (session->kernels, i);
  return NULL;
}

static GradeKernel *
default_kernel (const GradeSession *session)
{
  GradeKernel *kernel = nearest_to_version (session, LAB_KERNEL_DEFAULT);

  return kernel ? kernel : g_ptr_array_index (session->kernels, 0);
}

/* "6.12.117", of the source that --base names; NULL: its Makefile says none. */
static char *
given_version (const GradeSession *session)
{
  g_autoptr (KernelAtHand) given = session->given_base ? kernel_at_hand_new (session->given_base, "--base") : NULL;

  return given ? g_strdup (given->version) : NULL;
}

static GradeKernel *
choose (GradeSession *session, const Submission *submission, char **note)
{
  g_autofree char *given = given_version (session);
  const char *version = given ? given : submission_base_version (submission, session->index);
  /* A distribution's: "5.15.0-204.214". */
  g_autofree char *release = version ? g_strndup (version, strcspn (version, "-")) : NULL;
  GradeKernel *kernel = release ? nearest_to_version (session, release) : nearest_to_patches (session, submission);

  if (!kernel)
    kernel = default_kernel (session);
  if (version)
    *note = g_strdup_printf ("Made from about Linux %s; graded on the nearest of the labs' kernels, %s.", version, kernel->lab->version);
  else
    *note = g_strdup_printf ("Graded on the labs' kernel %s, as far as can be told the nearest to what it was made from.", kernel->lab->version);
  return kernel;
}

static gboolean
open_kit (GradeSession *session, GradeKernel *kernel, GError **error)
{
  const KernelSpec spec = kernel_spec (session, kernel->lab);
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&kit_lock);

  if (!kernel->kit && !kernel->failure && (session->options->source || lab_kernel_need_source (kernel->lab, &kernel->failure)))
    kernel_kit_open (&spec, &kernel->kit, &kernel->failure);
  return kernel->kit != NULL || fail_again (kernel->failure, error);
}

gboolean
grade_kernel_for (GradeSession *session, const Submission *submission, GradeKernel **kernel, char **note, GError **error)
{
  g_autofree char *why = NULL;
  GradeKernel *chosen = is_auto (session) ? choose (session, submission, &why) : g_ptr_array_index (session->kernels, 0);

  if (!open_kit (session, chosen, error))
    return FALSE;
  *kernel = chosen;
  *note = g_steal_pointer (&why);
  return TRUE;
}

/* --- baselines --------------------------------------------------------------------------------------- */

static gboolean
run_baseline (GradeSession *session, const GradeKernel *kernel, GradeIsa *isa, GradeBaseline *baseline, const char *dir, GError **error)
{
  g_autoptr (Program) program = grade_session_draw (session, isa->isa, "", "baseline", NULL, FALSE, FALSE); /* of no rubric: all share it */
  g_autoptr (Program) last = grade_session_draw (session, isa->isa, "", "baseline", NULL, FALSE, TRUE);
  g_autofree char *image = g_build_filename (kernel->kit->kernel->dir, "bzImage", NULL);
  g_autofree char *modules = g_build_filename (kernel->kit->kernel->dir, "modules", NULL);
  g_autoptr (GradeLab) lab = NULL;
  g_autoptr (Account) account = NULL;
  g_autoptr (AgentReport) report = NULL;
  const GradeLabSpec spec = {
    .app = session->app,
    .lane = isa_name (isa->isa),
    .stage = "the lab's own kernel, once",
    .lab = isa->config,
    .kernel = image,
    .root_image = session->image->root_image,
    .modules_dir = modules,
    .program = program,
    .last_program = last,
    .kvm_params = "",
    .vendor_params = "",
    .dir = dir,
    .expected_s = baseline->lab_s,
    .deadline_s = BASELINE_DEADLINE_S,
  };

  if (!grade_lab_run (&spec, &lab, error))
    return FALSE;
  account = account_read (program, lab->exits, 0);
  report = agent_report_read (lab->report, lab->console);
  baseline->lab_s = (double) lab->ran_us / 1e6;
  if (baseline_take (account, report, &baseline->baseline))
    return TRUE;
  return fail (error, HARNESS_ERROR_FAILED, "%s: the lab does not work with its own kernel: %s; L1 ended by %s: %s", isa_name (isa->isa), account->stopped,
               machine_end_name (lab->end.end), lab->end.detail ? lab->end.detail : "no detail");
}

typedef struct {
  Baseline baseline;
  double lab_s;
} KeptBaseline;

static gboolean
load_kept (GradeBaseline *baseline, const char *entry, GError **error)
{
  g_autofree char *path = g_build_filename (entry, "baseline.bin", NULL);
  g_autofree char *data = NULL;
  gsize size;

  if (!files_read (path, sizeof (KeptBaseline), &data, &size, error))
    return FALSE;
  if (size != sizeof (KeptBaseline))
    return fail (error, HARNESS_ERROR_FAILED, "%s: another version's; try: remove its folder", path);
  baseline->baseline = ((const KeptBaseline *) (const void *) data)->baseline;
  baseline->lab_s = ((const KeptBaseline *) (const void *) data)->lab_s;
  return TRUE;
}

static char *
baseline_key (const GradeSession *session, const GradeKernel *kernel, Isa isa)
{
  g_autoptr (InputHash) hash = input_hash_new ("baseline");

  input_hash_add (hash, "lab", session->lab_key);
  input_hash_add (hash, "kernel", kernel->kit->kernel->key);
  input_hash_add (hash, "image", session->image->sha256);
  input_hash_add (hash, "isa", isa_name (isa));
  input_hash_add (hash, "shape", "2"); /* of KeptBaseline */
  return input_hash_end (hash);
}

static gboolean
take_baseline (GradeSession *session, const GradeKernel *kernel, GradeIsa *isa, GradeBaseline *baseline, const char *key, GError **error)
{
  g_autoptr (Scratch) scratch = scratch_new (session->app->cache, BASELINE_KIND, error);
  g_autoptr (Scratch) logs = scratch ? scratch_new (session->app->cache, "lab", error) : NULL;
  g_autofree char *path = logs ? scratch_file (scratch, "baseline.bin") : NULL;
  g_autofree char *entry = NULL;
  KeptBaseline kept;

  if (!logs || !run_baseline (session, kernel, isa, baseline, scratch_path (logs), error))
    return FALSE;
  memset (&kept, 0, sizeof kept);
  kept.baseline = baseline->baseline;
  kept.lab_s = baseline->lab_s;
  return files_write (path, &kept, sizeof kept, error) && cache_seal (session->app->cache, BASELINE_KIND, key, scratch, &entry, error);
}

static gboolean
find_baseline (GradeSession *session, const GradeKernel *kernel, GradeIsa *isa, GradeBaseline *baseline, GError **error)
{
  g_autofree char *key = baseline_key (session, kernel, isa->isa);
  g_autofree char *entry = NULL;

  if (!cache_lookup (session->app->cache, BASELINE_KIND, key, &entry, NULL, error))
    return FALSE;
  return entry ? load_kept (baseline, entry, error) : take_baseline (session, kernel, isa, baseline, key, error);
}

gboolean
grade_kernel_baseline (GradeSession *session, GradeKernel *kernel, Isa isa, GError **error)
{
  GradeBaseline *baseline = &kernel->baselines[isa];
  G_GNUC_UNUSED g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&baseline_lock);

  if (!baseline->ready && !baseline->failure)
    baseline->ready = find_baseline (session, kernel, &session->isa[isa], baseline, &baseline->failure);
  return baseline->ready || fail_again (baseline->failure, error);
}
