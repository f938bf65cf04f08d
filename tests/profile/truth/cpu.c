/* Three functions that take 70, 20 and 10 % of the CPU time of each of four threads. */
#include <pthread.h>
#include <string.h>
#include <time.h>

static double used(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static volatile unsigned sink;

#ifndef PERCENT
#define PERCENT 100
#endif

/* The loop is part of each function, so that its samples are the function's own. */
#define WORK(name, milliseconds)                              \
    __attribute__((noinline)) void name(void) {               \
        double end = used() + (milliseconds) * 1e-5 * PERCENT; \
        do                                                    \
            for (unsigned i = 0; i < 100000; i++) sink += i;  \
        while (used() < end);                                 \
    }
WORK(seventy, 280)
WORK(twenty, 80)
WORK(ten, 40)

static void *worker(void *unused) {
    seventy();
    twenty();
    ten();
    return unused;
}

int main(int count, char **arguments) {
    pthread_t threads[4];
    if (count > 1 && !strcmp(arguments[1], "--version")) return 0;
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, worker, 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
    return 0;
}
