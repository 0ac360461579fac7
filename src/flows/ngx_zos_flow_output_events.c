
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The output of a job: records of the node's list as server-sent events.
 *
 * A list is read on from the record that was read last, found by its place
 * in it.  A list that is full is trimmed at its head with every record, and
 * is read from its tail instead.
 *
 * The id of an event is the record's time in nanoseconds; that of a
 * subscription, where the node notes the time anew for each, has the
 * subscription before it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>
#include <ngx_zos_files.h>
#include <ngx_zos_output.h>


#define NGX_ZOS_OUTPUT_END  6            /* flags of the last record */


static ngx_uint_t ngx_zos_output_find(ngx_zos_output_t *o,
    ngx_zos_resp_t *list, ngx_uint_t *next);
static ngx_int_t ngx_zos_output_record(ngx_zos_flow_t *f, ngx_str_t *record,
    ngx_zos_out_t *out);
static void ngx_zos_output_id(ngx_zos_output_t *o, int64_t epoch,
    ngx_zos_out_t *out);
static ngx_int_t ngx_zos_output_remember(ngx_zos_output_t *o,
    ngx_str_t *record, ngx_pool_t *pool);
static void ngx_zos_output_event(ngx_zos_out_t *out, int64_t level,
    ngx_str_t *text);
static void ngx_zos_output_lines(ngx_zos_flow_t *f, ngx_zos_out_t *out,
    int64_t level, ngx_str_t *stream);


