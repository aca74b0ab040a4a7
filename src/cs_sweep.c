/* SPDX-License-Identifier: BSD-3-Clause */
/* cs_sweep: the command line, and what it answers before MPI starts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_build.h"
#include "cs_sweep/log.h"
#include "cs_sweep/number.h"
#include "cs_sweep/results.h"
#include "cs_sweep/sweep.h"
#include "cs_sweep/text.h"

static const char usage_text[] =
    "Usage: cs_sweep CONFIG [OPTION]...\n"
    "       mpirun -n RANKS cs_sweep CONFIG [OPTION]...\n"
    "Carbon of training large language models over the grid of a configuration, into one HDF5 file.\n"
    "\n"
    "  --output FILE           result file; the configuration's \"output\" without it\n"
    "  --resume                go on from FILE.partial; start where there is none, do nothing where FILE is complete\n"
    "  --force                 replace FILE and FILE.partial\n"
    "  --set PATH=VALUE        set a key of the configuration, such as carbon.pue=1.2 or 'axes.year=[0,5]'; "
    "repeatable\n"
    "  --dry-run               check the configuration, print grid, searches, memory and file size, run nothing\n"
    "  --checkpoint SECONDS    least time between checkpoints into FILE.partial (default 60)\n"
    "  --progress SECONDS      time between lines of progress, 0 for none (default 10)\n"
    "  --progress-style STYLE  auto, bar or line; auto asks CS_PROGRESS, then the terminal\n"
    "  --shard K/N             only every N-th search, from the K-th, into FILE.K-of-N; see scripts/merge.py\n"
    "  --list WHAT             devices, regions, qat or models that configurations may name\n"
    "  --quiet                 only errors\n"
    "  --version, --help\n"
    "\n"
    "SIGTERM, SIGINT, SIGUSR1 or a file FILE.stop end a run early: it writes FILE.partial and exits with status 75.\n"
    "Exit status: 0 done, 64 usage, 65 wrong configuration, 66 no input, 70 internal, 73 or 74 output, 75 stopped.\n";

enum option {
    OPTION_OUTPUT,
    OPTION_RESUME,
    OPTION_FORCE,
    OPTION_DRY_RUN,
    OPTION_SET,
    OPTION_CHECKPOINT,
    OPTION_PROGRESS,
    OPTION_PROGRESS_STYLE,
    OPTION_SHARD,
    OPTION_MERGE,
    OPTION_LIST,
    OPTION_QUIET,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_COUNT
};
static const char *const option_names[OPTION_COUNT] = {
    "--output",         "--resume", "--force", "--dry-run", "--set",   "--checkpoint", "--progress",
    "--progress-style", "--shard",  "--merge", "--list",    "--quiet", "--version",    "--help"};
static const bool option_takes[OPTION_COUNT] = {true, false, false, false, true,  true,  true,
                                                true, true,  true,  true,  false, false, false};

struct arguments {
    struct cs_sweep_options options;
    const char **sets;
    const char *list;
    bool help, version;
};

static bool parse_seconds(const char *text, double *seconds)
{
    return cs_parse_number(text, strlen(text), seconds) && *seconds >= 0.0 && *seconds <= 1e9;
}

static bool parse_shard(const char *text, struct cs_sweep_options *options)
{
    char first[32];
    const char *slash = strchr(text, '/');
    const size_t length = slash == NULL ? 0 : (size_t)(slash - text);
    if (length == 0 || length >= sizeof first) {
        return false;
    }
    memcpy(first, text, length);
    first[length] = '\0';
    return cs_parse_count(slash + 1, 1, 1000000, &options->shards) &&
           cs_parse_count(first, 1, options->shards, &options->shard);
}

static bool parse_style(const char *text, enum cs_progress_style *style)
{
    static const char *const names[] = {"auto", "bar", "line"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *style = (enum cs_progress_style)i;
            return true;
        }
    }
    return false;
}

static enum cs_code take_option(struct arguments *arguments, enum option option, const char *value,
                                struct cs_error *error)
{
    struct cs_sweep_options *options = &arguments->options;
    const char *expected = NULL;
    switch (option) {
    case OPTION_OUTPUT:
        options->output = value;
        expected = value[0] != '\0' ? NULL : "the name of a file";
        break;
    case OPTION_RESUME:
        options->resume = true;
        break;
    case OPTION_FORCE:
        options->force = true;
        break;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        break;
    case OPTION_SET:
        arguments->sets[options->set_count++] = value;
        expected = strchr(value, '=') != NULL && value[0] != '=' ? NULL : "PATH=VALUE, such as carbon.pue=1.2";
        break;
    case OPTION_CHECKPOINT:
        expected = parse_seconds(value, &options->checkpoint_seconds) && options->checkpoint_seconds > 0.0
                       ? NULL
                       : "seconds above 0";
        break;
    case OPTION_PROGRESS:
        expected = parse_seconds(value, &options->progress_seconds) ? NULL : "seconds, 0 for none";
        break;
    case OPTION_PROGRESS_STYLE:
        expected = parse_style(value, &options->progress_style) ? NULL : "auto, bar or line";
        break;
    case OPTION_SHARD:
        expected = parse_shard(value, options) ? NULL : "K/N with K from 1 to N, such as 2/8";
        break;
    case OPTION_MERGE:
        expected = cs_parse_count(value, 1, 1000000, &options->merge) ? NULL : "a number of shards";
        break;
    case OPTION_LIST:
        arguments->list = value;
        break;
    case OPTION_QUIET:
        options->quiet = true;
        break;
    case OPTION_VERSION:
        arguments->version = true;
        break;
    case OPTION_HELP:
        arguments->help = true;
        break;
    case OPTION_COUNT:
    default:
        break;
    }
    return expected == NULL
               ? CS_OK
               : cs_fail(error, CS_ERROR_USAGE, "%s wants %s, not \"%s\".", option_names[option], expected, value);
}

static enum cs_code find_option(const char *word, enum option *option, const char **value, struct cs_error *error)
{
    const char *equals = strchr(word, '=');
    const size_t length = equals == NULL ? strlen(word) : (size_t)(equals - word);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (strlen(option_names[i]) == length && strncmp(option_names[i], word, length) == 0) {
            *option = (enum option)i;
            *value = equals == NULL ? NULL : equals + 1;
            if (*value != NULL && !option_takes[i]) {
                return cs_fail(error, CS_ERROR_USAGE, "%s takes no value.", option_names[i]);
            }
            return CS_OK;
        }
    }
    const char *near = cs_nearest_name(word, OPTION_COUNT, option_names);
    return cs_fail(error, CS_ERROR_USAGE, "There is no option %s%s%s%s", word, near != NULL ? "; did you mean " : "",
                   near != NULL ? near : "", near != NULL ? "?" : "; see cs_sweep --help.");
}

static enum cs_code check_together(const struct arguments *arguments, struct cs_error *error)
{
    const struct cs_sweep_options *options = &arguments->options;
    if (arguments->help || arguments->version || arguments->list != NULL) {
        return CS_OK;
    }
    if (options->config_path == NULL) {
        return cs_fail(error, CS_ERROR_USAGE,
                       "Which configuration? cs_sweep CONFIG, such as configs/quick.json; see cs_sweep --help.");
    }
    if (options->resume && options->force) {
        return cs_fail(error, CS_ERROR_USAGE,
                       "--resume keeps what is there and --force replaces it: give one of them.");
    }
    if (options->merge > 0 && (options->shards > 1 || options->resume)) {
        return cs_fail(error, CS_ERROR_USAGE, "--merge joins all shards: it goes with neither --shard nor --resume.");
    }
    return CS_OK;
}

static enum cs_code parse_arguments(int argc, char **argv, struct arguments *arguments, struct cs_error *error)
{
    bool words_only = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!words_only && strcmp(word, "--") == 0) {
            words_only = true;
            continue;
        }
        if (words_only || word[0] != '-' || word[1] == '\0') {
            if (arguments->options.config_path != NULL) {
                return cs_fail(error, CS_ERROR_USAGE, "One configuration at a time: \"%s\" and \"%s\" were given.",
                               arguments->options.config_path, word);
            }
            arguments->options.config_path = word;
            continue;
        }
        enum option option = OPTION_COUNT;
        const char *value = NULL;
        if (strcmp(word, "-h") == 0) {
            word = "--help";
        }
        CS_TRY(find_option(word, &option, &value, error));
        if (option_takes[option] && value == NULL) {
            if (i + 1 == argc) {
                return cs_fail(error, CS_ERROR_USAGE, "%s wants a value; see cs_sweep --help.", option_names[option]);
            }
            value = argv[++i];
        }
        CS_TRY(take_option(arguments, option, value, error));
    }
    return check_together(arguments, error);
}

static void print_version(void)
{
    printf("cs_sweep %s (%s)\n%s\n%s\n%s\n", CS_BUILD_VERSION, CS_BUILD_COMMIT, CS_BUILD_COMPILER, cs_mpi_library(),
           cs_results_hdf5_version());
}

static void print_devices(const struct cs_library *library)
{
    for (int32_t i = 0; i < library->device_count; i++) {
        const struct cs_device *device = &library->devices[i];
        printf("%-12s %s %10.1f TFLOP/s %8.0f GB %10.0f GB/s %8.0f W\n", device->name,
               device->kind == CS_GPU ? "GPU" : "TPU", device->peak_flops / 1e12, device->hbm_nominal_gb,
               device->hbm_bandwidth / 1e9, device->tdp);
    }
}

static void print_others(const struct cs_library *library, const char *what)
{
    if (strcmp(what, "regions") == 0) {
        for (int32_t i = 0; i < library->region_count; i++) {
            const struct cs_region *region = &library->regions[i];
            printf("%-28s %8.4g g CO2e/kWh  %s\n", region->name, region->g_per_kwh, region->source);
        }
    } else if (strcmp(what, "qat") == 0) {
        for (int32_t i = 0; i < library->qat_count; i++) {
            const struct cs_precision *precision = &library->qat_levels[i].precision;
            printf("%-12s weights %g B, activations %g B, communication %g B\n", library->qat_levels[i].name,
                   precision->weight_bytes, precision->activation_bytes, precision->communication_bytes);
        }
    } else {
        for (int32_t i = 0; i < library->model_count; i++) {
            const struct cs_architecture *architecture = &library->models[i].architecture;
            struct cs_parameters parameters;
            if (library->models[i].from_law) {
                continue; /* a d_model of the configuration's axis: it has no name of its own */
            }
            cs_parameters_count(architecture, &parameters);
            printf("%-24s %10.4g parameters, d_model %lld, %lld layers, %lld expert%s\n", architecture->name,
                   parameters.total, (long long)architecture->d_model, (long long)architecture->layers,
                   (long long)architecture->experts, architecture->experts == 1 ? "" : "s");
        }
    }
}

