/*
 * The way to redis and back: one connection for each executing command, the
 * C proxy's limit, and how each generation spells names and nulls.
 */

#include "front.h"

#include <strings.h>

#define C_POOL  20          /* commands that the C proxy executes at once */
#define IDLE_MAX  64


struct backend_s {
    LIST_ENTRY(backend_s)   idle;
    redisAsyncContext      *ac;
    client_t               *client;     /* NULL while idle */
};


static LIST_HEAD(, backend_s)   idle = LIST_HEAD_INITIALIZER(idle);
static int                      idle_n, executing;
static TAILQ_HEAD(, client_s)   waiting = TAILQ_HEAD_INITIALIZER(waiting);

static void upstream_execute(client_t *c);


/* ledis: a null array for BLPOP and BRPOP alone.  The C proxy: never. */

static const char *
null_text(const client_t *c, const redisReply *cmd)
{
    int  array;

    array = opt.gen != GEN_C
            && (command_is(cmd, "BLPOP") || command_is(cmd, "BRPOP"));

    if (c->ls->fault.kind == FAULT_NULLS) {
        array = !array;
    }

    return array ? "*-1\r\n" : "$-1\r\n";
}


static void
encode(buf_t *b, const redisReply *r, const char *null)
{
    size_t  i;

    switch (r->type) {
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        buf_puts(b, r->type == REDIS_REPLY_STATUS ? "+" : "-");
        buf_add(b, r->str, r->len);
        buf_puts(b, "\r\n");
        break;

    case REDIS_REPLY_INTEGER:
        buf_printf(b, ":%lld\r\n", r->integer);
        break;

    case REDIS_REPLY_STRING:
        buf_printf(b, "$%zu\r\n", (size_t) r->len);
        buf_add(b, r->str, r->len);
        buf_puts(b, "\r\n");
        break;

    case REDIS_REPLY_ARRAY:
        buf_printf(b, "*%zu\r\n", r->elements);

        for (i = 0; i < r->elements; i++) {
            encode(b, r->element[i], "$-1\r\n");
        }

        break;

    default:
        buf_puts(b, null);
    }
}


static void
backend_free(backend_t *b)
{
    if (b->ac) {
        b->ac->data = NULL;
        redisAsyncFree(b->ac);
    }

    loop_free_later(b);
}


static void
backend_down(const redisAsyncContext *ac, int status)
{
    backend_t  *b = ac->data;

    (void) status;

    if (b == NULL) {
        return;
    }

    b->ac = NULL;

    if (b->client == NULL) {
        LIST_REMOVE(b, idle);
        idle_n--;
        loop_free_later(b);
    }
}


static backend_t *
backend_get(void)
{
    backend_t  *b = LIST_FIRST(&idle);

    if (b) {
        LIST_REMOVE(b, idle);
        idle_n--;
        return b;
    }

    b = xalloc(sizeof(backend_t));
    b->ac = redis_open(b, backend_down);

    if (b->ac == NULL) {
        free(b);
        return NULL;
    }

    return b;
}


static void
backend_put(backend_t *b)
{
    b->client = NULL;

    if (b->ac == NULL || (b->ac->c.flags & REDIS_DISCONNECTING)
        || idle_n >= IDLE_MAX)
    {
        backend_free(b);
        return;
    }

    LIST_INSERT_HEAD(&idle, b, idle);
    idle_n++;
}


void
command_done(client_t *c)
{
    if (c->blocking) {
        c->blocking = 0;
        c->ls->stats.blocked--;
    }

    if (c->cmd) {
        freeReplyObject(c->cmd);
        c->cmd = NULL;
    }
}


static void
serve_waiting(void)
{
    client_t  *c;

    while (executing < C_POOL && (c = TAILQ_FIRST(&waiting)) != NULL) {
        TAILQ_REMOVE(&waiting, c, waiting);
        c->queued = 0;
        upstream_execute(c);
    }
}


/*
 * ledis forgets the expiry of a list when its last element is popped, and a
 * rotation onto itself is a pop and a push there.
 */

