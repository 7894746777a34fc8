#ifndef CLINUX_H
#define CLINUX_H

// The Linux calls that Swift's Glibc overlay hides, behind one prefix. Imported by DataPlane only.
//
// Every function returns what the kernel returned, or -errno. The error number travels in the result, so nothing can
// overwrite it between the call and its reading; EINTR is returned like any other and repeated by the Swift wrapper.

#include <stdint.h>
#include <sys/socket.h>

// Readiness bits, as epoll_ctl(2) names them.
extern const uint32_t clinux_readable;  // EPOLLIN
extern const uint32_t clinux_writable;  // EPOLLOUT
extern const uint32_t clinux_ended;     // EPOLLRDHUP: the peer will send no more
extern const uint32_t clinux_failed;    // EPOLLERR | EPOLLHUP: reported whether asked for or not

// One reported event. epoll_event itself is packed on x86-64, which Swift cannot import.
struct clinux_event {
    uint32_t readiness;
    uint64_t token;
};

enum {
    // Events taken from the kernel at a time: some 3 KiB of stack.
    clinux_event_batch = 256,
};

int clinux_epoll_create(void);
// Registers for both directions, the peer's end and errors, once and edge-triggered.
int clinux_epoll_add_edge(int epoll, int descriptor, uint64_t token);
// Registers for readability, level-triggered: listeners and the wake-up.
int clinux_epoll_add_level(int epoll, int descriptor, uint64_t token);
// The same for a listening socket that several epoll instances share: a connection wakes one of them, not all.
int clinux_epoll_add_shared(int epoll, int descriptor, uint64_t token);
int clinux_epoll_remove(int epoll, int descriptor);
// Waits at most `milliseconds` (-1: without limit) for up to `capacity` events, at most clinux_event_batch.
int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int milliseconds);

// A TCP or Unix stream socket, non-blocking and close-on-exec.
int clinux_stream_socket(int family);
// accept4(2), the new socket non-blocking and close-on-exec.
int clinux_accept(int listener, struct sockaddr *address, socklen_t *length);

// pipe2(2), both ends non-blocking and close-on-exec: ends[0] is for reading, ends[1] for writing.
int clinux_pipe(int ends[2]);
// F_SETPIPE_SZ (fcntl(2)): asks for this capacity and returns the one it has, in bytes.
int clinux_set_pipe_capacity(int pipe, int bytes);
// splice(2) from or into a pipe, without waiting for the pipe and without copying where the kernel can.
int64_t clinux_splice(int from, int to, uint64_t bytes);

// Keeps SIGPIPE from the calling thread: splice(2) knows no MSG_NOSIGNAL.
void clinux_block_broken_pipe_signal(void);

// Of a SO_REUSEPORT group, has the listener at `index`, in the order in which they began to listen, get every connection
// that begins from now on; none at that place: they are spread over all, as without this (SO_ATTACH_REUSEPORT_CBPF,
// socket(7)).
int clinux_prefer_listener(int listener, uint32_t index);
// Undoes that for the listener's group; -ENOENT when there was nothing to undo.
int clinux_spread_over_listeners(int listener);

// An eventfd(2) counter, non-blocking and close-on-exec.
int clinux_eventfd(void);

// Names the calling thread for ps(1) and debuggers: at most 15 bytes are kept.
void clinux_name_thread(const char *name);

// Monotonic nanoseconds: CLOCK_MONOTONIC through the vDSO.
uint64_t clinux_monotonic_nanoseconds(void);

#endif
