
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The step engine.  A flow belongs to its request, and ends with it in
 * whatever state it is: the cleanup cancels the call that is in flight,
 * which frees its connection at once.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>


#define NGX_ZOS_SENTENCE_MAX  512


static ngx_int_t ngx_zos_flow_run(ngx_zos_flow_t *f);
static void ngx_zos_flow_timer_handler(ngx_event_t *ev);
static void ngx_zos_flow_call_handler(ngx_zos_call_t *call);
static void ngx_zos_flow_cleanup(void *data);
static void ngx_zos_flow_end(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_command[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_step_project,
    NULL
};


ngx_int_t
ngx_zos_flow_start(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_http_cleanup_t  *cln;

    cln = ngx_http_cleanup_add(f->request, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_zos_flow_cleanup;
    cln->data = f;

    f->step = f->op->steps ? f->op->steps : ngx_zos_steps_command;

    f->timer.handler = ngx_zos_flow_timer_handler;
    f->timer.data = f->request->connection;
    f->timer.log = f->request->connection->log;

    rc = ngx_zos_flow_run(f);

    if (rc != NGX_DONE) {
        return rc;
    }

    /* what must not be left half-way */

    if (f->op->flags & NGX_ZOS_OP_FINISH) {
        f->request->read_event_handler = ngx_http_block_reading;
        return NGX_DONE;
    }

    if (ngx_zos_flow_watch(f->request) != NGX_OK) {
        /* nothing that goes on may answer, too */
        ngx_zos_flow_cleanup(f);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DONE;
}


/* NGX_DONE: it waits; anything else is what the output filters returned */

static ngx_int_t
ngx_zos_flow_run(ngx_zos_flow_t *f)
{
    ngx_int_t  rc;

    while (*f->step) {

        rc = (*f->step)(f);

        switch (rc) {

        case NGX_OK:
            f->step++;
            continue;

        case NGX_AGAIN:
            f->step++;
            return NGX_DONE;

        case NGX_DECLINED:

            if (f->delay == 0) {
                continue;
            }

            ngx_add_timer(&f->timer, f->delay);
            return NGX_DONE;

        case NGX_DONE:
            break;

        default:
            if (f->error.len == 0) {
                (void) ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                    "internal", "the gateway is out of memory");
            }

            f->lacking = 0;

            if (ngx_zos_change_rescue(f) == NGX_OK) {
                continue;
            }
        }

        break;
    }

    f->finished = 1;

    ngx_zos_change_release(f);
    ngx_zos_flow_end(f);
    ngx_zos_flow_free_call(f);

    if (f->gone) {
        f->request->connection->error = 1;
        return NGX_HTTP_CLIENT_CLOSED_REQUEST;
    }

    return f->answered ? NGX_OK : ngx_zos_reply(f);
}


/* from an event: nothing of the request may be touched afterwards */

void
ngx_zos_flow_resume(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = f->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    /* what was waited for is there */

    c->log->action = NULL;

    rc = ngx_zos_flow_run(f);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }

    ngx_http_run_posted_requests(c);
}


static void
ngx_zos_flow_timer_handler(ngx_event_t *ev)
{
    ngx_zos_flow_t  *f;

    f = (ngx_zos_flow_t *) ((u_char *) ev - offsetof(ngx_zos_flow_t, timer));

    ngx_zos_flow_resume(f);
}


static void
ngx_zos_flow_call_handler(ngx_zos_call_t *call)
{
    ngx_zos_flow_t  *f;

    f = call->data;

    ngx_zos_flow_note_call(f, call);

    if (f->container && ngx_zos_container_stale(f)) {
        (void) ngx_zos_flow_goto(f, ngx_zos_step_container, 0);
    }

    ngx_zos_flow_resume(f);
}


void
ngx_zos_flow_note_call(ngx_zos_flow_t *f, ngx_zos_call_t *call)
{
    f->backend_time += call->elapsed;

    if (f->node && f->node->found
        && (call->error == NGX_ZOS_RESOLVE || call->error == NGX_ZOS_CONNECT
            || call->error == NGX_ZOS_CONNECT_TIMEOUT
            || call->error == NGX_ZOS_TLS))
    {
        ngx_zos_lookup_drop(f, &f->node->id);
    }
}


/* a caller who leaves is noticed while the flow waits */

ngx_int_t
ngx_zos_flow_watch(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    rev = r->connection->read;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(rev, 0);
}


static void
ngx_zos_flow_end(ngx_zos_flow_t *f)
{
    void  (*end)(ngx_zos_flow_t *f);

    end = f->end;

    if (end) {
        f->end = NULL;
        end(f);
    }
}


static void
ngx_zos_flow_cleanup(void *data)
{
    ngx_zos_flow_t  *f = data;

    if (f->ays) {
        ngx_zos_ays_free(f);
    }

    if (f->timer.timer_set) {
        ngx_del_timer(&f->timer);
    }

    if (f->resolver) {
        ngx_resolve_name_done(f->resolver);
        f->resolver = NULL;
    }

    ngx_zos_flow_free_call(f);
    ngx_zos_flow_end(f);
}


void
ngx_zos_flow_free_call(ngx_zos_flow_t *f)
{
    if (f->call) {
        ngx_zos_call_free(f->call);
        f->call = NULL;
    }
}


ngx_int_t
ngx_zos_fail(ngx_zos_flow_t *f, ngx_uint_t status, char *reason,
    const char *fmt, ...)
{
    u_char         *p, *last;
    va_list         args;
    ngx_str_t       sentence;
    ngx_zos_out_t   out;
    u_char          buffer[NGX_ZOS_SENTENCE_MAX];

    va_start(args, fmt);
    last = ngx_vslprintf(buffer, buffer + sizeof(buffer), fmt, args);
    va_end(args);

    /* one line, whatever a backend said */

    for (p = buffer; p < last; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }

    if (last == buffer + sizeof(buffer)) {

        /* cut: not in the middle of a character */

        while (last > buffer && (*--last & 0xc0) == 0x80) { /* void */ }
    }

    sentence.data = buffer;
    sentence.len = last - buffer;

    /* a library may quote half a character */

    for (p = buffer; p < last && !ngx_zos_json_is_utf8(&sentence); p++) {
        if (*p >= 0x80) {
            *p = '?';
        }
    }

    f->status = status;
    f->error.data = (u_char *) reason;
    f->error.len = ngx_strlen(reason);

    if (ngx_zos_out_init(&out, f->request->pool, sentence.len + 32)
        == NGX_OK)
    {
        ngx_zos_out_literal(&out, "{\"error\":");
        ngx_zos_out_string(&out, &sentence);
        ngx_zos_out_literal(&out, "}");

        if (ngx_zos_out_done(&out, &f->body) != NGX_OK) {
            ngx_str_null(&f->body);
        }
    }

    ngx_log_error((status >= 500 ? NGX_LOG_ERR : NGX_LOG_INFO),
                  f->request->connection->log, 0, "zos: %V", &sentence);

    return NGX_ERROR;
}


ngx_str_t *
ngx_zos_flow_arg(ngx_zos_flow_t *f, const ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < f->match.nargs; i++) {
        if (f->match.args[i].name.len == name->len
            && ngx_memcmp(f->match.args[i].name.data, name->data, name->len)
               == 0)
        {
            return &f->match.args[i].value;
        }
    }

    return NULL;
}