static void
rotated(const redisReply *cmd, const redisReply *reply)
{
    if (opt.gen == GEN_C || reply->type != REDIS_REPLY_STRING
        || !(command_is(cmd, "RPOPLPUSH") || command_is(cmd, "BRPOPLPUSH"))
        || strcmp(command_arg(cmd, 1), command_arg(cmd, 2)) != 0)
    {
        return;
    }

    agent_redis("EVAL", "if redis.call('llen',KEYS[1])==1 then "
                "redis.call('persist',KEYS[1]) end", "1", command_arg(cmd, 1),
                NULL);
}


static void
upstream_replied(redisAsyncContext *ac, void *r, void *data)
{
    buf_t       out = { 0 };
    client_t   *c;
    backend_t  *b = data;

    (void) ac;

    c = b->client;
    executing--;

    if (c == NULL) {            /* abandoned: upstream_left() frees it */
        return;
    }

    c->backend = NULL;

    if (r == NULL) {            /* redis went away */
        b->ac = NULL;
        backend_free(b);

        if (opt.gen != GEN_C || c->gone) {
            conn_close(c);
            return;
        }

        send_error(c, "EOF");

    } else {
        rotated(c->cmd, r);
        encode(&out, r, null_text(c, c->cmd));
        backend_put(b);
        conn_send(c, out.data, out.len);
        buf_free(&out);
    }

    command_done(c);

    if (c->gone) {
        conn_close(c);
    } else {
        conn_resume(c);
    }

    serve_waiting();
}


/* Names that ledis or the proxy have and redis has not. */

static const char *
translate(const char *name)
{
    size_t  i;

    static const char  *names[][2] = {
        { "LKEYEXISTS", "EXISTS" }, { "LTTL", "TTL" },
        { "LEXPIRE", "EXPIRE" }, { "LCLEAR", "DEL" }
    };

    for (i = 0; i < (opt.gen == GEN_C ? 2 : 4); i++) {
        if (strcasecmp(name, names[i][0]) == 0) {
            return names[i][1];
        }
    }

    return name;
}


static void
upstream_execute(client_t *c)
{
    size_t       i, n = c->cmd->elements, len[ARGS_MAX];
    backend_t   *b;
    const char  *argv[ARGS_MAX];

    b = backend_get();

    if (b == NULL) {
        send_error(c, "dial unix /var/run/redis.sock: connect: connection"
                   " refused");
        command_done(c);
        return;
    }

    for (i = 0; i < n; i++) {
        argv[i] = c->cmd->element[i]->str;
        len[i] = c->cmd->element[i]->len;
    }

    argv[0] = translate(argv[0]);
    len[0] = strlen(argv[0]);
    b->client = c;
    c->backend = b;
    executing++;

    if (redisAsyncCommandArgv(b->ac, upstream_replied, b, n, argv, len)
        != REDIS_OK)
    {
        executing--;
        c->backend = NULL;
        b->client = NULL;
        backend_free(b);
        send_error(c, "EOF");
        command_done(c);
    }
}


/* Blocked or not, a command takes one of the C proxy's places. */

void
upstream_command(client_t *c)
{
    if (opt.gen == GEN_C && executing >= C_POOL) {
        c->queued = 1;
        TAILQ_INSERT_TAIL(&waiting, c, waiting);
        return;
    }

    upstream_execute(c);
}


/* The client is being closed: whatever it waits for is given up. */

void
upstream_left(client_t *c)
{
    backend_t  *b = c->backend;

    if (c->queued) {
        TAILQ_REMOVE(&waiting, c, waiting);
        c->queued = 0;
    }

    if (b) {
        c->backend = NULL;
        b->client = NULL;
        backend_free(b);        /* withdraws a blocked pop */
    }

    command_done(c);
}


void
upstream_stop(void)
{
    backend_t  *b;

    while ((b = LIST_FIRST(&idle)) != NULL) {
        LIST_REMOVE(b, idle);
        backend_free(b);
    }
}
