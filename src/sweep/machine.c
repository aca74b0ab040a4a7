/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

static volatile sig_atomic_t cs_signal_number;

static void cs_signal_note(int number)
{
    cs_signal_number = number;
}

void cs_signals_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = cs_signal_note;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    /* A closed pipe or a limit of file size is an error of the call that meets it, not the end of the run. */
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

int cs_signal_arrived(void)
{
    return (int)cs_signal_number;
}

const char *cs_signal_name(int number)
{
    switch (number) {
    case SIGTERM:
        return "SIGTERM";
    case SIGINT:
        return "SIGINT";
    case SIGUSR1:
        return "SIGUSR1";
    default:
        return "a signal";
    }
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double cs_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double cs_cpu_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t cs_peak_memory(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
#ifdef __APPLE__
    return (int64_t)usage.ru_maxrss;
#else
    return (int64_t)usage.ru_maxrss * 1024;
#endif
}

void cs_backoff_sleep(struct cs_backoff *backoff, double most)
{
    const double wanted = backoff->next < 20e-6 ? 20e-6 : backoff->next;
    const double seconds = wanted < most ? wanted : most;
    const struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
    backoff->next = 2.0 * seconds;
}

void cs_backoff_sleep_unless(bool happened, struct cs_backoff *backoff, double most)
{
    if (happened) {
        backoff->next = 0.0;
    } else {
        cs_backoff_sleep(backoff, most);
    }
}

const char *cs_cpu_level(void)
{
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return __builtin_cpu_supports("avx512f") ? "x86-64 avx512f" : "x86-64 avx2 fma";
    }
    return __builtin_cpu_supports("avx") ? "x86-64 avx" : "x86-64";
#else
    static struct utsname name; /* the same answer at every call */
    return uname(&name) == 0 ? name.machine : "unknown";
#endif
}

void cs_time_text(char *buffer, size_t size)
{
    const time_t now = time(NULL);
    struct tm parts;
    buffer[0] = '\0';
    if (gmtime_r(&now, &parts) != NULL) {
        strftime(buffer, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
}
