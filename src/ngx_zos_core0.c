
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
#include <ngx_zos_call.h>
#include <ngx_zos_zone.h>


#define NGX_ZOS_CALL_GRACE      1000     /* ms; a pop may end that late */


typedef enum {
    NGX_ZOS_CALL_GETTING = 0,
    NGX_ZOS_CALL_PING,           /* does this kept connection still work? */
    NGX_ZOS_CALL_PUSH,
    NGX_ZOS_CALL_POP,
    NGX_ZOS_CALL_FLAG,
    NGX_ZOS_CALL_WITHDRAW,
    NGX_ZOS_CALL_LOOKUP
} ngx_zos_call_state_e;


static void ngx_zos_call_ready(ngx_zos_waiter_t *w, ngx_zos_conn_t *zc);
static void ngx_zos_call_no_conn(ngx_zos_waiter_t *w, ngx_zos_error_e error);
static void ngx_zos_call_conn_failed(ngx_zos_conn_t *zc,
    ngx_zos_error_e error);
static void ngx_zos_call_ping(ngx_zos_call_t *call);
static void ngx_zos_call_push(ngx_zos_call_t *call);
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

    if (call->admitted && call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

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

    /* others have a limit since they began to wait for a connection */

    if (call->admitted) {
        ngx_zos_call_arm(call,
                         ngx_current_msec + call->conf->connect_timeout);
    }

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

    case NGX_ZOS_CALL_PING:

        if (call->admitted) {
            /* a dead one need not say so: another one may do */
            ngx_zos_call_conn_failed(call->conn, NGX_ZOS_CLOSED);
            return;
        }

        break;

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
