
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_zos_json.h>


static ngx_int_t ngx_zos_out_reserve(ngx_zos_out_t *out, size_t len);
static ngx_int_t ngx_zos_out_grow(ngx_zos_out_t *out, size_t len);


ngx_int_t
ngx_zos_out_init(ngx_zos_out_t *out, ngx_pool_t *pool, size_t size)
{
    out->pool = pool;
    out->failed = 0;

    out->start = ngx_pnalloc(pool, size);
    if (out->start == NULL) {
        return NGX_ERROR;
    }

    out->pos = out->start;
    out->end = out->start + size;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_out_reserve(ngx_zos_out_t *out, size_t len)
{
    if ((size_t) (out->end - out->pos) >= len) {
        return NGX_OK;
    }

    return ngx_zos_out_grow(out, len);
}


static ngx_int_t
ngx_zos_out_grow(ngx_zos_out_t *out, size_t len)
{
    u_char  *p;
    size_t   used, size;

    if (out->failed) {
        return NGX_ERROR;
    }

    used = out->pos - out->start;
    size = ngx_max(2 * (size_t) (out->end - out->start), used + len);

    p = ngx_pnalloc(out->pool, size);
    if (p == NULL) {
        out->failed = 1;
        return NGX_ERROR;
    }

    ngx_memcpy(p, out->start, used);

    ngx_pfree(out->pool, out->start);

    out->start = p;
    out->pos = p + used;
    out->end = p + size;

    return NGX_OK;
}


void
ngx_zos_out(ngx_zos_out_t *out, const u_char *data, size_t len)
{
    if (len && ngx_zos_out_reserve(out, len) == NGX_OK) {
        out->pos = ngx_cpymem(out->pos, data, len);
    }
}


void
ngx_zos_out_string(ngx_zos_out_t *out, const ngx_str_t *text)
{
    size_t  len;

    len = text->len + ngx_escape_json(NULL, text->data, text->len);

    if (ngx_zos_out_reserve(out, len + 2) != NGX_OK) {
        return;
    }

    *out->pos++ = '"';

    if (len == 0) {
        /* an absent text has no address either */

    } else if (len == text->len) {
        out->pos = ngx_cpymem(out->pos, text->data, len);

    } else {
        out->pos = (u_char *) ngx_escape_json(out->pos, text->data, text->len);
    }

    *out->pos++ = '"';
}


void
ngx_zos_out_base64(ngx_zos_out_t *out, ngx_str_t *bytes)
{
    ngx_str_t  text;

    if (ngx_zos_out_reserve(out, ngx_base64_encoded_length(bytes->len))
        == NGX_OK)
    {
        text.data = out->pos;
        ngx_encode_base64(&text, bytes);
        out->pos += text.len;
    }
}


void
ngx_zos_out_integer(ngx_zos_out_t *out, int64_t number)
{
    if (ngx_zos_out_reserve(out, NGX_INT64_LEN) == NGX_OK) {
        out->pos = ngx_sprintf(out->pos, "%L", number);
    }
}


ngx_int_t
ngx_zos_out_done(ngx_zos_out_t *out, ngx_str_t *text)
{
    text->data = out->start;
    text->len = out->pos - out->start;

    return out->failed ? NGX_ERROR : NGX_OK;
}
