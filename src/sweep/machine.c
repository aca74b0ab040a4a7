/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "cs_sweep/error.h"

static volatile sig_atomic_t first_signal, second_signal;
static struct timespec first_time;
enum { AGAIN_AFTER = 1, END_AFTER = 2 }; /* s */

static void note_signal(int number)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (first_signal == 0) {
        first_signal = number;
        first_time = now;
        return;
    }
    const long seconds = now.tv_sec - first_time.tv_sec - (now.tv_nsec < first_time.tv_nsec);
    if (second_signal == 0 && (number == SIGINT || seconds >= AGAIN_AFTER)) {
        second_signal = number;
        alarm(END_AFTER);
    }
}

static void end_now(int number)
{
    (void)number;
    _exit(cs_exit_status(CS_ERROR_STOPPED));
}

void cs_signals_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_signal;
    action.sa_flags = SA_RESTART;
    /* One after the other: the note of the first must be whole before the second looks at it. */
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaddset(&action.sa_mask, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = end_now;
    sigaction(SIGALRM, &action, NULL);
    /* A closed pipe or a limit of file size is an error of the call that meets it, not the end of the run. */
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

int cs_signal_arrived(void)
{
    return (int)first_signal;
}

bool cs_signal_again(void)
{
    return second_signal != 0;
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
    cs_time_text_before(0.0, buffer, size);
}

void cs_time_text_before(double seconds, char *buffer, size_t size)
{
    const time_t then = time(NULL) - (time_t)seconds;
    struct tm parts;
    buffer[0] = '\0';
    if (gmtime_r(&then, &parts) != NULL) {
        strftime(buffer, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
}
