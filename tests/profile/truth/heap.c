/* Two threads that hold 3,000,000 and 1,000,000 bytes at the same time, and a little less once before. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t both;

#define HOLD(name, size)                          \
    __attribute__((noinline)) void *name(void *un) { \
        char *block = malloc(size);               \
        memset(block, 1, size);                   \
        __asm__ volatile("" : : "r"(block) : "memory"); \
        pthread_barrier_wait(&both);              \
        pthread_barrier_wait(&both);              \
        free(block);                              \
        return un;                                \
    }
HOLD(holds_three, 3000000)
HOLD(holds_one, 1000000)

/* A peak that is lower by so little that a tool may take it for the highest. */
__attribute__((noinline)) void holds_less(void) {
    char *block = malloc(3990000);
    memset(block, 1, 3990000);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
}

int main(int count, char **arguments) {
    pthread_t threads[2];
    if (count > 1 && !strcmp(arguments[1], "--version")) return 0;
#ifdef GIVES_UP_ROOT
    if (setgid(65534) || setuid(65534)) return 1;
#endif
    holds_less();
    pthread_barrier_init(&both, 0, 2);
    pthread_create(&threads[0], 0, holds_three, 0);
    pthread_create(&threads[1], 0, holds_one, 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
    return 0;
}
