#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

const uint32_t clinux_readable = EPOLLIN;
const uint32_t clinux_writable = EPOLLOUT;
const uint32_t clinux_ended = EPOLLRDHUP;
const uint32_t clinux_failed = EPOLLERR | EPOLLHUP;

static int result(int value) { return value < 0 ? -errno : value; }

int clinux_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

static int add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return result(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event));
}

int clinux_epoll_add_edge(int epoll, int descriptor, uint64_t token) {
    return add(epoll, descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, token);
}

int clinux_epoll_add_level(int epoll, int descriptor, uint64_t token) {
    return add(epoll, descriptor, EPOLLIN, token);
}

int clinux_epoll_add_shared(int epoll, int descriptor, uint64_t token) {
    return add(epoll, descriptor, EPOLLIN | EPOLLEXCLUSIVE, token);
}

int clinux_epoll_remove(int epoll, int descriptor) {
    return result(epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL));
}

int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int milliseconds) {
    struct epoll_event ready[clinux_event_batch];
    int limit = capacity < clinux_event_batch ? capacity : clinux_event_batch;
    int count = epoll_wait(epoll, ready, limit, milliseconds);
    if (count < 0) return -errno;
    for (int index = 0; index < count; index++) {
        events[index].readiness = ready[index].events;
        events[index].token = ready[index].data.u64;
    }
    return count;
}

int clinux_stream_socket(int family) {
    return result(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int clinux_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return result(accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int clinux_pipe(int ends[2]) { return result(pipe2(ends, O_NONBLOCK | O_CLOEXEC)); }

int clinux_set_pipe_capacity(int pipe, int bytes) {
    // Refused beyond pipe-user-pages-soft (pipe(7)): then it stays what it is.
    int capacity = fcntl(pipe, F_SETPIPE_SZ, bytes);
    return capacity > 0 ? capacity : result(fcntl(pipe, F_GETPIPE_SZ));
}

int64_t clinux_splice(int from, int to, uint64_t bytes) {
    ssize_t moved = splice(from, NULL, to, NULL, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    return moved < 0 ? -errno : moved;
}

void clinux_block_broken_pipe_signal(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

int clinux_prefer_listener(int listener, uint32_t index) {
    struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, index)};
    struct sock_fprog program = {.len = 1, .filter = code};
    return result(setsockopt(listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program));
}

int clinux_spread_over_listeners(int listener) {
    int ignored = 0;
    return result(setsockopt(listener, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &ignored, sizeof ignored));
}

int clinux_eventfd(void) { return result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

void clinux_name_thread(const char *name) {
    // pthread_setname_np(3) refuses longer names rather than cutting them.
    char kept[16];
    snprintf(kept, sizeof kept, "%s", name);
    pthread_setname_np(pthread_self(), kept);
}

uint64_t clinux_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