/* The library as a configuration sees it: without one, the shipped data files. */
static enum cs_code print_list(const struct arguments *arguments, bool speaks, struct cs_error *error)
{
    static const char *const lists[] = {"devices", "regions", "qat", "models"};
    const char *what = arguments->list;
    bool known = false;
    for (int i = 0; i < 4; i++) {
        known = known || strcmp(what, lists[i]) == 0;
    }
    if (!known) {
        return cs_fail(error, CS_ERROR_USAGE, "--list wants devices, regions, qat or models, not \"%s\".", what);
    }
    struct cs_bundle bundle = {0};
    struct cs_config config = {0};
    enum cs_code code = cs_bundle_read(arguments->options.config_path, arguments->options.set_count,
                                       arguments->options.sets, &bundle, error);
    if (code == CS_OK) {
        code = cs_config_parse(&bundle, &config, error);
    }
    if (code == CS_OK && speaks) {
        if (strcmp(what, "devices") == 0) {
            print_devices(&config.library);
        } else {
            print_others(&config.library, what);
        }
    }
    cs_config_free(&config);
    cs_bundle_free(&bundle);
    return code;
}

/* Words joined by blanks, for the provenance; NULL without memory. */
static char *join_words(int argc, char **argv)
{
    size_t size = 1;
    for (int i = 0; i < argc; i++) {
        size += strlen(argv[i]) + 1;
    }
    char *text = calloc(1, size);
    for (int i = 0, used = 0; text != NULL && i < argc; i++) {
        used += snprintf(text + used, size - (size_t)used, "%s%s", i > 0 ? " " : "", argv[i]);
    }
    return text;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.options = {.progress_seconds = 10.0, .shard = 1, .shards = 1}};
    struct cs_error error = {0};
    const bool speaks = cs_launcher_rank() == 0;
    cs_log_rank(cs_launcher_rank());
    arguments.sets = calloc((size_t)argc + 1, sizeof *arguments.sets);
    char *command = join_words(argc, argv);
    if (arguments.sets == NULL || command == NULL) {
        free(command);
        free(arguments.sets);
        return cs_exit_status(CS_ERROR_MEMORY);
    }
    arguments.options.sets = arguments.sets;
    arguments.options.command = command;
    enum cs_code code = parse_arguments(argc, argv, &arguments, &error);
    int exit_status = 0;
    if (code == CS_OK && arguments.help) {
        if (speaks) {
            fputs(usage_text, stdout);
        }
    } else if (code == CS_OK && arguments.version) {
        if (speaks) {
            print_version();
        }
    } else if (code == CS_OK && arguments.list != NULL) {
        code = print_list(&arguments, speaks, &error);
    } else if (code == CS_OK) {
        exit_status = cs_sweep_run(&arguments.options, &argc, &argv);
    }
    if (code != CS_OK) {
        cs_log_error("%s", error.message);
        exit_status = cs_exit_status(code);
    }
    if (fflush(stdout) != 0 && exit_status == 0) {
        exit_status = cs_exit_status(CS_ERROR_WRITE);
    }
    if (exit_status != 0 || arguments.list != NULL || arguments.options.dry_run) {
        cs_sweep_part(&argc, &argv);
    }
    free(command);
    free(arguments.sets);
    return exit_status;
}
