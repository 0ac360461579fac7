
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * One command and its result, portable over all the generations of core0.
 *
 * The push of the command and the first blocking pop of its result leave in
 * one write.  A pop blocks for a second at most: newer nodes give each one a
 * connection out of twenty, and don't notice when its client has left.  Only
 * when the first pop ends without a result the acceptance of the command is
 * looked at.  Neither that nor the result of a job that others may want is
 * read by rotation, which would make it live forever on older nodes.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_zos_core0.h>
#include <ngx_zos_zone.h>

#include <openssl/rand.h>


#define NGX_ZOS_CALL_SLICE      1000     /* ms; goes as whole seconds */
#define NGX_ZOS_CALL_SLICE_SEC  "1"
#define NGX_ZOS_CALL_GRACE      1000     /* ms; a pop may end that late */
#define NGX_ZOS_CALL_ID_LEN     36

/* the length of the command follows, and the command */
#define NGX_ZOS_CALL_RPUSH      "*3\r\n$5\r\nRPUSH\r\n$12\r\n"               \
                                "core:default\r\n$"


typedef enum {
    NGX_ZOS_CALL_GETTING = 0,
    NGX_ZOS_CALL_PING,           /* does this kept connection still work? */
    NGX_ZOS_CALL_PUSH,
    NGX_ZOS_CALL_POP,
    NGX_ZOS_CALL_FLAG,
    NGX_ZOS_CALL_WITHDRAW,
    NGX_ZOS_CALL_LOOKUP
} ngx_zos_call_state_e;


static ngx_int_t ngx_zos_call_query(ngx_zos_call_t *call, ngx_uint_t argc,
    ngx_str_t *argv);
static ngx_int_t ngx_zos_call_start(ngx_zos_call_t *call);
static void ngx_zos_call_ready(ngx_zos_waiter_t *w, ngx_zos_conn_t *zc);
static void ngx_zos_call_no_conn(ngx_zos_waiter_t *w, ngx_zos_error_e error);
static void ngx_zos_call_conn_failed(ngx_zos_conn_t *zc,
    ngx_zos_error_e error);
static void ngx_zos_call_ping(ngx_zos_call_t *call);
static void ngx_zos_call_push(ngx_zos_call_t *call);
static ngx_int_t ngx_zos_call_compose(ngx_zos_call_t *call);
static ngx_int_t ngx_zos_call_around(ngx_zos_call_t *call, ngx_str_t *head,
    ngx_str_t *tail);
static void ngx_zos_call_append_queue(ngx_zos_call_t *call,
    ngx_zos_out_t *out);
static ngx_int_t ngx_zos_call_compose_pop(ngx_zos_call_t *call,
    ngx_str_t *bytes);
static void ngx_zos_call_pop(ngx_zos_call_t *call);
static void ngx_zos_call_ask(ngx_zos_call_t *call);
static void ngx_zos_call_withdraw(ngx_zos_call_t *call);
static void ngx_zos_call_send_query(ngx_zos_call_t *call);
static ngx_int_t ngx_zos_call_reply(ngx_zos_conn_t *zc,
    ngx_zos_resp_t *reply);
static void ngx_zos_call_pong(ngx_zos_call_t *call, ngx_zos_resp_t *reply);
static void ngx_zos_call_pushed(ngx_zos_call_t *call, ngx_zos_resp_t *reply);
static void ngx_zos_call_popped(ngx_zos_call_t *call, ngx_zos_resp_t *reply);
static void ngx_zos_call_envelope(ngx_zos_call_t *call, ngx_str_t *text);
static void ngx_zos_call_dispatched(ngx_zos_call_t *call);
static void ngx_zos_call_flagged(ngx_zos_call_t *call, ngx_zos_resp_t *reply);
static void ngx_zos_call_withdrawn(ngx_zos_call_t *call,
    ngx_zos_resp_t *reply);
static void ngx_zos_call_looked_up(ngx_zos_call_t *call,
    ngx_zos_resp_t *reply);
static void ngx_zos_call_refused(ngx_zos_call_t *call, ngx_zos_resp_t *reply);
static void ngx_zos_call_broken(ngx_zos_call_t *call, char *what);
static void ngx_zos_call_timer_handler(ngx_event_t *ev);
static void ngx_zos_call_limit_handler(ngx_event_t *ev);
static void ngx_zos_call_arm(ngx_zos_call_t *call, ngx_msec_t deadline);
static void ngx_zos_call_finish(ngx_zos_call_t *call, ngx_zos_error_e error,
    ngx_uint_t clean);
