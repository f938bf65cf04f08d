/* Two threads that each send 40 batches of 32 and 10 of 5 packets to themselves over loopback, and a call that fails. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 32 };

static void *worker(void *unused) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    struct mmsghdr messages[MOST];
    struct iovec part[MOST];
    char bytes[MOST];
    int receiver = socket(AF_INET, SOCK_DGRAM, 0), sender = socket(AF_INET, SOCK_DGRAM, 0);
    bind(receiver, (struct sockaddr *)&here, size);
    getsockname(receiver, (struct sockaddr *)&here, &size);
    connect(sender, (struct sockaddr *)&here, size);
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < MOST; i++) {
        part[i] = (struct iovec){&bytes[i], 1};
        messages[i].msg_hdr.msg_iov = &part[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (int batch = 0; batch < 50; batch++) {
        unsigned count = batch < 40 ? 32 : 5;
        sendmmsg(sender, messages, count, 0);
        recvmmsg(receiver, messages, count, MSG_WAITALL, 0);
    }
    sendmmsg(-1, messages, 1, 0);
    return unused;
}

int main(int count, char **arguments) {
    pthread_t threads[2];
    if (count > 1 && !strcmp(arguments[1], "--version")) return 0;
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, worker, 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
    return 0;
}
