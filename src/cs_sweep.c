/* SPDX-License-Identifier: BSD-3-Clause */
/* cs_sweep: the command line, and what it answers before MPI starts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_build.h"
#include "cs_sweep/log.h"
#include "cs_sweep/number.h"
#include "cs_sweep/options.h"
#include "cs_sweep/results.h"
#include "cs_sweep/sweep.h"

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
    "  --silence SECONDS       give the searches of a rank that is not heard of for so long to others (default 10)\n"
    "  --list WHAT             devices, regions, qat or models that configurations may name\n"
    "  --quiet                 only errors\n"
    "  --version, --help\n"
    "\n"
    "SIGTERM, SIGINT, SIGUSR1 or a file FILE.stop end a run early: it writes FILE.partial and exits with status 75.\n"
    "Exit status: 0 done, 64 usage, 65 wrong configuration, 66 no input, 69 processes that their launcher did not "
    "join,\n"
    "70 internal, 73 or 74 output, 75 stopped.\n";

enum { LIST_NONE = -1, LIST_DEVICES, LIST_REGIONS, LIST_QAT, LIST_MODELS };

/* s */
#define SECONDS_LEAST 1e-9
#define SECONDS_MOST 1e9

struct arguments {
    struct cs_sweep_options options;
    struct cs_texts words, sets;
    int32_t list;
    bool help, version;
};

/* K/N with K from 1 to N. */
static bool read_shard(const char *text, int64_t *shard, int64_t *shards)
{
    char first[32];
    const size_t length = strcspn(text, "/");
    if (text[length] != '/' || length >= sizeof first) {
        return false;
    }
    memcpy(first, text, length);
    first[length] = '\0';
    return cs_parse_count(text + length + 1, 1, 1000000, shards) && cs_parse_count(first, 1, *shards, shard);
}

static bool is_shard(const char *text)
{
    int64_t shard = 0, shards = 0;
    return read_shard(text, &shard, &shards);
}

static enum cs_code check_together(const struct arguments *arguments, struct cs_error *error)
{
    const struct cs_sweep_options *options = &arguments->options;
    if (arguments->help || arguments->version || arguments->list != LIST_NONE) {
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
    struct cs_sweep_options *const to = &arguments->options;
    const char *shard = NULL;
    int32_t style = CS_PROGRESS_AUTO;
    const struct cs_option options[] = {
        {"--output", .text = &to->output},
        {"--resume", .flag = &to->resume},
        {"--force", .flag = &to->force},
        {"--dry-run", .flag = &to->dry_run},
        {"--set", .list = &arguments->sets, .passes = cs_is_assignment, .expected = CS_EXPECTED_ASSIGNMENT},
        {"--checkpoint", .number = &to->checkpoint_seconds, .low = SECONDS_LEAST, .high = SECONDS_MOST,
         .expected = "seconds above 0"},
        {"--progress", .number = &to->progress_seconds, .high = SECONDS_MOST, .expected = "seconds, 0 for none"},
        {"--progress-style", .choice = &style, .names = "auto|bar|line"},
        {"--silence", .number = &to->silence_seconds, .low = SECONDS_LEAST, .high = SECONDS_MOST,
         .expected = "seconds above 0"},
        {"--shard", .text = &shard, .passes = is_shard, .expected = "K/N with K from 1 to N, such as 2/8"},
        {"--merge", .count = &to->merge, .low = 1, .high = 1e6},
        {"--list", .choice = &arguments->list, .names = "devices|regions|qat|models"},
        {"--quiet", .flag = &to->quiet},
        {"--version", .flag = &arguments->version},
        {"--help", .flag = &arguments->help},
    };
    arguments->list = LIST_NONE;
    CS_TRY(cs_options_parse("cs_sweep", argc, argv, sizeof options / sizeof options[0], options, &arguments->words,
                            error));
    if (shard != NULL) {
        (void)read_shard(shard, &to->shard, &to->shards);
    }
    to->progress_style = (enum cs_progress_style)style;
    to->sets = arguments->sets.at;
    to->set_count = arguments->sets.count;
    to->config_path = arguments->words.count > 0 ? arguments->words.at[0] : NULL;
    if (arguments->words.count > 1) {
        return cs_fail(error, CS_ERROR_USAGE, "One configuration at a time: \"%s\" and \"%s\" were given.",
                       arguments->words.at[0], arguments->words.at[1]);
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

static void print_others(const struct cs_library *library, int32_t what)
{
    if (what == LIST_REGIONS) {
        for (int32_t i = 0; i < library->region_count; i++) {
            const struct cs_region *region = &library->regions[i];
            /* Who says so and of when: what stands before the address of the source. */
            printf("%-28s %8.4g g CO2e/kWh  %.*s\n", region->name, region->g_per_kwh,
                   (int)strcspn(region->source, ":;"), region->source);
        }
    } else if (what == LIST_QAT) {
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
    struct cs_bundle bundle = {0};
    struct cs_config config = {0};
    enum cs_code code = cs_bundle_read(arguments->options.config_path, arguments->options.set_count,
                                       arguments->options.sets, &bundle, error);
    if (code == CS_OK) {
        code = cs_config_parse(&bundle, &config, error);
    }
    if (code == CS_OK && speaks) {
        if (arguments->list == LIST_DEVICES) {
            print_devices(&config.library);
        } else {
            print_others(&config.library, arguments->list);
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
    static struct arguments arguments = {.options = {.progress_seconds = 10.0, .shard = 1, .shards = 1}};
    struct cs_error error = {0};
    const bool speaks = cs_launcher_rank() == 0;
    cs_log_rank(cs_launcher_rank());
    char *command = join_words(argc, argv);
    if (command == NULL) {
        return cs_exit_status(CS_ERROR_MEMORY);
    }
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
    } else if (code == CS_OK && arguments.list != LIST_NONE) {
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
    if (exit_status != 0 || arguments.list != LIST_NONE || arguments.options.dry_run) {
        cs_sweep_wait_for_ranks(&argc, &argv);
    }
    free(command);
    return exit_status;
}