ngx_int_t
ngx_zos_output_records(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_uint_t         i, n;
    ngx_zos_resp_t     element, *list;
    ngx_zos_output_t  *o;

    o = f->ctx;
    list = &f->call->reply[0];
    n = list->type == NGX_ZOS_RESP_ARRAY ? list->nelts : 0;
    i = 0;

    if (o->told && !ngx_zos_output_find(o, list, &i)) {

        if (!o->tail) {
            o->tail = 1;
            return NGX_AGAIN;
        }

        if (n == 0) {
            /* a minute after the end of the job the list goes */
            return NGX_OK;
        }

        if (n == o->batch && o->batch < NGX_ZOS_OUTPUT_KEPT) {
            o->batch = ngx_min(2 * o->batch, NGX_ZOS_OUTPUT_KEPT);
            return NGX_AGAIN;
        }

        /* it has left the list: so have others that nobody has seen */

        ngx_zos_out_literal(out, ": records are lost\n\n");
        i = 0;
    }

    for ( /* void */ ; i < n; i++) {

        if (ngx_zos_resp_element(list, i, &element) != NGX_OK
            || ngx_zos_output_record(f, &element.str, out) != NGX_OK
            || ngx_zos_output_remember(o, &element.str, f->request->pool)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        o->pos++;
        o->told = 1;
        o->heard = ngx_current_msec;
    }

    if (o->tail) {
        o->batch = NGX_ZOS_OUTPUT_BATCH;
        return NGX_OK;
    }

    return n == o->batch ? NGX_AGAIN : NGX_OK;
}


/* the last record; "next" is the one after it */

static ngx_uint_t
ngx_zos_output_find(ngx_zos_output_t *o, ngx_zos_resp_t *list,
    ngx_uint_t *next)
{
    ngx_uint_t      i;
    ngx_zos_resp_t  element;

    for (i = list->type == NGX_ZOS_RESP_ARRAY ? list->nelts : 0; i; i--) {

        if (ngx_zos_resp_element(list, i - 1, &element) == NGX_OK
            && element.str.len == o->last.len
            && ngx_memcmp(element.str.data, o->last.data, o->last.len) == 0)
        {
            *next = i;

            /* anywhere but at its place: the list has been trimmed */

            return o->tail || i == 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_zos_output_record(ngx_zos_flow_t *f, ngx_str_t *record,
    ngx_zos_out_t *out)
{
    int64_t            epoch, meta;
    ngx_str_t          root, value, text;
    ngx_zos_output_t  *o;

    static const ngx_str_t  message_path = ngx_string("message.message");
    static const ngx_str_t  epoch_path = ngx_string("message.epoch");
    static const ngx_str_t  meta_path = ngx_string("message.meta");

    o = f->ctx;

    if (ngx_zos_json_check(record, &root) != NGX_OK
        || ngx_zos_json_type(&root) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(&root, &epoch_path, &value) != NGX_OK
        || ngx_zos_json_integer(&value, &epoch) != NGX_OK || epoch < 0
        || ngx_zos_json_get(&root, &meta_path, &value) != NGX_OK
        || ngx_zos_json_integer(&value, &meta) != NGX_OK)
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "protocol",
                            "node \"%V\" sent an invalid record",
                            &f->peer.node);
    }

    if (meta & NGX_ZOS_OUTPUT_END) {
        o->end = 1;
    }

    (void) ngx_zos_json_get(&root, &message_path, &value);

    if (value.len == 0
        || ngx_zos_json_string(o->pool, &value, &text) != NGX_OK)
    {
        ngx_str_null(&text);
    }

    if (o->resume) {

        if (epoch <= o->resume) {
            return NGX_OK;
        }

        o->resume = 0;
    }

    /* the last record of a subscription is the subscription's own result */

    if ((meta & NGX_ZOS_OUTPUT_END)
        && (text.len == 0 || o->stream.data != o->job.data))
    {
        return NGX_OK;
    }

    ngx_zos_output_id(o, epoch, out);
    ngx_zos_output_event(out, (meta >> 16) & 0xff, &text);

    return NGX_OK;
}


static void
ngx_zos_output_id(ngx_zos_output_t *o, int64_t epoch, ngx_zos_out_t *out)
{
    ngx_zos_out_literal(out, "id: ");

    if (o->stream.data != o->job.data) {
        ngx_zos_out_str(out, &o->stream);
        ngx_zos_out_literal(out, "/");
    }

    ngx_zos_out_integer(out, epoch);
    ngx_zos_out_literal(out, "\n");
}


/* the reply that it is in goes with the call */

static ngx_int_t
ngx_zos_output_remember(ngx_zos_output_t *o, ngx_str_t *record,
    ngx_pool_t *pool)
{
    if (o->record.len < record->len) {

        if (o->record.data) {
            ngx_pfree(pool, o->record.data);
        }

        o->record.len = 2 * record->len;
        o->record.data = ngx_pnalloc(pool, o->record.len);

        if (o->record.data == NULL) {
            o->record.len = 0;
            return NGX_ERROR;
        }
    }

    ngx_memcpy(o->record.data, record->data, record->len);

    o->last.data = o->record.data;
    o->last.len = record->len;

    return NGX_OK;
}


/* a line end in the text would end the field, and two the event */

static void
ngx_zos_output_event(ngx_zos_out_t *out, int64_t level, ngx_str_t *text)
{
    u_char  *p, *end, *last;

    switch (level) {

    case 1:
        ngx_zos_out_literal(out, "event: stdout\n");
        break;

    case 2:
        ngx_zos_out_literal(out, "event: stderr\n");
        break;

    case 20:
        ngx_zos_out_literal(out, "event: result\n");
        break;

    default:
        ngx_zos_out_literal(out, "event: log\n");
    }

    last = text->data + text->len;

    for (p = text->data; p <= last; p = end + 1) {

        for (end = p; end < last && *end != CR && *end != LF; end++) {
            /* void */
        }

        ngx_zos_out_literal(out, "data: ");

        if (end > p) {
            ngx_zos_out(out, p, end - p);
        }

        ngx_zos_out_literal(out, "\n");

        if (end + 1 < last && end[0] == CR && end[1] == LF) {
            end++;
        }
    }

    ngx_zos_out_literal(out, "\n");
}


ngx_int_t
ngx_zos_output_ended(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_str_t          text;
    ngx_zos_output_t  *o;

    o = f->ctx;

    if (ngx_zos_job_result(f, &f->call->reply[2].str, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    /* without a stream, the last lines are in the result */

    if (o->stream.len == 0) {
        ngx_zos_output_lines(f, out, 1, &f->call->result.out);
        ngx_zos_output_lines(f, out, 2, &f->call->result.err);
    }

    ngx_zos_out_literal(out, "event: end\ndata: ");
    ngx_zos_out_str(out, &text);
    ngx_zos_out_literal(out, "\n\n");

    return ngx_zos_output_send(f, out) == NGX_OK ? NGX_DONE : NGX_ERROR;
}


static void
ngx_zos_output_lines(ngx_zos_flow_t *f, ngx_zos_out_t *out, int64_t level,
    ngx_str_t *stream)
{
    u_char            *p, *end, *last;
    ngx_str_t          text, line;
    ngx_zos_output_t  *o;

    o = f->ctx;

    if (stream->len == 0
        || ngx_zos_json_string(o->pool, stream, &text) != NGX_OK)
    {
        return;
    }

    last = text.data + text.len;

    for (p = text.data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, LF);
        end = end ? end : last;

        line.data = p;
        line.len = end - p;

        ngx_zos_output_event(out, level, &line);
    }
}


ngx_int_t
ngx_zos_output_send(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_str_t          text;
    ngx_chain_t        cl;
    ngx_zos_output_t  *o;

    o = f->ctx;

    if (ngx_zos_out_done(out, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == 0) {
        return NGX_OK;
    }

    if (o->buf == NULL) {
        o->buf = ngx_calloc_buf(f->request->pool);
        if (o->buf == NULL) {
            return NGX_ERROR;
        }
    }

    o->buf->pos = text.data;
    o->buf->last = text.data + text.len;
    o->buf->memory = 1;
    o->buf->flush = 1;

    cl.buf = o->buf;
    cl.next = NULL;

    o->spoke = ngx_current_msec;

    if (ngx_http_output_filter(f->request, &cl) == NGX_ERROR) {
        return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "closed",
                            "the client has left");
    }

    return NGX_OK;
}
