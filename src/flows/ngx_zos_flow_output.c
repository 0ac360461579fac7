
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The output of a job as server-sent events: what is kept of it, then what
 * comes, until the job ends.
 *
 * A job that was started with "stream" has a list of records of its own,
 * which any number of watchers read without consuming it.  For any other job
 * newer nodes make such a list on request (core.subscribe), one for each
 * watcher.  Either is polled: a blocking pop for each watcher would take all
 * of the few that a node has.
 *
 * These are the steps; ngx_zos_flow_output_events.c makes the events.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_md5.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>
#include <ngx_zos_files.h>
#include <ngx_zos_output.h>


#define NGX_ZOS_OUTPUT_LATE       1000   /* ms, of records after the result */
#define NGX_ZOS_OUTPUT_FIRST      50     /* ms, the first pause */
#define NGX_ZOS_OUTPUT_PAUSE      500    /* ms, the longest */
#define NGX_ZOS_OUTPUT_HEARTBEAT  15000  /* ms without an event */

#define NGX_ZOS_OUTPUT_PREFIX     "zos."


static ngx_int_t ngx_zos_output_running(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_kept(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_source(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_too_old(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_without(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_again(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_resumed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_subscribe(ngx_zos_flow_t *f);
static ngx_str_t ngx_zos_output_prefix(ngx_zos_flow_t *f);
static u_char *ngx_zos_output_watched(ngx_zos_flow_t *f, u_char *p);
static ngx_int_t ngx_zos_output_subscribed(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_ask(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_accepted(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_headers(ngx_zos_flow_t *f);
static void ngx_zos_output_last_id(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_look(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_seen(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_output_gone(ngx_zos_flow_t *f, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_output_pass(ngx_zos_flow_t *f, ngx_zos_out_t *out,
    ngx_uint_t more);
static ngx_int_t ngx_zos_output_alive(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_output_late(ngx_zos_flow_t *f);
static void ngx_zos_output_cleanup(void *data);


const ngx_zos_step_pt  ngx_zos_steps_job_output[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,        /* among the jobs that run? */
    ngx_zos_output_running,
    ngx_zos_output_kept,
    ngx_zos_output_source,
    ngx_zos_output_again,        /* a subscription that the client had */
    ngx_zos_output_resumed,
    ngx_zos_output_subscribe,
    ngx_zos_output_subscribed,
    ngx_zos_output_ask,
    ngx_zos_output_accepted,
    ngx_zos_output_headers,
    ngx_zos_output_look,         /* from here again for each batch */
    ngx_zos_step_drain,
    ngx_zos_output_seen,
    ngx_zos_step_command,        /* nothing for long: does it still run? */
    ngx_zos_output_alive,
    NULL
};


static ngx_int_t
ngx_zos_output_running(ngx_zos_flow_t *f)
{
    ngx_str_t             key, job, value;
    ngx_zos_output_t     *o;
    ngx_pool_cleanup_t   *cln;
    ngx_zos_json_iter_t   it;

    static const ngx_str_t  name = ngx_string("jobid");
    static const ngx_str_t  stream = ngx_string("cmd.stream");

    /* the last text may still be on its way when the flow has ended */

    o = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_output_t));
    cln = ngx_pool_cleanup_add(f->request->pool, 0);

    if (o == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_zos_output_cleanup;
    cln->data = o;

    f->ctx = o;

    o->job = *ngx_zos_flow_arg(f, &name);
    o->batch = NGX_ZOS_OUTPUT_BATCH;

    ngx_zos_output_last_id(f);

    if (ngx_zos_job_unknown(f)) {
        return NGX_OK;
    }

    if (ngx_zos_flow_list(f) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_json_iter(&it, &f->call->result.data);

    if (ngx_zos_json_next(&it, &key, &job) == NGX_OK) {
        o->running = 1;

        if (ngx_zos_json_get(&job, &stream, &value) == NGX_OK) {
            o->knows = 1;
            o->streams = (*value.data == 't');
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_output_kept(ngx_zos_flow_t *f)
{
    ngx_zos_output_t  *o;

    o = f->ctx;

    return ngx_zos_flow_range(f, &o->job, &o->job, 0, 0);
}


static ngx_int_t
ngx_zos_output_source(ngx_zos_flow_t *f)
{
    ngx_str_t          text;
    ngx_uint_t         kept, ended;
    ngx_zos_output_t  *o;

    o = f->ctx;

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    kept = (f->call->reply[0].type == NGX_ZOS_RESP_ARRAY
            && f->call->reply[0].nelts);
    ended = (f->call->reply[2].type == NGX_ZOS_RESP_STRING
             && f->call->reply[1].type == NGX_ZOS_RESP_INTEGER
             && f->call->reply[1].integer > 0);

    /* a job of another container is nobody's business here */

    if (ended
        && ngx_zos_job_result(f, &f->call->reply[2].str, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (!ended && !o->running) {
        return ngx_zos_job_absent(f);
    }

    if (kept || (o->running && o->streams)) {

        if (o->stream.len) {
            /* the time of a subscription is not the list's own */
            o->resume = 0;
        }

        o->stream = o->job;

        return ngx_zos_flow_goto(f, ngx_zos_output_headers, 0);
    }

    if (!ended && !o->knows) {
        return ngx_zos_output_too_old(f);
    }

    o->ended = ended;

    return o->stream.len ? NGX_OK : ngx_zos_output_without(f);
}


/* nothing is kept: what the result has, or a subscription */

static ngx_int_t
ngx_zos_output_without(ngx_zos_flow_t *f)
{
    ngx_zos_output_t  *o;

    o = f->ctx;

    o->resume = 0;
    ngx_str_null(&o->stream);

    return ngx_zos_flow_goto(f, o->ended ? ngx_zos_output_headers
                                         : ngx_zos_output_subscribe, 0);
}


static ngx_int_t
ngx_zos_output_too_old(ngx_zos_flow_t *f)
{
    return ngx_zos_fail(f, NGX_HTTP_NOT_IMPLEMENTED, "unknown command",
                        "core0 of node \"%V\" is too old to watch this job",
                        &f->peer.node);
}


static ngx_int_t
ngx_zos_output_again(ngx_zos_flow_t *f)
{
    ngx_zos_output_t  *o;

    o = f->ctx;

    return ngx_zos_flow_range(f, &o->stream, &o->stream, 0, 0);
}


static ngx_int_t
ngx_zos_output_resumed(ngx_zos_flow_t *f)
{
    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->call->reply[0].type == NGX_ZOS_RESP_ARRAY
        && f->call->reply[0].nelts)
    {
        return ngx_zos_flow_goto(f, ngx_zos_output_headers, 0);
    }

    return ngx_zos_output_without(f);
}


/*
 * The id says what is watched, and who watches: this gateway, and which of
 * its workers.  The rest is new each time, as a node drops a command whose
 * id it still remembers.
 */

static ngx_int_t
ngx_zos_output_subscribe(ngx_zos_flow_t *f)
{
    ngx_str_t          args;
    ngx_zos_call_t    *call;
    ngx_zos_output_t  *o;

    static const ngx_str_t  command = ngx_string("core.subscribe");

    o = f->ctx;

    call = ngx_zos_flow_new_call(f);

    if (call == NULL
        || ngx_zos_file_args(f->request->pool, &args, "id", &o->job, NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->prefix = ngx_zos_output_prefix(f);

    if (call->prefix.len == 0) {
        return NGX_ERROR;
    }

    call->start = 1;
    call->stream = 1;

    o->deadline = ngx_current_msec + f->conf->core0.accept_timeout;

    return ngx_zos_call_command(call, &command, &args) == NGX_OK
           ? NGX_AGAIN : NGX_ERROR;
}


static ngx_str_t
ngx_zos_output_prefix(ngx_zos_flow_t *f)
{
    u_char            *p;
    ngx_str_t          prefix;

    ngx_str_null(&prefix);

    p = ngx_pnalloc(f->request->pool, 128);

    if (p) {
        prefix.data = p;
        p = ngx_zos_output_watched(f, p);
        p = ngx_sprintf(p, "%08xD.%P.",
                        ngx_crc32_short(ngx_cycle->hostname.data,
                                        ngx_cycle->hostname.len),
                        ngx_pid);
        prefix.len = p - prefix.data;
    }

    return prefix;
}


/* so that nobody can pass the subscription of one job for another's */

static u_char *
ngx_zos_output_watched(ngx_zos_flow_t *f, u_char *p)
{
    u_char             digest[16];
    ngx_md5_t          md5;
    ngx_zos_output_t  *o;

    o = f->ctx;

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, o->job.data, o->job.len);
    ngx_md5_update(&md5, &f->container, sizeof(ngx_uint_t));
    ngx_md5_final(digest, &md5);

    p = ngx_cpymem(p, NGX_ZOS_OUTPUT_PREFIX,
                   sizeof(NGX_ZOS_OUTPUT_PREFIX) - 1);
    p = ngx_hex_dump(p, digest, 16);
    *p++ = '.';

    return p;
}


static ngx_int_t
ngx_zos_output_subscribed(ngx_zos_flow_t *f)
{
    ngx_zos_output_t  *o;

    o = f->ctx;

    if (f->call->error == NGX_ZOS_UNKNOWN_COMMAND) {
        return ngx_zos_output_too_old(f);
    }

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    /* it goes into the ids of events */

    if (ngx_zos_check_job_id(&f->call->id) != NGX_OK) {
        f->call->error = NGX_ZOS_PROTOCOL;
        return ngx_zos_flow_check(f);
    }

    o->stream.len = f->call->id.len;
    o->stream.data = ngx_pstrdup(f->request->pool, &f->call->id);

    return o->stream.data ? NGX_OK : NGX_ERROR;
}


/* a look at the subscription itself: is it there, has it failed? */

static ngx_int_t
ngx_zos_output_ask(ngx_zos_flow_t *f)
{
    ngx_zos_output_t  *o;

    o = f->ctx;

    return ngx_zos_flow_range(f, &o->stream, &o->stream, 0, 0);
}


static ngx_int_t
ngx_zos_output_accepted(ngx_zos_flow_t *f)
{
    ngx_zos_resp_t    *reply;
    ngx_zos_output_t  *o;

    o = f->ctx;

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    reply = f->call->reply;

    if (reply[2].type == NGX_ZOS_RESP_STRING) {

        ngx_zos_call_decode(f->call, &reply[2].str, &o->stream);

        if (f->call->error == NGX_ZOS_UNKNOWN_COMMAND) {
            return ngx_zos_output_too_old(f);
        }

        if (ngx_zos_job_unknown(f)) {
            /* it has ended just now: there is a result of it */
            ngx_str_null(&o->stream);
            return NGX_OK;
        }

        /* else it ends as the job does, and only a failure has a text */

        return f->call->result.level == 20 && f->call->result.text.len
               ? ngx_zos_flow_check(f) : NGX_OK;
    }

    if (reply[0].type == NGX_ZOS_RESP_ARRAY && reply[0].nelts) {
        return NGX_OK;
    }

    if (reply[1].type == NGX_ZOS_RESP_INTEGER && reply[1].integer > 0) {
        return NGX_OK;
    }

    if ((ngx_msec_int_t) (o->deadline - ngx_current_msec) <= 0) {
        f->call->error = NGX_ZOS_NOT_ACCEPTED;
        return ngx_zos_flow_check(f);
    }

    return ngx_zos_flow_goto(f, ngx_zos_output_ask, NGX_ZOS_OUTPUT_FIRST);
}


static ngx_int_t
ngx_zos_output_headers(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_zos_output_t    *o;
    ngx_http_request_t  *r;

    static ngx_str_t        no = ngx_string("no");
    static const ngx_str_t  type = ngx_string("text/event-stream");

    r = f->request;
    o = f->ctx;

    /* a proxy before this one must not collect events */

    if (ngx_zos_add_header(r, "X-Accel-Buffering", &no) != NGX_OK) {
        return NGX_ERROR;
    }

    f->status = NGX_HTTP_OK;

    rc = ngx_zos_send_header(f, &type);

    f->admitted = 1;
    f->committed = 1;
    f->epoch = 0;

    o->spoke = ngx_current_msec;
    o->heard = ngx_current_msec;
    o->pause = NGX_ZOS_OUTPUT_FIRST;

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "internal",
                            "the header can't be sent");
    }

    if (r->header_only) {
        return NGX_DONE;
    }

    /* a job may have nothing to say for long */

    return ngx_http_send_special(r, NGX_HTTP_FLUSH) == NGX_ERROR ? NGX_ERROR
                                                                 : NGX_OK;
}


/* where a browser that has lost the connection goes on */

static void
ngx_zos_output_last_id(ngx_zos_flow_t *f)
{
    size_t             len;
    u_char            *p;
    int64_t            epoch;
    ngx_str_t          id, stream, number;
    ngx_zos_output_t  *o;
    u_char             watched[64];

    o = f->ctx;

    if (ngx_zos_request_header(f->request, "Last-Event-ID", 0, &id) != NGX_OK)
    {
        return;
    }

    number = id;
    ngx_str_null(&stream);

    p = ngx_strlchr(id.data, id.data + id.len, '/');

    if (p) {
        stream.data = id.data;
        stream.len = p - id.data;

        number.data = p + 1;
        number.len = id.data + id.len - number.data;
    }

    len = ngx_zos_output_watched(f, watched) - watched;

    if (ngx_zos_json_integer(&number, &epoch) != NGX_OK || epoch < 0
        || (stream.len
            && (ngx_zos_check_job_id(&stream) != NGX_OK
                || stream.len <= len
                || ngx_memcmp(stream.data, watched, len) != 0)))
    {
        return;
    }

    o->resume = epoch;
    o->stream = stream;
}


static ngx_int_t
ngx_zos_output_look(ngx_zos_flow_t *f)
{
    ngx_int_t          from;
    ngx_str_t         *stream;
    ngx_zos_output_t  *o;

    o = f->ctx;
    stream = o->stream.len ? &o->stream : &o->job;

    if (o->tail) {
        return ngx_zos_flow_range(f, &o->job, stream,
                                  - (ngx_int_t) o->batch, -1);
    }

    /* the last record again: it tells whether the list has been trimmed */

    from = o->pos ? o->pos - 1 : 0;

    return ngx_zos_flow_range(f, &o->job, stream, from, from + o->batch - 1);
}


static ngx_int_t
ngx_zos_output_seen(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_zos_out_t      out;
    ngx_zos_output_t  *o;

    o = f->ctx;

    /* long lines: fewer of them at once */

    if (f->call->error == NGX_ZOS_TOO_LARGE && o->batch > 2) {
        o->batch /= 2;
        return ngx_zos_flow_goto(f, ngx_zos_output_look, 0);
    }

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (o->pool) {
        ngx_destroy_pool(o->pool);
    }

    o->pool = ngx_create_pool(4096, f->request->connection->log);

    if (o->pool == NULL || ngx_zos_out_init(&out, o->pool, 2048) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_zos_output_records(f, &out);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {

        if (f->call->reply[2].type == NGX_ZOS_RESP_STRING) {

            if (!ngx_zos_output_late(f)) {
                return ngx_zos_output_ended(f, &out);
            }

        } else if (o->gone) {
            return ngx_zos_output_gone(f, &out);
        }
    }

    return ngx_zos_output_pass(f, &out, rc == NGX_AGAIN);
}


static ngx_int_t
ngx_zos_output_gone(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_zos_out_literal(out, "event: failure\ndata: {\"error\":"
                        "\"the job is gone without a result\"}\n\n");

    return ngx_zos_output_send(f, out) == NGX_OK ? NGX_DONE : NGX_ERROR;
}


/* what there is goes to the client, and the next look is later */

static ngx_int_t
ngx_zos_output_pass(ngx_zos_flow_t *f, ngx_zos_out_t *out, ngx_uint_t more)
{
    ngx_uint_t         idle;
    ngx_zos_output_t  *o;

    o = f->ctx;

    idle = !more && out->pos == out->start
           && ngx_current_msec - o->spoke >= NGX_ZOS_OUTPUT_HEARTBEAT;

    if (idle) {
        ngx_zos_out_literal(out, ": \n\n");
    }

    o->pause = out->pos == out->start
               ? ngx_min(2 * o->pause, NGX_ZOS_OUTPUT_PAUSE)
               : NGX_ZOS_OUTPUT_FIRST;

    if (ngx_zos_output_send(f, out) != NGX_OK) {
        return NGX_ERROR;
    }

    /* on a reload the client comes again, and tells where it was */

    if (ngx_exiting) {
        return NGX_DONE;
    }

    if (idle) {
        return NGX_OK;
    }

    return ngx_zos_flow_goto(f, ngx_zos_output_look, more ? 0 : o->pause);
}


/*
 * The result may be there before the last records: core0 has a queue for
 * these.  Their end is marked; where the mark is lost, a second is enough.
 */

static ngx_uint_t
ngx_zos_output_late(ngx_zos_flow_t *f)
{
    ngx_zos_output_t  *o;

    o = f->ctx;

    return o->stream.len && !o->end
           && ngx_current_msec - o->heard < NGX_ZOS_OUTPUT_LATE;
}


/* a container that dies takes its jobs along, and their results */

static ngx_int_t
ngx_zos_output_alive(ngx_zos_flow_t *f)
{
    ngx_zos_output_t  *o;

    o = f->ctx;

    if (ngx_zos_job_unknown(f) || ngx_zos_container_unknown(f)) {
        o->gone = 1;

    } else if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_flow_goto(f, ngx_zos_output_look, 0);
}


static void
ngx_zos_output_cleanup(void *data)
{
    ngx_zos_output_t  *o = data;

    if (o->pool) {
        ngx_destroy_pool(o->pool);
    }
}
