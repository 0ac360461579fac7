/* hiredis' asynchronous client on our event loop. */

#include "core0d.h"


typedef struct {
    io_t                 io;
    uint32_t             events;
    redisAsyncContext   *ac;
    void               (*down)(const redisAsyncContext *ac, int status);
} adapter_t;


static void
adapter_event(void *data, uint32_t events)
{
    adapter_t  *a = data;

    if (events & ~(uint32_t) EPOLLOUT) {
        redisAsyncHandleRead(a->ac);
    }

    if (a->ac && (events & EPOLLOUT)) {
        redisAsyncHandleWrite(a->ac);
    }
}


static void
adapter_change(adapter_t *a, uint32_t add, uint32_t del)
{
    a->events = (a->events | add) & ~del;
    io_set(&a->io, a->events);
}


static void
add_read(void *data)
{
    adapter_change(data, EPOLLIN, 0);
}


static void
del_read(void *data)
{
    adapter_change(data, 0, EPOLLIN);
}


static void
add_write(void *data)
{
    adapter_change(data, EPOLLOUT, 0);
}


static void
del_write(void *data)
{
    adapter_change(data, 0, EPOLLOUT);
}


static void
cleanup(void *data)
{
    adapter_t  *a = data;

    a->ac = NULL;
    io_del(&a->io);
    loop_free_later(a);
}


/* hiredis reports a failed connect elsewhere than a lost connection. */

static void
connected(const redisAsyncContext *ac, int status)
{
    adapter_t  *a = ac->ev.data;

    if (status != REDIS_OK) {
        a->down(ac, status);
    }
}


/*
 * NULL when redis cannot be reached at once.  Otherwise down() is called
 * exactly once when the connection ends, after the replies that are still
 * awaited came back as NULL; hiredis frees the context itself.
 */

redisAsyncContext *
redis_open(void *data, void (*down)(const redisAsyncContext *ac, int status))
{
    adapter_t          *a;
    redisAsyncContext  *ac = redisAsyncConnectUnix(opt.redis);

    if (ac == NULL || ac->err) {
        if (ac) {
            redisAsyncFree(ac);
        }

        return NULL;
    }

    a = xalloc(sizeof(adapter_t));
    a->ac = ac;
    a->down = down;
    a->io.fd = ac->c.fd;
    a->io.handler = adapter_event;
    a->io.data = a;

    ac->data = data;
    ac->ev.data = a;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = cleanup;

    redisAsyncSetConnectCallback(ac, connected);
    redisAsyncSetDisconnectCallback(ac, down);

    return ac;
}
