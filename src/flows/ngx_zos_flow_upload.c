
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A file into a container.  The body is read only as fast as the node takes
 * it: the next block comes in while the last ones are written.  It goes into a
 * file beside the wanted one, which is moved there when all of it has been
 * written, so that nobody ever sees a part of it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_upload.h>


#define NGX_ZOS_UPLOAD_NAME  200        /* bytes of the name beside it */


static ngx_int_t ngx_zos_upload_check(ngx_zos_flow_t *f);
static ngx_zos_upload_t *ngx_zos_upload_new(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_upload_type(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_upload_is(ngx_str_t *type, char *name);
static ngx_int_t ngx_zos_upload_perm(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_upload_part(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_upload_forward(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_upload_complete(ngx_zos_flow_t *f);
static void ngx_zos_upload_end(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_upload[] = {
    ngx_zos_upload_check,
    NGX_ZOS_STEPS_UPLOAD,
    NGX_ZOS_STEPS_UPLOAD_MOVE,
    NULL
};


static ngx_int_t
ngx_zos_upload_check(ngx_zos_flow_t *f)
{
    ngx_zos_upload_t  *u;

    u = ngx_zos_upload_new(f);

    if (u == NULL
        || ngx_zos_file_path(f, &u->path) != NGX_OK
        || ngx_zos_upload_type(f) != NGX_OK
        || ngx_zos_upload_perm(f) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_upload_text(ngx_zos_flow_t *f, ngx_str_t *path, size_t max)
{
    ngx_zos_upload_t  *u;
    ngx_table_elt_t   *type;

    u = ngx_zos_upload_new(f);
    if (u == NULL) {
        return NGX_ERROR;
    }

    u->path = *path;
    u->perm = 0644;
    u->max = max;

    type = f->request->headers_in.content_type;

    if (type && ngx_strncasecmp(type->value.data, (u_char *) "multipart/", 10)
                == 0)
    {
        return ngx_zos_fail(f, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "media type",
                            "the body must be the text itself, text/plain");
    }

    if (f->request->headers_in.content_length_n > (off_t) max) {
        return ngx_zos_upload_too_large(f);
    }

    return NGX_OK;
}


static ngx_zos_upload_t *
ngx_zos_upload_new(ngx_zos_flow_t *f)
{
    ngx_zos_upload_t  *u;

    u = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_upload_t));
    if (u == NULL) {
        return NULL;
    }

    f->ctx = u;
    f->end = ngx_zos_upload_end;

    u->start = ngx_palloc(f->request->pool, NGX_ZOS_BLOCK);
    if (u->start == NULL) {
        return NULL;
    }

    u->pos = u->start;
    u->end = u->start + NGX_ZOS_BLOCK;

    return u;
}


static ngx_int_t
ngx_zos_upload_type(ngx_zos_flow_t *f)
{
    ngx_str_t         *type;
    ngx_zos_upload_t  *u;

    u = f->ctx;

    if (f->request->headers_in.content_type == NULL) {
        goto unknown;
    }

    type = &f->request->headers_in.content_type->value;

    if (ngx_zos_upload_is(type, "application/octet-stream")) {
        return NGX_OK;
    }

    if (!ngx_zos_upload_is(type, "multipart/form-data")) {
        goto unknown;
    }

    u->multipart = ngx_palloc(f->request->pool, sizeof(ngx_zos_multipart_t));
    if (u->multipart == NULL) {
        return NGX_ERROR;
    }

    if (ngx_zos_multipart_init(u->multipart, type) != NGX_OK) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the Content-Type has no valid boundary");
    }

    return NGX_OK;

unknown:

    return ngx_zos_fail(f, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE, "media type",
                        "the body must be multipart/form-data or "
                        "application/octet-stream");
}


static ngx_uint_t
ngx_zos_upload_is(ngx_str_t *type, char *name)
{
    size_t  len;

    len = ngx_strlen(name);

    return type->len >= len
           && ngx_strncasecmp(type->data, (u_char *) name, len) == 0
           && (type->len == len || type->data[len] == ';'
               || type->data[len] == ' ' || type->data[len] == '\t');
}


/* ?perm=755, as chmod(1) has it */

static ngx_int_t
ngx_zos_upload_perm(ngx_zos_flow_t *f)
{
    size_t             i;
    ngx_str_t          value;
    ngx_zos_upload_t  *u;

    static const ngx_str_t  name = ngx_string("perm");

    u = f->ctx;
    u->perm = 0644;

    if (ngx_zos_flow_query_arg(f, &name, &value) != NGX_OK) {
        return NGX_OK;
    }

    u->perm = 0;

    for (i = 0; i < value.len; i++) {

        if (value.data[i] < '0' || value.data[i] > '7') {
            break;
        }

        u->perm = u->perm * 8 + (value.data[i] - '0');
    }

    if (i == 0 || i < value.len || value.len > 4 || u->perm > 0777) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad parameter",
                            "perm must be octal, from 0 to 777");
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_upload_open(ngx_zos_flow_t *f)
{
    ngx_str_t          args;
    ngx_zos_out_t      out;
    ngx_zos_upload_t  *u;

    u = f->ctx;

    if (ngx_zos_upload_part(f) != NGX_OK
        || ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"file\":");
    ngx_zos_out_string(&out, &u->part);
    ngx_zos_out_literal(&out, ",\"mode\":\"x\",\"perm\":");
    ngx_zos_out_integer(&out, u->perm);
    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    u->opening = 1;

    return ngx_zos_flow_call(f, &ngx_zos_file_open, &args);
}


/* "/etc/hosts" is written as "/etc/.hosts.1a2b3c4d.part" */

static ngx_int_t
ngx_zos_upload_part(ngx_zos_flow_t *f)
{
    u_char            *p, *name, *last;
    ngx_zos_upload_t  *u;

    u = f->ctx;

    for (name = u->path.data + u->path.len; name[-1] != '/'; name--) {
        /* void */
    }

    p = ngx_pnalloc(f->request->pool, u->path.len + sizeof("..12345678.part"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    u->part.data = p;

    p = ngx_cpymem(p, u->path.data, name - u->path.data);
    *p++ = '.';

    /* a name may be as long as a directory allows already */

    last = u->path.data + u->path.len;

    if (last - name > NGX_ZOS_UPLOAD_NAME) {

        /* not in the middle of a character */

        for (last = name + NGX_ZOS_UPLOAD_NAME; (*last & 0xc0) == 0x80; last--)
        {
            /* void */
        }
    }

    p = ngx_cpymem(p, name, last - name);
    p = ngx_sprintf(p, ".%08xD.part", (uint32_t) ngx_random());

    u->part.len = p - u->part.data;

    return NGX_OK;
}


ngx_int_t
ngx_zos_upload_opened(ngx_zos_flow_t *f)
{
    ngx_zos_upload_t  *u;

    u = f->ctx;

    u->opening = (f->call->error != NGX_ZOS_FAILED);

    if (ngx_zos_blocks_opened(f, &u->blocks) != NGX_OK) {
        return NGX_ERROR;
    }

    u->opened = 1;

    return NGX_OK;
}


/* ---- the content ---- */

/*
 * Again for all that happens: something of the body has come, a write has
 * been sent or is done.  Nothing more is read of the body than fits into the
 * block that is to be sent next.
 */

ngx_int_t
ngx_zos_upload_blocks(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_zos_upload_t  *u;

    u = f->ctx;
    f->waiting = 0;

    while (ngx_zos_blocks_next(f, &u->blocks) == NGX_OK) {
        if (f->error.len == 0) {
            (void) ngx_zos_file_failed(f);
        }
    }

    rc = ngx_zos_upload_forward(f);

    /* what is in flight is waited for, after an error, too */

    if (rc == NGX_AGAIN
        || (u->blocks.n && (rc == NGX_OK || f->error.len)))
    {
        f->waiting = 1;

        if (f->error.len) {
            ngx_zos_upload_pause(f);
        }

        return ngx_zos_flow_again(f);
    }

    return rc == NGX_OK ? ngx_zos_upload_complete(f) : NGX_ERROR;
}


/* from the body to the node; NGX_OK: all of it has been sent */

static ngx_int_t
ngx_zos_upload_forward(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_str_t          block;
    ngx_zos_upload_t  *u;

    u = f->ctx;

    if (!u->started && ngx_zos_upload_start(f) != NGX_OK) {
        return NGX_ERROR;
    }

    for ( ;; ) {
        rc = ngx_zos_upload_fill(f);

        if (rc != NGX_OK || u->pos == u->start) {
            return rc;
        }

        if (!ngx_zos_blocks_room(f, &u->blocks)) {
            ngx_zos_upload_pause(f);
            return NGX_AGAIN;
        }

        block.data = u->start;
        block.len = u->pos - u->start;

        if (ngx_zos_blocks_call(f, &u->blocks, &ngx_zos_file_write, &block)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        u->pos = u->start;
        u->full = 0;
    }
}


static ngx_int_t
ngx_zos_upload_complete(ngx_zos_flow_t *f)
{
    ngx_zos_upload_t  *u;

    u = f->ctx;

    if (u->multipart && !u->multipart->complete) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the body has no %spart named \"file\"",
                            u->multipart->found ? "whole " : "");
    }

    if (u->max && u->size == 0) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "the request needs a body, the text");
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_upload_close(ngx_zos_flow_t *f)
{
    ngx_zos_upload_t  *u;

    u = f->ctx;

    return ngx_zos_flow_call(f, &ngx_zos_file_close, &u->blocks.args);
}


ngx_int_t
ngx_zos_upload_closed(ngx_zos_flow_t *f)
{
    return ngx_zos_file_failed(f);
}


ngx_int_t
ngx_zos_upload_move(ngx_zos_flow_t *f)
{
    ngx_str_t          args;
    ngx_zos_upload_t  *u;

    u = f->ctx;

    if (ngx_zos_file_args(f->request->pool, &args, "path", &u->part,
                          "destination", &u->path, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &ngx_zos_file_move, &args);
}


ngx_int_t
ngx_zos_upload_moved(ngx_zos_flow_t *f)
{
    ngx_zos_upload_t  *u;

    u = f->ctx;

    if (ngx_zos_file_failed(f) != NGX_OK) {
        return NGX_ERROR;
    }

    u->done = 1;

    f->end = NULL;
    ngx_zos_upload_end(f);

    return NGX_OK;
}


/* whatever went wrong, nothing is left behind */

static void
ngx_zos_upload_end(ngx_zos_flow_t *f)
{
    ngx_uint_t           n;
    ngx_zos_upload_t    *u;
    ngx_http_request_t  *r;
    ngx_zos_detached_t   commands[2];

    r = f->request;
    u = f->ctx;

    if (!u->started) {
        r->expect_tested = 1;
        (void) ngx_http_discard_request_body(r);
    }

    r->read_event_handler = ngx_http_block_reading;

    ngx_zos_blocks_free(&u->blocks);

    if (!u->opening || u->done) {
        return;
    }

    /* without an answer to the opening, the file may be there all the same */

    n = 0;
    ngx_memzero(commands, sizeof(commands));

    if (u->opened) {
        commands[n].command = &ngx_zos_file_close;
        commands[n].args = u->blocks.args;
        commands[n++].queue = u->blocks.fd;
    }

    commands[n].command = &ngx_zos_file_remove;

    if (ngx_zos_file_args(r->pool, &commands[n].args, "path", &u->part, NULL)
        == NGX_OK)
    {
        ngx_zos_detached(&f->peer, &f->conf->core0, f->container, commands,
                         n + 1);
    }
}