static void ngx_zos_call_done_handler(ngx_event_t *ev);
static ngx_int_t ngx_zos_call_new_id(ngx_zos_call_t *call, ngx_str_t *id);
static ngx_str_t ngx_zos_call_key(ngx_zos_call_t *call, ngx_str_t *id,
    char *suffix);


static ngx_str_t  ngx_zos_queue_key = ngx_string("core:default");


ngx_zos_call_t *
ngx_zos_call_create(ngx_zos_peer_t *peer, ngx_zos_core0_conf_t *conf,
    ngx_log_t *log)
{
    ngx_pool_t      *pool;
    ngx_zos_call_t  *call;

    pool = ngx_create_pool(4096, log);
    if (pool == NULL) {
        return NULL;
    }

    call = ngx_pcalloc(pool, sizeof(ngx_zos_call_t));
    if (call == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    call->pool = pool;
    call->log = log;
    call->fd = (ngx_socket_t) -1;
    call->peer = peer;
    call->conf = conf;

    call->timer.handler = ngx_zos_call_timer_handler;
    call->timer.data = call;
    call->timer.log = log;

    call->limiter.handler = ngx_zos_call_limit_handler;
    call->limiter.data = call;
    call->limiter.log = log;

    call->done.handler = ngx_zos_call_done_handler;
    call->done.data = call;
    call->done.log = log;

    return call;
}


ngx_int_t
ngx_zos_call_command(ngx_zos_call_t *call, const ngx_str_t *command,
    const ngx_str_t *args)
{
    ngx_zos_out_t  out;

    if (ngx_zos_out_init(&out, call->pool,
                         160 + command->len + args->len + call->queue.len
                         + ngx_base64_encoded_length(call->block.len))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* no "tags": generations differ in the type, and lose the command */

    ngx_zos_out_literal(&out, "\"command\":");
    ngx_zos_out_string(&out, command);
    ngx_zos_out_literal(&out, ",\"arguments\":");

    if (call->block.len) {
        /* by no way round: it is large */

        ngx_zos_out(&out, args->data, args->len - 1);
        ngx_zos_out_literal(&out, ",\"block\":\"");
        ngx_zos_out_base64(&out, &call->block);
        ngx_zos_out_literal(&out, "\"}");

    } else {
        ngx_zos_out_str(&out, args);
    }

    ngx_zos_call_append_queue(call, &out);

    if (call->stream) {
        ngx_zos_out_literal(&out, ",\"stream\":true");
    }

    if (call->max_time) {
        ngx_zos_out_literal(&out, ",\"max_time\":");
        ngx_zos_out_integer(&out, call->max_time);
    }

    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, &call->command) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_call_start(call);
}


ngx_int_t
ngx_zos_call_lookup(ngx_zos_call_t *call, ngx_str_t *id)
{
    ngx_str_t  argv[3];

    call->id = *id;

    ngx_str_set(&argv[0], "LLEN");
    argv[1] = ngx_zos_call_key(call, id, ":flag");

    if (ngx_zos_call_query(call, 2, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "LINDEX");
    argv[1] = ngx_zos_call_key(call, id, "");
    ngx_str_set(&argv[2], "-1");

    if (ngx_zos_call_query(call, 3, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_call_start(call);
}


ngx_int_t
ngx_zos_call_range(ngx_zos_call_t *call, ngx_str_t *id, ngx_str_t *stream,
    ngx_int_t from, ngx_int_t to)
{
    u_char     *p;
    ngx_str_t   argv[4];

    p = ngx_pnalloc(call->pool, 2 * NGX_INT_T_LEN + sizeof("stream:")
                                + stream->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_str_set(&argv[0], "LRANGE");

    argv[1].data = p;
    p = ngx_sprintf(p, "stream:%V", stream);
    argv[1].len = p - argv[1].data;

    argv[2].data = p;
    p = ngx_sprintf(p, "%i", from);
    argv[2].len = p - argv[2].data;

    argv[3].data = p;
    p = ngx_sprintf(p, "%i", to);
    argv[3].len = p - argv[3].data;

    if (ngx_zos_call_query(call, 4, argv) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_call_lookup(call, id);
}


/* a Redis command that only reads, with a reply of its own */

static ngx_int_t
ngx_zos_call_query(ngx_zos_call_t *call, ngx_uint_t argc, ngx_str_t *argv)
{
    if (argv[1].data == NULL) {
        return NGX_ERROR;
    }

    call->expected++;

    return ngx_zos_resp_command(call->pool, &call->query, argc, argv);
}


static ngx_int_t
ngx_zos_call_start(ngx_zos_call_t *call)
{
    ngx_zos_conn_t  *zc;

    call->started = ngx_current_msec;
    call->state = NGX_ZOS_CALL_GETTING;

    if (call->limit) {
        ngx_add_timer(&call->limiter, call->limit);
    }

    call->finished = 0;
    call->placed = 0;

    zc = call->conn;

    if (zc) {
        ngx_zos_call_ready(&call->waiter, zc);
        return NGX_OK;
    }

    if (call->kept) {
        /* what it kept the connection for can't be had from another one */
        ngx_zos_call_finish(call, NGX_ZOS_CLOSED, 0);
        return NGX_OK;
    }

    call->waiter.peer = call->peer;
    call->waiter.conf = call->conf;
    call->waiter.log = call->log;
    call->waiter.ready = ngx_zos_call_ready;
    call->waiter.failed = ngx_zos_call_no_conn;
    call->waiter.admitted = call->admitted;

    /*
     * What is under way must not fail in the middle for lack of a place; it
     * comes, as those who have one are bounded.
     */

    if (!call->admitted) {
        ngx_add_timer(&call->timer, call->conf->accept_timeout);
    }

    ngx_zos_pool_get(&call->waiter);

    return NGX_OK;
}


static void
ngx_zos_call_ready(ngx_zos_waiter_t *w, ngx_zos_conn_t *zc)
{
    ngx_zos_call_t  *call;

    call = (ngx_zos_call_t *) ((u_char *) w
                               - offsetof(ngx_zos_call_t, waiter));

    zc->data = call;
    zc->reply = ngx_zos_call_reply;
    zc->failed = ngx_zos_call_conn_failed;

    call->conn = zc;

    /* on the way to this connection the node may have been found rebooted */

    if (call->epoch && call->container && call->command.len && !call->kept
        && call->epoch != ngx_zos_zone_epoch(call->peer->zone,
                                             &call->peer->node))
    {
        ngx_zos_call_finish(call, NGX_ZOS_STALE, 1);
        return;
    }

    if (call->changes && zc->uses && !call->kept) {
        ngx_zos_call_ping(call);
        return;
    }

    if (call->command.len) {
        ngx_zos_call_push(call);

    } else {
        ngx_zos_call_send_query(call);
    }
}


static void
ngx_zos_call_no_conn(ngx_zos_waiter_t *w, ngx_zos_error_e error)
{
    ngx_zos_call_t  *call;

    call = (ngx_zos_call_t *) ((u_char *) w
                               - offsetof(ngx_zos_call_t, waiter));

    ngx_zos_call_finish(call, error, 0);
}


/*
 * A kept connection may turn out to be dead only when it is used.  What
 * only reads is sent once more, as a new command on a new connection; what
 * changes something has been preceded by a PING there, and is never sent
 * twice.
 */

static void
ngx_zos_call_conn_failed(ngx_zos_conn_t *zc, ngx_zos_error_e error)
{
    ngx_uint_t       again;
    ngx_zos_call_t  *call;

    call = zc->data;

    /* it may have restarted, and its containers have other numbers */

    ngx_zos_zone_forget(call->peer->zone, &call->peer->node);

    if (call->finished) {
        /* between two commands of a call that keeps its connection */
        call->conn = NULL;
        ngx_zos_pool_drop(zc);
        return;
    }

    again = error == NGX_ZOS_CLOSED && zc->uses && !call->retried
            && !call->kept && !ngx_terminate
            && (call->state == NGX_ZOS_CALL_PING
                || (!call->changes && (call->state == NGX_ZOS_CALL_PUSH
                                       || call->state
                                          == NGX_ZOS_CALL_LOOKUP)));

    if (!again) {
        ngx_zos_call_finish(call, error, 0);
        return;
    }

    call->retried = 1;
    call->waiter.fresh = 1;
    call->state = NGX_ZOS_CALL_GETTING;
    call->conn = NULL;

    ngx_zos_pool_drop(zc);

    ngx_zos_pool_get(&call->waiter);
}


static void
ngx_zos_call_ping(ngx_zos_call_t *call)
{
    ngx_str_t  argv[1];

    ngx_str_set(&argv[0], "PING");
    ngx_str_null(&call->bytes);

    if (ngx_zos_resp_command(call->pool, &call->bytes, 1, argv) != NGX_OK) {
        ngx_zos_call_finish(call, NGX_ZOS_INTERNAL, 1);
        return;
    }

    call->state = NGX_ZOS_CALL_PING;

    ngx_zos_conn_send(call->conn, &call->bytes);
}


static void
ngx_zos_call_push(ngx_zos_call_t *call)
{
    call->state = NGX_ZOS_CALL_PUSH;

    if (ngx_zos_call_new_id(call, &call->wait) != NGX_OK
        || ngx_zos_call_compose(call) != NGX_OK)
    {
        ngx_zos_call_finish(call, NGX_ZOS_INTERNAL, 1);
        return;
    }

    call->accepted = 0;
    call->inner = 0;
    call->sent = ngx_current_msec;
    call->asked = call->sent;

    ngx_zos_call_arm(call, call->sent + call->conf->accept_timeout);

    call->log->action = "waiting for core0 result";

    ngx_zos_conn_send(call->conn, &call->push);
}


/*
 * The push and the first pop.  A command may be a block of a file: it is
 * copied once, to where it is sent from.
 */

static ngx_int_t
ngx_zos_call_compose(ngx_zos_call_t *call)
{
    size_t         start;
    ngx_str_t      head, tail, pop;
    ngx_zos_out_t  out;

    if (ngx_zos_call_around(call, &head, &tail) != NGX_OK
        || ngx_zos_call_compose_pop(call, &pop) != NGX_OK
        || ngx_zos_out_init(&out, call->pool,
                            sizeof(NGX_ZOS_CALL_RPUSH) + NGX_INT64_LEN
                            + head.len + call->command.len + tail.len
                            + pop.len + 2 * sizeof(CRLF))
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, NGX_ZOS_CALL_RPUSH);
    ngx_zos_out_integer(&out, head.len + call->command.len + tail.len);
    ngx_zos_out_literal(&out, CRLF);

    start = out.pos - out.start;

    ngx_zos_out_str(&out, &head);
    ngx_zos_out_str(&out, &call->command);
    ngx_zos_out_str(&out, &tail);

    call->pushed.len = out.pos - out.start - start;

    ngx_zos_out_literal(&out, CRLF);
    ngx_zos_out_str(&out, &pop);

    if (ngx_zos_out_done(&out, &call->push) != NGX_OK) {
        return NGX_ERROR;
    }

    call->pushed.data = call->push.data + start;

    if (call->changes) {
        /* it is never sent again */
        ngx_pfree(call->pool, call->command.data);
    }

    return NGX_OK;
}


/* what is around the command: its id, and the one that dispatches it */

static ngx_int_t
ngx_zos_call_around(ngx_zos_call_t *call, ngx_str_t *head, ngx_str_t *tail)
{
    ngx_zos_out_t  out;

    if (ngx_zos_out_init(&out, call->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    call->id = call->wait;

    ngx_zos_out_literal(&out, "{\"id\":");
    ngx_zos_out_string(&out, &call->wait);
    ngx_zos_out_literal(&out, ",");

    if (call->container) {

        /* older generations replace the id, and tell which one it became */

        if (ngx_zos_call_new_id(call, &call->id) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_out_literal(&out, "\"command\":\"corex.dispatch\","
                                  "\"arguments\":{\"container\":");
        ngx_zos_out_integer(&out, call->container);
        ngx_zos_out_literal(&out, ",\"command\":{\"id\":");
        ngx_zos_out_string(&out, &call->id);
        ngx_zos_out_literal(&out, ",");
    }

    ngx_str_null(tail);

    if (ngx_zos_out_done(&out, head) != NGX_OK || call->container == 0) {
        return out.failed ? NGX_ERROR : NGX_OK;
    }

    if (ngx_zos_out_init(&out, call->pool, 64) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "}");
    ngx_zos_call_append_queue(call, &out);
    ngx_zos_out_literal(&out, "}");

    return ngx_zos_out_done(&out, tail);
}


static void
ngx_zos_call_append_queue(ngx_zos_call_t *call, ngx_zos_out_t *out)
{
    ngx_zos_out_literal(out, ",\"queue\":");
    ngx_zos_out_string(out, &call->queue);
}


static ngx_int_t
ngx_zos_call_compose_pop(ngx_zos_call_t *call, ngx_str_t *bytes)
{
    ngx_str_t  argv[3];

    ngx_str_null(bytes);

    if (call->state == NGX_ZOS_CALL_PUSH && call->start && !call->container) {
        /* nobody waits for the job itself */
        return NGX_OK;
    }

    ngx_str_set(&argv[0], "BLPOP");
    argv[1] = ngx_zos_call_key(call, &call->wait, "");
    ngx_str_set(&argv[2], NGX_ZOS_CALL_SLICE_SEC);

    if (argv[1].data == NULL) {
        return NGX_ERROR;
    }

    return ngx_zos_resp_command(call->pool, bytes, 3, argv);
}


static void
ngx_zos_call_pop(ngx_zos_call_t *call)
{
    call->state = NGX_ZOS_CALL_POP;

    if (ngx_zos_call_compose_pop(call, &call->bytes) != NGX_OK) {
        ngx_zos_call_finish(call, NGX_ZOS_INTERNAL, 1);
        return;
    }

    call->asked = ngx_current_msec;

    ngx_zos_conn_send(call->conn, &call->bytes);
}


/* has core0 taken the command? */

static void
ngx_zos_call_ask(ngx_zos_call_t *call)
{
    ngx_str_t  argv[2];

    ngx_str_set(&argv[0], "LLEN");
    argv[1] = ngx_zos_call_key(call, &call->wait, ":flag");

    ngx_str_null(&call->bytes);

    if (argv[1].data == NULL
        || ngx_zos_resp_command(call->pool, &call->bytes, 2, argv) != NGX_OK)
    {
        ngx_zos_call_finish(call, NGX_ZOS_INTERNAL, 1);
        return;
    }

    call->state = NGX_ZOS_CALL_FLAG;

    ngx_zos_conn_send(call->conn, &call->bytes);
}


/*
 * A command that waits in the queue would still run when core0 comes back,
 * long after its caller was told that it failed.  Older nodes don't know
 * LREM; there is nothing to be done about it there.
 */

static void
ngx_zos_call_withdraw(ngx_zos_call_t *call)
{
    ngx_str_t  argv[4];

    ngx_str_set(&argv[0], "LREM");
    argv[1] = ngx_zos_queue_key;
    ngx_str_set(&argv[2], "1");
    argv[3] = call->pushed;

    ngx_str_null(&call->bytes);

    if (ngx_zos_resp_command(call->pool, &call->bytes, 4, argv) != NGX_OK) {
        ngx_zos_call_finish(call, NGX_ZOS_NOT_ACCEPTED, 1);
        return;
    }

    call->state = NGX_ZOS_CALL_WITHDRAW;

    ngx_zos_call_arm(call, ngx_current_msec + NGX_ZOS_CALL_GRACE);

    ngx_zos_conn_send(call->conn, &call->bytes);
}


static void
ngx_zos_call_send_query(ngx_zos_call_t *call)
{
    call->state = NGX_ZOS_CALL_LOOKUP;
    call->nreplies = 0;

    ngx_zos_call_arm(call, ngx_current_msec + call->conf->timeout);

    ngx_zos_conn_send(call->conn, &call->query);
}


static ngx_int_t
ngx_zos_call_reply(ngx_zos_conn_t *zc, ngx_zos_resp_t *reply)
{
    ngx_zos_call_t  *call;

    call = zc->data;

    switch (call->state) {

    case NGX_ZOS_CALL_PING:
        ngx_zos_call_pong(call, reply);
        break;

    case NGX_ZOS_CALL_PUSH:
        ngx_zos_call_pushed(call, reply);
        break;

    case NGX_ZOS_CALL_POP:
        ngx_zos_call_popped(call, reply);
        break;

    case NGX_ZOS_CALL_FLAG:
        ngx_zos_call_flagged(call, reply);
        break;

    case NGX_ZOS_CALL_WITHDRAW:
        ngx_zos_call_withdrawn(call, reply);
        break;

    default: /* NGX_ZOS_CALL_LOOKUP */
        ngx_zos_call_looked_up(call, reply);
    }

    ngx_zos_resp_free(reply);

    return zc->closed ? NGX_DONE : NGX_OK;
}


static void
ngx_zos_call_pong(ngx_zos_call_t *call, ngx_zos_resp_t *reply)
{
    if (reply->type != NGX_ZOS_RESP_STATUS) {
        ngx_zos_call_refused(call, reply);
        return;
    }

    if (call->command.len) {
        ngx_zos_call_push(call);

    } else {
        ngx_zos_call_send_query(call);
    }
}


static void
ngx_zos_call_pushed(ngx_zos_call_t *call, ngx_zos_resp_t *reply)
{
    if (reply->type != NGX_ZOS_RESP_INTEGER) {
        ngx_zos_call_refused(call, reply);
        return;
    }

    call->state = NGX_ZOS_CALL_POP;

    if (call->start && !call->container) {
        ngx_zos_call_finish(call, NGX_ZOS_OK, 1);
        return;
    }

    call->placed = 1;

    if (call->placed_handler) {
        ngx_post_event(&call->done, &ngx_posted_events);
    }
}


static void
ngx_zos_call_popped(ngx_zos_call_t *call, ngx_zos_resp_t *reply)
{
    ngx_str_t       key;
    ngx_zos_resp_t  element;

    if (reply->type == NGX_ZOS_RESP_NIL) {

        if (!call->accepted) {
            ngx_zos_call_ask(call);

        } else if (ngx_current_msec - call->sent >= call->conf->timeout) {
            ngx_zos_call_finish(call, NGX_ZOS_TIMEOUT, 1);

        } else {
            ngx_zos_call_pop(call);
        }

        return;
    }

    if (reply->type == NGX_ZOS_RESP_ERROR) {
        ngx_zos_call_refused(call, reply);
        return;
    }

    key = ngx_zos_call_key(call, &call->wait, "");

    if (key.data == NULL) {
        ngx_zos_call_finish(call, NGX_ZOS_INTERNAL, 1);
        return;
    }

    if (ngx_zos_resp_element(reply, 0, &element) != NGX_OK
        || element.str.len != key.len
        || ngx_strncmp(element.str.data, key.data, key.len) != 0
        || ngx_zos_resp_element(reply, 1, &element) != NGX_OK
        || element.type != NGX_ZOS_RESP_STRING)
    {
        ngx_zos_call_broken(call, "is no pair of key and result");
        return;
    }

    /* the result points into the reply from now on */

    ngx_zos_resp_free(&call->reply[0]);

    call->reply[0] = *reply;
    reply->object = NULL;

    ngx_zos_call_envelope(call, &element.str);
}


static void
ngx_zos_call_envelope(ngx_zos_call_t *call, ngx_str_t *text)
{
    ngx_zos_call_decode(call, text, &call->wait);

    if (call->error == NGX_ZOS_PROTOCOL) {
        ngx_zos_call_broken(call, "is not a core0 result");
        return;
    }

    if (call->container && !call->inner && call->error == NGX_ZOS_OK) {
        ngx_zos_call_dispatched(call);
        return;
    }

    ngx_zos_call_finish(call, call->error, 1);
}


/*
 * The container has the command; its result comes under the inner id.  Data of
 * another level is no checked JSON.
 */

static void
ngx_zos_call_dispatched(ngx_zos_call_t *call)
{
    ngx_str_t  id;

    if (call->result.level != 20
        || ngx_zos_json_string(call->pool, &call->result.data, &id) != NGX_OK
        || id.len == 0)
    {
        ngx_zos_call_broken(call, "names no inner job");
        return;
    }

    /* the reply that it points into goes when the inner result comes */

    call->id.data = ngx_pstrdup(call->pool, &id);
    call->id.len = id.len;

    if (call->id.data == NULL) {
        ngx_zos_call_finish(call, NGX_ZOS_INTERNAL, 1);
        return;
    }

    if (call->start) {
        ngx_zos_call_finish(call, NGX_ZOS_OK, 1);
        return;
    }

    /* it won't be withdrawn any more */

    ngx_pfree(call->pool, call->push.data);

    call->inner = 1;
    call->accepted = 1;
    call->wait = call->id;
    call->sent = ngx_current_msec;

    ngx_zos_call_arm(call, call->sent + call->conf->timeout);
    ngx_zos_call_pop(call);
}


static void
ngx_zos_call_flagged(ngx_zos_call_t *call, ngx_zos_resp_t *reply)
{
    if (reply->type != NGX_ZOS_RESP_INTEGER) {
        ngx_zos_call_refused(call, reply);
        return;
    }

    if (reply->integer > 0) {

        /* it was taken while this pop blocked, at the earliest */

        call->accepted = 1;
        call->sent = call->asked;

        if (ngx_current_msec - call->sent >= call->conf->timeout) {
            ngx_zos_call_finish(call, NGX_ZOS_TIMEOUT, 1);
            return;
        }

        ngx_zos_call_arm(call, call->sent + call->conf->timeout);
        ngx_zos_call_pop(call);
        return;
    }

    if (ngx_current_msec - call->sent >= call->conf->accept_timeout) {
        ngx_zos_call_withdraw(call);
        return;
    }

    ngx_zos_call_pop(call);
}


static void
ngx_zos_call_withdrawn(ngx_zos_call_t *call, ngx_zos_resp_t *reply)
{
    if (reply->type == NGX_ZOS_RESP_INTEGER && reply->integer > 0) {
        ngx_log_debug1(NGX_LOG_DEBUG_CORE, call->log, 0,
                       "zos command %V withdrawn", &call->wait);

    } else {
        ngx_log_error(NGX_LOG_WARN, call->log, 0,
                      "core0 at %V may still run command %V",
                      &call->peer->address, &call->wait);
    }

    ngx_zos_call_finish(call, NGX_ZOS_NOT_ACCEPTED, 1);
}


static void
ngx_zos_call_looked_up(ngx_zos_call_t *call, ngx_zos_resp_t *reply)
{
    if (reply->type == NGX_ZOS_RESP_ERROR) {
        ngx_zos_call_refused(call, reply);
        return;
    }

    ngx_zos_resp_free(&call->reply[call->nreplies]);

    call->reply[call->nreplies++] = *reply;
    reply->object = NULL;

    if (call->nreplies == call->expected) {
        ngx_zos_call_finish(call, NGX_ZOS_OK, 1);
    }
}


/* an error where core0 had none to give */

static void
ngx_zos_call_refused(ngx_zos_call_t *call, ngx_zos_resp_t *reply)
{
    ngx_str_t  text;

    text = reply->str;

    if (reply->type == NGX_ZOS_RESP_ERROR
        && (ngx_strlcasestrn(text.data, text.data + text.len,
                             (u_char *) "authenticat", 11 - 1)
            || ngx_strlcasestrn(text.data, text.data + text.len,
                                (u_char *) "AUTH", 4 - 1)))
    {
        ngx_log_error(NGX_LOG_ERR, call->log, 0,
                      "core0 at %V wants other credentials",
                      &call->peer->address);

        ngx_zos_call_finish(call, NGX_ZOS_AUTH, 0);
        return;
    }

    ngx_zos_call_broken(call, "is an error");
}


static void
ngx_zos_call_broken(ngx_zos_call_t *call, char *what)
{
    ngx_log_error(NGX_LOG_ERR, call->log, 0,
                  "reply of core0 at %V %s", &call->peer->address, what);

    ngx_zos_call_finish(call, NGX_ZOS_PROTOCOL, 0);
}


static void
ngx_zos_call_timer_handler(ngx_event_t *ev)
{
    ngx_msec_t       deadline;
    ngx_zos_call_t  *call;

    call = ev->data;

    switch (call->state) {

    case NGX_ZOS_CALL_GETTING:

        if (call->waiter.conn) {
            /* connecting has a limit of its own */
            return;
        }

        ngx_log_error(NGX_LOG_WARN, call->log, 0,
                      "no connection to core0 at %V became free in time",
                      &call->peer->address);

        ngx_zos_call_finish(call, NGX_ZOS_BUSY, 0);
        return;

    case NGX_ZOS_CALL_POP:

        if (call->accepted) {
            break;
        }

        /* what the acceptance is can be asked when the pop is over */

        deadline = call->asked + NGX_ZOS_CALL_SLICE + NGX_ZOS_CALL_GRACE;

        if ((ngx_msec_int_t) (deadline - ngx_current_msec) > 0) {
            ngx_zos_call_arm(call, deadline);
            return;
        }

        break;

    case NGX_ZOS_CALL_WITHDRAW:
        ngx_zos_call_finish(call, NGX_ZOS_NOT_ACCEPTED, 0);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, call->log, NGX_ETIMEDOUT,
                  "core0 at %V gave no result", &call->peer->address);

    ngx_zos_call_finish(call, NGX_ZOS_TIMEOUT, 0);
}


static void
ngx_zos_call_limit_handler(ngx_event_t *ev)
{
    ngx_zos_call_finish(ev->data, NGX_ZOS_TIMEOUT, 0);
}


static void
ngx_zos_call_arm(ngx_zos_call_t *call, ngx_msec_t deadline)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (deadline - ngx_current_msec);

    ngx_add_timer(&call->timer, (ngx_msec_t) ngx_max(left, 1));
}


void
ngx_zos_call_renew(ngx_zos_call_t *call)
{
    if (call->finished || !call->accepted) {
        return;
    }

    call->sent = ngx_current_msec;

    ngx_zos_call_arm(call, call->sent + call->conf->timeout);
}


/* "clean": nothing is outstanding on the connection */

static void
ngx_zos_call_finish(ngx_zos_call_t *call, ngx_zos_error_e error,
    ngx_uint_t clean)
{
    ngx_zos_conn_t  *zc;

    if (call->finished) {
        return;
    }

    call->finished = 1;
    call->error = error;
    call->elapsed = ngx_current_msec - call->started;

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    if (call->limiter.timer_set) {
        ngx_del_timer(&call->limiter);
    }

    ngx_zos_pool_cancel(&call->waiter);

    zc = call->conn;

    if (zc && clean && call->keep) {
        call->kept = 1;

    } else if (zc) {
        call->conn = NULL;

        if (clean) {
            ngx_zos_pool_put(zc, call->conf);

        } else {
            ngx_zos_pool_drop(zc);
        }
    }

    ngx_post_event(&call->done, &ngx_posted_events);
}


static void
ngx_zos_call_done_handler(ngx_event_t *ev)
{
    ngx_zos_call_t  *call;

    call = ev->data;

    if (!call->finished) {
        call->placed_handler(call);
        return;
    }

    call->handler(call);
}


void
ngx_zos_call_free(ngx_zos_call_t *call)
{
    ngx_uint_t  i;

    ngx_zos_call_finish(call, NGX_ZOS_INTERNAL, 0);

    if (call->conn) {
        ngx_zos_pool_put(call->conn, call->conf);
    }

    if (call->done.posted) {
        ngx_delete_posted_event(&call->done);
    }

    for (i = 0; i < NGX_ZOS_CALL_REPLIES; i++) {
        ngx_zos_resp_free(&call->reply[i]);
    }

    ngx_destroy_pool(call->pool);
}


/* a random UUID, as the clients of core0 use */

static ngx_int_t
ngx_zos_call_new_id(ngx_zos_call_t *call, ngx_str_t *id)
{
    u_char         *p, *bytes;
    ngx_uint_t      i;

    static const u_char  hex[] = "0123456789abcdef";

    /* a worker's stock: a call of RAND_bytes() costs more than what it gives */

    static u_char      stock[256 * 16];
    static ngx_uint_t  left;
    static ngx_pid_t   owner;

    if (left == 0 || owner != ngx_pid) {

        if (RAND_bytes(stock, sizeof(stock)) != 1) {
            return NGX_ERROR;
        }

        left = sizeof(stock) / 16;
        owner = ngx_pid;
    }

    bytes = &stock[16 * --left];

    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;

    id->len = call->prefix.len + NGX_ZOS_CALL_ID_LEN;
    id->data = ngx_pnalloc(call->pool, id->len);

    if (id->data == NULL) {
        return NGX_ERROR;
    }

    p = id->data;

    if (call->prefix.len) {
        p = ngx_cpymem(p, call->prefix.data, call->prefix.len);
    }

    for (i = 0; i < 16; i++) {

        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }

        *p++ = hex[bytes[i] >> 4];
        *p++ = hex[bytes[i] & 0x0f];
    }

    return NGX_OK;
}


/* "result:<id><suffix>"; data is NULL if out of memory */

static ngx_str_t
ngx_zos_call_key(ngx_zos_call_t *call, ngx_str_t *id, char *suffix)
{
    u_char     *p;
    size_t      len;
    ngx_str_t   key;

    len = ngx_strlen(suffix);

    key.len = sizeof("result:") - 1 + id->len + len;
    key.data = ngx_pnalloc(call->pool, key.len);

    if (key.data) {
        p = ngx_cpymem(key.data, "result:", sizeof("result:") - 1);
        p = ngx_cpymem(p, id->data, id->len);
        ngx_memcpy(p, suffix, len);
    }

    return key;
}