/* ---- calls ---- */

ngx_zos_call_t *
ngx_zos_flow_new_call(ngx_zos_flow_t *f)
{
    ngx_msec_int_t   left;
    ngx_zos_call_t  *call;

    call = f->call;

    if (call == NULL || !call->keep) {
        ngx_zos_flow_free_call(f);

        call = ngx_zos_call_create(&f->peer, &f->conf->core0,
                                   f->request->connection->log);
        if (call == NULL) {
            return NULL;
        }

        call->handler = ngx_zos_flow_call_handler;
        call->data = f;
        f->call = call;
    }

    call->limit = 0;
    call->container = f->container;
    call->epoch = f->epoch;
    call->changes = (f->op->flags & NGX_ZOS_OP_CHANGES) ? 1 : 0;
    call->keep = f->keep;
    call->admitted = f->admitted;

    if (f->deadline) {
        left = (ngx_msec_int_t) (f->deadline - ngx_current_msec);
        call->limit = (ngx_msec_t) ngx_max(left, 1);
    }

    f->ncalls++;

    return call;
}


ngx_int_t
ngx_zos_flow_call(ngx_zos_flow_t *f, const ngx_str_t *command,
    const ngx_str_t *args)
{
    ngx_zos_call_t  *call;

    call = ngx_zos_flow_new_call(f);

    if (call == NULL
        || ngx_zos_call_command(call, command, args) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


ngx_int_t
ngx_zos_flow_lookup(ngx_zos_flow_t *f, ngx_str_t *id)
{
    ngx_zos_call_t  *call;

    call = ngx_zos_flow_new_call(f);

    if (call == NULL || ngx_zos_call_lookup(call, id) != NGX_OK) {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


ngx_int_t
ngx_zos_flow_range(ngx_zos_flow_t *f, ngx_str_t *id, ngx_str_t *stream,
    ngx_int_t from, ngx_int_t to)
{
    ngx_zos_call_t  *call;

    call = ngx_zos_flow_new_call(f);

    if (call == NULL
        || ngx_zos_call_range(call, id, stream, from, to) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


ngx_int_t
ngx_zos_flow_check(ngx_zos_flow_t *f)
{
    if (f->call->error == NGX_ZOS_OK) {
        return NGX_OK;
    }

    return ngx_zos_core0_failure(f);
}


ngx_int_t
ngx_zos_flow_goto(ngx_zos_flow_t *f, ngx_zos_step_pt step, ngx_msec_t delay)
{
    f->step = f->op->steps ? f->op->steps : ngx_zos_steps_command;

    while (*f->step != step) {
        f->step++;
    }

    f->delay = delay;

    return NGX_DECLINED;
}


ngx_int_t
ngx_zos_flow_again(ngx_zos_flow_t *f)
{
    f->step--;

    return NGX_AGAIN;
}


ngx_int_t
ngx_zos_flow_expect(ngx_zos_flow_t *f, ngx_zos_json_type_e type)
{
    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->call->result.level == 20
        && ngx_zos_json_type(&f->call->result.data) == type)
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "protocol",
                        "node \"%V\" sent an answer of an unknown shape",
                        &f->peer.node);
}


ngx_int_t
ngx_zos_flow_list(ngx_zos_flow_t *f)
{
    ngx_str_t  *data;

    data = &f->call->result.data;

    if (f->call->error == NGX_ZOS_OK && f->call->result.level == 20
        && ngx_zos_json_type(data) == NGX_ZOS_JSON_NULL)
    {
        ngx_str_set(data, "[]");
    }

    return ngx_zos_flow_expect(f, NGX_ZOS_JSON_ARRAY);
}


ngx_uint_t
ngx_zos_flow_says(ngx_zos_flow_t *f, char *words)
{
    ngx_str_t  *text;

    text = &f->call->result.text;

    return f->call->error == NGX_ZOS_FAILED && text->len
           && ngx_strlcasestrn(text->data, text->data + text->len,
                               (u_char *) words, ngx_strlen(words) - 1)
              != NULL;
}


ngx_int_t
ngx_zos_step_command(ngx_zos_flow_t *f)
{
    ngx_str_t                 args;
    const ngx_zos_command_t  *command;

    command = f->op->command;

    if (ngx_zos_flow_args(f, command->args, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &command->name, &args);
}


ngx_int_t
ngx_zos_step_project(ngx_zos_flow_t *f)
{
    ngx_int_t           rc;
    ngx_zos_result_t   *result;

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (f->op->view == NULL) {
        return NGX_OK;
    }

    result = &f->call->result;

    rc = (result->level == 20)
         ? ngx_zos_view(f, f->op->view, &result->data, &f->body)
         : NGX_DECLINED;

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "protocol",
                            "node \"%V\" sent an answer of an unknown shape",
                            &f->peer.node);
    }

    return rc;
}
