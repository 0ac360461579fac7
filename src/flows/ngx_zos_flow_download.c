
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A file of a container, in blocks of 512 KiB at most, as core0 gives them.
 * Two of them are asked for or in memory, however large the file is and
 * however slow the client: the next one is read while the last one is sent,
 * and is not sent before the last one has left.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>
#include <ngx_zos_files.h>


typedef struct {
    ngx_str_t          path;
    ngx_str_t          dir;
    ngx_str_t          file;
    ngx_zos_blocks_t   blocks;   /* in flight */
    ngx_str_t         *type;     /* NULL: it is to be saved */
    int64_t            size;     /* -1: not known */
    int64_t            sent;
    u_char            *block;    /* that is sent */
    ngx_buf_t         *buf;
    ngx_chain_t        out;
    unsigned           full:1;   /* the last block */
    unsigned           end:1;
} ngx_zos_download_t;


static ngx_int_t ngx_zos_download_check(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_download_wants(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_download_block(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_download_decode(ngx_zos_flow_t *f,
    ngx_str_t *block);
static ngx_int_t ngx_zos_download_headers(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_download_name(ngx_zos_flow_t *f, ngx_str_t *value);
static ngx_int_t ngx_zos_download_send(ngx_zos_flow_t *f, ngx_str_t *block);
static void ngx_zos_download_end(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_download[] = {
    ngx_zos_download_check,
    NGX_ZOS_STEPS_DOWNLOAD,
    NULL
};


static ngx_int_t
ngx_zos_download_check(ngx_zos_flow_t *f)
{
    ngx_str_t  path;

    if (ngx_zos_file_path(f, &path) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_download(f, &path, NULL);
}


ngx_int_t
ngx_zos_download(ngx_zos_flow_t *f, ngx_str_t *path, ngx_str_t *type)
{
    u_char              *p;
    ngx_zos_download_t  *d;

    d = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_download_t));
    if (d == NULL) {
        return NGX_ERROR;
    }

    f->ctx = d;
    d->size = -1;
    d->type = type;
    d->path = *path;

    for (p = d->path.data + d->path.len; p[-1] != '/'; p--) { /* void */ }

    d->file.data = p;
    d->file.len = d->path.data + d->path.len - p;

    d->dir.data = d->path.data;
    d->dir.len = ngx_max(p - 1 - d->path.data, 1);

    return NGX_OK;
}


ngx_int_t
ngx_zos_download_open(ngx_zos_flow_t *f)
{
    ngx_str_t            args;
    ngx_zos_out_t        out;
    ngx_zos_download_t  *d;

    d = f->ctx;

    if (ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"file\":");
    ngx_zos_out_string(&out, &d->path);
    ngx_zos_out_literal(&out, ",\"mode\":\"r\",\"perm\":420}");

    if (ngx_zos_out_done(&out, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &ngx_zos_file_open, &args);
}


ngx_int_t
ngx_zos_download_opened(ngx_zos_flow_t *f)
{
    ngx_str_t            args;
    ngx_zos_download_t  *d;

    d = f->ctx;

    if (ngx_zos_blocks_opened(f, &d->blocks) != NGX_OK) {
        return NGX_ERROR;
    }

    f->end = ngx_zos_download_end;

    if (ngx_zos_flow_watch(f->request) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_zos_file_args(f->request->pool, &args, "path", &d->dir, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &ngx_zos_file_list, &args);
}


/* only for the size; whatever goes wrong here, the reading will tell */

ngx_int_t
ngx_zos_download_listed(ngx_zos_flow_t *f)
{
    int64_t               mode;
    ngx_str_t             key, entry, value, name;
    ngx_zos_download_t   *d;
    ngx_zos_json_iter_t   it;

    static const ngx_str_t  name_path = ngx_string("name");
    static const ngx_str_t  size_path = ngx_string("size");
    static const ngx_str_t  mode_path = ngx_string("mode");
    static const ngx_str_t  is_dir_path = ngx_string("is_dir");

    d = f->ctx;

    if (f->call->error != NGX_ZOS_OK || f->call->result.level != 20
        || ngx_zos_json_type(&f->call->result.data) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_OK;
    }

    ngx_zos_json_iter(&it, &f->call->result.data);

    while (ngx_zos_json_next(&it, &key, &entry) == NGX_OK) {

        if (ngx_zos_json_get(&entry, &name_path, &value) != NGX_OK
            || ngx_zos_json_string(f->call->pool, &value, &name) != NGX_OK
            || name.len != d->file.len
            || ngx_memcmp(name.data, d->file.data, name.len) != 0)
        {
            continue;
        }

        if (ngx_zos_json_get(&entry, &is_dir_path, &value) == NGX_OK
            && *value.data == 't')
        {
            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "failed",
                                "\"%V\" is a directory", &d->path);
        }

        /*
         * Files of the kernel have a size of 0 and some content; what has
         * all permissions may be a link, whose size is not the file's.
         */

        if (ngx_zos_json_get(&entry, &size_path, &value) != NGX_OK
            || ngx_zos_json_integer(&value, &d->size) != NGX_OK
            || d->size < 1
            || (ngx_zos_json_get(&entry, &mode_path, &value) == NGX_OK
                && ngx_zos_json_integer(&value, &mode) == NGX_OK
                && (mode & 0777) == 0777))
        {
            d->size = -1;
        }

        break;
    }

    return NGX_OK;
}


/* again for all that happens: a read is done, or what was sent has left */

ngx_int_t
ngx_zos_download_blocks(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_uint_t           sending;
    ngx_zos_download_t  *d;

    d = f->ctx;

    for ( ;; ) {
        rc = ngx_zos_step_drain(f);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        sending = (rc == NGX_AGAIN);

        if (d->end) {
            return NGX_DONE;
        }

        if (!sending && ngx_zos_blocks_next(f, &d->blocks) == NGX_OK) {

            if (ngx_zos_download_block(f) != NGX_OK) {
                return NGX_ERROR;
            }

            continue;
        }

        if (d->blocks.n + sending == NGX_ZOS_BLOCKS
            || !ngx_zos_download_wants(f)
            || !ngx_zos_blocks_room(f, &d->blocks))
        {
            return ngx_zos_flow_again(f);
        }

        if (ngx_zos_blocks_call(f, &d->blocks, &ngx_zos_file_read, NULL)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }
}


/* another block, which those in flight do not bring yet */

static ngx_uint_t
ngx_zos_download_wants(ngx_zos_flow_t *f)
{
    ngx_zos_download_t  *d;

    d = f->ctx;

    if (d->blocks.n == 0) {
        return 1;
    }

    if (f->request->header_only) {
        return 0;
    }

    /* where it ends is not known: behind a block that is not full, maybe */

    return d->size < 0 ? d->full
           : d->sent + (int64_t) d->blocks.n * NGX_ZOS_BLOCK < d->size;
}


static ngx_int_t
ngx_zos_download_block(ngx_zos_flow_t *f)
{
    ngx_str_t            block;
    ngx_zos_download_t  *d;

    d = f->ctx;

    if (ngx_zos_file_failed(f) != NGX_OK
        || ngx_zos_download_decode(f, &block) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (block.len == 0) {

        if (d->size >= 0 && d->sent != d->size) {
            return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "changed",
                                "the file became shorter while it was read");
        }

        d->end = 1;
    }

    if (!f->headers && ngx_zos_download_headers(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (d->end || f->request->header_only) {
        d->end = 1;
        return NGX_OK;
    }

    d->full = (block.len == NGX_ZOS_BLOCK);

    if (d->size >= 0 && d->sent + (int64_t) block.len > d->size) {
        /* it has grown: what was announced is sent */
        block.len = (size_t) (d->size - d->sent);
    }

    if (block.len && ngx_zos_download_send(f, &block) != NGX_OK) {
        return NGX_ERROR;
    }

    d->end = (d->size >= 0 && d->sent == d->size);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_download_decode(ngx_zos_flow_t *f, ngx_str_t *block)
{
    ngx_str_t            text;
    ngx_zos_download_t  *d;

    d = f->ctx;

    if (ngx_zos_flow_expect(f, NGX_ZOS_JSON_STRING) != NGX_OK
        || ngx_zos_json_string(f->call->pool, &f->call->result.data, &text)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (d->block == NULL) {
        d->block = ngx_palloc(f->request->pool, NGX_ZOS_BLOCK + 3);
        if (d->block == NULL) {
            return NGX_ERROR;
        }
    }

    block->data = d->block;
    block->len = 0;

    if (text.len
        && (ngx_base64_decoded_length(text.len) > NGX_ZOS_BLOCK + 3
            || ngx_decode_base64(block, &text) != NGX_OK))
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "protocol",
                            "node \"%V\" sent an invalid block of the file",
                            &f->peer.node);
    }

    /* some 700 KB, and the same again without the escapes */

    ngx_zos_flow_free_call(f);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_download_headers(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_str_t            name, *type;
    ngx_zos_download_t  *d;
    ngx_http_request_t  *r;

    static ngx_str_t  any = ngx_string("application/octet-stream");
    static ngx_str_t  nosniff = ngx_string("nosniff");

    r = f->request;
    d = f->ctx;

    type = d->type;

    if (type == NULL) {
        type = &any;

        if (ngx_zos_download_name(f, &name) != NGX_OK
            || ngx_zos_add_header(r, "Content-Disposition", &name) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_zos_add_header(r, "X-Content-Type-Options", &nosniff) != NGX_OK) {
        return NGX_ERROR;
    }

    f->status = NGX_HTTP_OK;
    r->headers_out.content_length_n = d->end ? 0 : d->size;

    rc = ngx_zos_send_header(f, type);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "internal",
                            "the header can't be sent");
    }

    return NGX_OK;
}


/* attachment; filename*=UTF-8''..., RFC 6266 */

static ngx_int_t
ngx_zos_download_name(ngx_zos_flow_t *f, ngx_str_t *value)
{
    size_t               len;
    u_char              *p;
    ngx_zos_download_t  *d;

    d = f->ctx;

    len = d->file.len + 2 * ngx_escape_uri(NULL, d->file.data, d->file.len,
                                           NGX_ESCAPE_URI_COMPONENT);

    value->len = sizeof("attachment; filename*=UTF-8''") - 1 + len;
    value->data = ngx_pnalloc(f->request->pool, value->len);

    if (value->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value->data, "attachment; filename*=UTF-8''",
                   sizeof("attachment; filename*=UTF-8''") - 1);

    ngx_escape_uri(p, d->file.data, d->file.len, NGX_ESCAPE_URI_COMPONENT);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_download_send(ngx_zos_flow_t *f, ngx_str_t *block)
{
    ngx_zos_download_t  *d;

    d = f->ctx;

    if (d->buf == NULL) {
        d->buf = ngx_calloc_buf(f->request->pool);
        if (d->buf == NULL) {
            return NGX_ERROR;
        }
    }

    d->buf->pos = block->data;
    d->buf->last = block->data + block->len;
    d->buf->memory = 1;
    d->buf->flush = 1;

    d->out.buf = d->buf;
    d->out.next = NULL;

    d->sent += block->len;

    if (ngx_http_output_filter(f->request, &d->out) == NGX_ERROR) {
        return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "closed",
                            "the client has left");
    }

    return NGX_OK;
}


static void
ngx_zos_download_end(ngx_zos_flow_t *f)
{
    ngx_zos_download_t  *d;
    ngx_zos_detached_t   close;

    d = f->ctx;

    ngx_zos_blocks_free(&d->blocks);

    close.command = &ngx_zos_file_close;
    close.args = d->blocks.args;
    close.queue = d->blocks.fd;

    ngx_zos_detached(&f->peer, &f->conf->core0, f->container, &close, 1);
}
