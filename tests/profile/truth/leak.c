/* Three threads that each lose a block of 4,115 bytes, and one of them a chain of 24 + 76 bytes. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct link { struct link *next; char rest[16]; };

/* What the compiler may not leave out. */
static void used(void *block) { __asm__ volatile("" : : "r"(block) : "memory"); }

static void *lose(void *number) {
    used(malloc(4115));
    if (number == 0) {
        struct link *first = malloc(sizeof *first);
        first->next = malloc(76);
        used(first);
    }
    return 0;
}

int main(int count, char **arguments) {
    pthread_t threads[3];
    if (count > 1 && !strcmp(arguments[1], "--version")) return 0;
    for (long i = 0; i < 3; i++) pthread_create(&threads[i], 0, lose, (void *)i);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
    return 0;
}
