
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The tree of path segments, built from the tables when the configuration is
 * read.  A request is routed by its raw path: what a name is must not depend
 * on merge_slashes or on where an escaped slash stands.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


#define NGX_ZOS_MAX_SEGMENTS  16


typedef struct {
    const ngx_zos_op_t   *op;
    ngx_uint_t            number;
    ngx_str_t             params[NGX_ZOS_MAX_PARAMS];   /* names, in order */
    ngx_uint_t            nparams;
} ngx_zos_route_op_t;


struct ngx_zos_route_s {
    ngx_str_t             segment;      /* empty: any, a parameter */
    ngx_array_t           children;     /* ngx_zos_route_t *, any last */
    ngx_array_t           ops;          /* ngx_zos_route_op_t */
};


typedef struct {
    ngx_str_t             segments[NGX_ZOS_MAX_SEGMENTS];   /* decoded */
    ngx_uint_t            nsegments;
    ngx_str_t             values[NGX_ZOS_MAX_PARAMS];
    ngx_uint_t            nvalues;
    ngx_uint_t            method;
    u_char               *allowed;
    ngx_zos_match_t      *match;
} ngx_zos_route_ctx_t;


static ngx_zos_route_t *ngx_zos_route_create(ngx_pool_t *pool,
    ngx_str_t *segment);
static ngx_int_t ngx_zos_route_add(ngx_conf_t *cf, ngx_zos_route_t *root,
    const ngx_zos_op_t *op, ngx_uint_t number);
static ngx_zos_route_t *ngx_zos_route_child(ngx_pool_t *pool,
    ngx_zos_route_t *route, ngx_str_t *segment);
static ngx_int_t ngx_zos_route_segments(ngx_pool_t *pool, ngx_str_t *path,
    ngx_zos_route_ctx_t *ctx);
static ngx_int_t ngx_zos_route_decode(u_char **dst, u_char *src, u_char *last);
static ngx_int_t ngx_zos_route_walk(ngx_zos_route_t *route,
    ngx_zos_route_ctx_t *ctx, ngx_uint_t n);
static ngx_int_t ngx_zos_route_method(ngx_zos_route_t *route,
    ngx_zos_route_ctx_t *ctx);


ngx_int_t
ngx_zos_route_init(ngx_conf_t *cf, ngx_zos_main_conf_t *zmcf)
{
    ngx_uint_t           i, n;
    const ngx_zos_op_t  *op;

    static ngx_str_t  root = ngx_null_string;

    zmcf->routes = ngx_zos_route_create(cf->pool, &root);
    if (zmcf->routes == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; ngx_zos_ops[i].ops; i++) {
        for (op = ngx_zos_ops[i].ops; op->name.len; op++) {

            if (ngx_zos_route_add(cf, zmcf->routes, op, n++) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    zmcf->nops = n;

    return NGX_OK;
}


static ngx_zos_route_t *
ngx_zos_route_create(ngx_pool_t *pool, ngx_str_t *segment)
{
    ngx_zos_route_t  *route;

    route = ngx_pcalloc(pool, sizeof(ngx_zos_route_t));
    if (route == NULL) {
        return NULL;
    }

    route->segment = *segment;

    if (ngx_array_init(&route->children, pool, 4, sizeof(ngx_zos_route_t *))
        != NGX_OK
        || ngx_array_init(&route->ops, pool, 2, sizeof(ngx_zos_route_op_t))
           != NGX_OK)
    {
        return NULL;
    }

    return route;
}


static ngx_int_t
ngx_zos_route_add(ngx_conf_t *cf, ngx_zos_route_t *route,
    const ngx_zos_op_t *op, ngx_uint_t number)
{
    u_char              *p, *last, *end;
    ngx_str_t            segment;
    ngx_zos_route_op_t   row, *slot;

    ngx_memzero(&row, sizeof(ngx_zos_route_op_t));

    row.op = op;
    row.number = number;

    last = op->path.data + op->path.len;

    for (p = op->path.data + 1; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '/');
        end = end ? end : last;

        segment.data = p;
        segment.len = end - p;

        if (*p == '{') {

            segment.data++;
            segment.len -= 2;

            if (row.nparams == NGX_ZOS_MAX_PARAMS
                || ngx_zos_param(&segment) == NULL)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "unknown parameter \"%V\" in \"%V\"",
                                   &segment, &op->path);
                return NGX_ERROR;
            }

            row.params[row.nparams++] = segment;
            segment.len = 0;
        }

        route = ngx_zos_route_child(cf->pool, route, &segment);
        if (route == NULL) {
            return NGX_ERROR;
        }
    }

    slot = ngx_array_push(&route->ops);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    *slot = row;

    return NGX_OK;
}


