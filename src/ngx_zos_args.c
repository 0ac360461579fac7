
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The arguments of a command, from the request.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>


static ngx_int_t ngx_zos_flow_put_arg(ngx_zos_flow_t *f,
    const ngx_zos_arg_t *arg, ngx_zos_out_t *out);
static ngx_uint_t ngx_zos_flow_query_tags(ngx_zos_flow_t *f,
    const ngx_zos_arg_t *arg, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_flow_decode(ngx_pool_t *pool, ngx_str_t *value);


ngx_int_t
ngx_zos_flow_args(ngx_zos_flow_t *f, const ngx_zos_arg_t *arg,
    ngx_str_t *text)
{
    size_t         mark;
    ngx_int_t      rc;
    ngx_zos_out_t  out;

    if (arg == NULL) {
        ngx_str_set(text, "{}");
        return NGX_OK;
    }

    if (ngx_zos_out_init(&out, f->request->pool, 128) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{");

    for ( /* void */ ; arg->name.len; arg++) {

        if ((arg->presets && !(arg->presets & f->conf->ays_templates))
            || (arg->role && arg->role != f->role))
        {
            continue;
        }

        mark = out.pos - out.start;

        if (mark > 1) {
            ngx_zos_out_literal(&out, ",");
        }

        ngx_zos_out_string(&out, &arg->name);
        ngx_zos_out_literal(&out, ":");

        rc = ngx_zos_flow_put_arg(f, arg, &out);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            out.pos = out.start + mark;
        }
    }

    ngx_zos_out_literal(&out, "}");

    if (f->lacking) {
        return NGX_ERROR;
    }

    return ngx_zos_out_done(&out, text);
}


/* NGX_DECLINED: it is left out */

static ngx_int_t
ngx_zos_flow_put_arg(ngx_zos_flow_t *f, const ngx_zos_arg_t *arg,
    ngx_zos_out_t *out)
{
    ngx_int_t  rc;
    ngx_str_t  value;

    switch (arg->from) {

    case NGX_ZOS_FROM_CONST:
        ngx_zos_out_str(out, &arg->key);
        return NGX_OK;

    case NGX_ZOS_FROM_PATH:
        ngx_zos_out_string(out, ngx_zos_flow_arg(f, &arg->key));
        return NGX_OK;

    case NGX_ZOS_FROM_PATH_NUMBER:
        ngx_zos_out_str(out, ngx_zos_flow_arg(f, &arg->key));
        return NGX_OK;

    case NGX_ZOS_FROM_GET:
        return arg->get(f, out);

    case NGX_ZOS_FROM_QUERY_TAGS:
        return ngx_zos_flow_query_tags(f, arg, out) ? NGX_OK : NGX_DECLINED;

    case NGX_ZOS_FROM_BODY:
        rc = ngx_zos_body_member(f, arg, &value);

        if (rc == NGX_OK) {
            ngx_zos_out_str(out, &value);
        }

        return rc;

    case NGX_ZOS_FROM_QUERY:
        rc = ngx_zos_flow_query_arg(f, &arg->key, &value);
        break;

    default: /* NGX_ZOS_FROM_TEXT */
        rc = ngx_zos_text(f, &arg->key, &value);
    }

    if (rc == NGX_OK) {
        ngx_zos_out_string(out, &value);
    }

    return rc;
}


ngx_int_t
ngx_zos_flow_query_arg(ngx_zos_flow_t *f, const ngx_str_t *name,
    ngx_str_t *value)
{
    if (ngx_http_arg(f->request, name->data, name->len, value) != NGX_OK) {
        return NGX_DECLINED;
    }

    return ngx_zos_flow_decode(f->request->pool, value);
}


/* "tag.id=vda&tag.type=phys" as {"id":"vda","type":"phys"} */

static ngx_uint_t
ngx_zos_flow_query_tags(ngx_zos_flow_t *f, const ngx_zos_arg_t *arg,
    ngx_zos_out_t *out)
{
    u_char      *p, *last, *end, *equal;
    ngx_str_t    name, value;
    ngx_uint_t   n;

    n = 0;
    p = f->request->args.data;
    last = p + f->request->args.len;

    for ( /* void */ ; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '&');
        end = end ? end : last;

        equal = ngx_strlchr(p, end, '=');

        if (equal == NULL || (size_t) (equal - p) <= arg->key.len
            || ngx_strncmp(p, arg->key.data, arg->key.len) != 0)
        {
            continue;
        }

        name.data = p + arg->key.len;
        name.len = equal - name.data;
        value.data = equal + 1;
        value.len = end - value.data;

        if (ngx_zos_flow_decode(f->request->pool, &name) != NGX_OK
            || ngx_zos_flow_decode(f->request->pool, &value) != NGX_OK)
        {
            out->failed = 1;
            return 0;
        }

        ngx_zos_out(out, (u_char *) (n++ ? "," : "{"), 1);
        ngx_zos_out_string(out, &name);
        ngx_zos_out_literal(out, ":");
        ngx_zos_out_string(out, &value);
    }

    if (n) {
        ngx_zos_out_literal(out, "}");
    }

    return n;
}


static ngx_int_t
ngx_zos_flow_decode(ngx_pool_t *pool, ngx_str_t *value)
{
    size_t   i;
    u_char  *src, *dst, *p;

    dst = ngx_pnalloc(pool, 2 * value->len + 1);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    /* forms send a space as "+" */

    src = dst + value->len;

    for (i = 0; i < value->len; i++) {
        src[i] = value->data[i] == '+' ? ' ' : value->data[i];
    }

    p = dst;

    ngx_unescape_uri(&p, &src, value->len, 0);

    value->data = dst;
    value->len = p - dst;

    return NGX_OK;
}
