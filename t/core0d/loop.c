/* The event loop: epoll, a heap of timers, and frees put off to its end. */

#include "core0d.h"

#define EVENTS  256
#define WAIT_MAX  60000     /* ms; a time limit may exceed an int */


static int             epfd = -1;
static int             stopping;
static timer_node_t  **heap;            /* heap[0] is unused */
static size_t          heap_n, heap_size;
static void          **garbage;
static size_t          garbage_n, garbage_size;


int
loop_init(void)
{
    epfd = epoll_create1(EPOLL_CLOEXEC);

    return epfd == -1 ? -1 : 0;
}


void
loop_stop(void)
{
    stopping = 1;
}


/* Adds the descriptor on first use; events 0 still reports HUP and ERR. */

void
io_set(io_t *io, uint32_t events)
{
    struct epoll_event  ev = { .events = events, .data.ptr = io };

    if (io->events == (events | 1u << 31)) {
        return;
    }

    if (epoll_ctl(epfd, io->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, io->fd,
                  &ev) == -1)
    {
        log_line("epoll_ctl(%d): %s", io->fd, strerror(errno));
        return;
    }

    io->events = events | 1u << 31;     /* so that 0 also means "added" */
}


void
io_del(io_t *io)
{
    if (io->events) {
        epoll_ctl(epfd, EPOLL_CTL_DEL, io->fd, NULL);
        io->events = 0;
    }

    io->handler = NULL;
}


/*
 * An event of the running batch may still point to the memory of something
 * that an earlier one ended: such memory is freed after the batch.
 */

void
loop_free_later(void *p)
{
    if (garbage_n == garbage_size) {
        garbage_size = garbage_size ? garbage_size * 2 : 64;
        garbage = realloc(garbage, garbage_size * sizeof(void *));
    }

    garbage[garbage_n++] = p;
}


static void
heap_place(size_t i, timer_node_t *t)
{
    heap[i] = t;
    t->pos = i;
}


static void
heap_up(size_t i, timer_node_t *t)
{
    for ( ; i > 1 && heap[i / 2]->at > t->at; i /= 2) {
        heap_place(i, heap[i / 2]);
    }

    heap_place(i, t);
}


static void
heap_down(size_t i, timer_node_t *t)
{
    size_t  kid;

    for ( ; (kid = i * 2) <= heap_n; i = kid) {
        if (kid < heap_n && heap[kid + 1]->at < heap[kid]->at) {
            kid++;
        }

        if (heap[kid]->at >= t->at) {
            break;
        }

        heap_place(i, heap[kid]);
    }

    heap_place(i, t);
}


void
timer_set(timer_node_t *t, int64_t ms)
{
    timer_del(t);
    t->at = mono_ms() + ms;

    if (heap_n + 1 >= heap_size) {
        heap_size = heap_size ? heap_size * 2 : 64;
        heap = realloc(heap, heap_size * sizeof(timer_node_t *));
    }

    heap_up(++heap_n, t);
}


void
timer_del(timer_node_t *t)
{
    timer_node_t  *last;
    size_t         i = t->pos;

    if (i == 0) {
        return;
    }

    t->pos = 0;
    last = heap[heap_n--];

    if (last == t) {
        return;
    }

    heap_up(i, last);
    heap_down(last->pos, last);
}


static int
run_timers(void)
{
    timer_node_t  *t;
    int64_t        now = mono_ms();

    while (heap_n && heap[1]->at <= now) {
        t = heap[1];
        timer_del(t);
        t->handler(t->data);
    }

    if (heap_n == 0) {
        return -1;
    }

    now = heap[1]->at - now;

    return now > WAIT_MAX ? WAIT_MAX : (int) now;
}


static void
free_garbage(void)
{
    while (garbage_n) {
        free(garbage[--garbage_n]);
    }
}


void
loop_run(void)
{
    struct epoll_event  ev[EVENTS];
    io_t               *io;
    int                 i, n;

    while (!stopping) {
        n = epoll_wait(epfd, ev, EVENTS, run_timers());

        for (i = 0; i < n; i++) {
            io = ev[i].data.ptr;

            if (io->handler) {
                io->handler(io->data, ev[i].events);
            }
        }

        free_garbage();
    }
}


void
loop_end(void)
{
    free_garbage();
    free(garbage);
    free(heap);
    close(epfd);
}