static ngx_zos_route_t *
ngx_zos_route_child(ngx_pool_t *pool, ngx_zos_route_t *route,
    ngx_str_t *segment)
{
    ngx_uint_t         i;
    ngx_zos_route_t  **child, *any;

    child = route->children.elts;

    for (i = 0; i < route->children.nelts; i++) {
        if (child[i]->segment.len == segment->len
            && ngx_memcmp(child[i]->segment.data, segment->data, segment->len)
               == 0)
        {
            return child[i];
        }
    }

    child = ngx_array_push(&route->children);
    if (child == NULL) {
        return NULL;
    }

    *child = ngx_zos_route_create(pool, segment);

    /* what matches anything is tried last */

    child = route->children.elts;
    i = route->children.nelts - 1;

    if (i && child[i - 1]->segment.len == 0) {
        any = child[i - 1];
        child[i - 1] = child[i];
        child[i] = any;

        return child[i - 1];
    }

    return child[i];
}


ngx_int_t
ngx_zos_route(ngx_pool_t *pool, ngx_zos_route_t *root, ngx_str_t *path,
    ngx_uint_t method, u_char *allowed, ngx_zos_match_t *match)
{
    ngx_int_t             rc;
    ngx_zos_route_ctx_t   ctx;

    ctx.nsegments = 0;
    ctx.nvalues = 0;
    ctx.method = method;
    ctx.allowed = allowed;
    ctx.match = match;

    rc = ngx_zos_route_segments(pool, path, &ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_zos_route_walk(root, &ctx, 0);

    if (rc == NGX_DECLINED && match->methods) {
        return NGX_ABORT;
    }

    return rc;
}


static ngx_int_t
ngx_zos_route_segments(ngx_pool_t *pool, ngx_str_t *path,
    ngx_zos_route_ctx_t *ctx)
{
    u_char     *p, *end, *last, *dst;
    ngx_str_t  *segment;

    if (path->len == 0 || *path->data != '/') {
        return NGX_DECLINED;
    }

    dst = ngx_pnalloc(pool, path->len);
    if (dst == NULL) {
        return NGX_BUSY;
    }

    last = path->data + path->len;

    for (p = path->data + 1; p <= last; p = end + 1) {

        if (ctx->nsegments == NGX_ZOS_MAX_SEGMENTS) {
            return NGX_DECLINED;
        }

        end = ngx_strlchr(p, last, '/');
        end = end ? end : last;

        segment = &ctx->segments[ctx->nsegments++];
        segment->data = dst;

        if (ngx_zos_route_decode(&dst, p, end) != NGX_OK) {
            return NGX_ERROR;
        }

        segment->len = dst - segment->data;

        if (segment->len == 0) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_route_decode(u_char **dst, u_char *src, u_char *last)
{
    ngx_int_t   ch;
    u_char     *p;

    p = *dst;

    while (src < last) {

        if (*src != '%') {
            *p++ = *src++;
            continue;
        }

        if (last - src < 3) {
            return NGX_ERROR;
        }

        ch = ngx_hextoi(src + 1, 2);
        if (ch == NGX_ERROR) {
            return NGX_ERROR;
        }

        *p++ = (u_char) ch;
        src += 3;
    }

    *dst = p;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_route_walk(ngx_zos_route_t *route, ngx_zos_route_ctx_t *ctx,
    ngx_uint_t n)
{
    ngx_str_t         *segment;
    ngx_uint_t         i;
    ngx_zos_route_t  **child;

    if (n == ctx->nsegments) {
        return ngx_zos_route_method(route, ctx);
    }

    segment = &ctx->segments[n];
    child = route->children.elts;

    for (i = 0; i < route->children.nelts; i++) {

        if (child[i]->segment.len == 0) {

            if (ctx->nvalues == NGX_ZOS_MAX_PARAMS) {
                continue;
            }

            ctx->values[ctx->nvalues++] = *segment;

            if (ngx_zos_route_walk(child[i], ctx, n + 1) == NGX_OK) {
                return NGX_OK;
            }

            ctx->nvalues--;
            continue;
        }

        if (child[i]->segment.len == segment->len
            && ngx_memcmp(child[i]->segment.data, segment->data, segment->len)
               == 0
            && ngx_zos_route_walk(child[i], ctx, n + 1) == NGX_OK)
        {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_zos_route_method(ngx_zos_route_t *route, ngx_zos_route_ctx_t *ctx)
{
    ngx_uint_t           i, k;
    ngx_zos_match_t     *match;
    ngx_zos_route_op_t  *row;

    match = ctx->match;
    row = route->ops.elts;

    for (i = 0; i < route->ops.nelts; i++) {

        if (ctx->allowed && !ctx->allowed[row[i].number]) {
            continue;
        }

        match->methods |= row[i].op->method;

        if (row[i].op->method != ctx->method) {
            continue;
        }

        match->op = row[i].op;
        match->number = row[i].number;
        match->nargs = row[i].nparams;

        for (k = 0; k < row[i].nparams; k++) {
            match->args[k].name = row[i].params[k];
            match->args[k].value = ctx->values[k];
        }

        return NGX_OK;
    }

    return NGX_DECLINED;
}
