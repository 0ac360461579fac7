
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Pages of other origins.  A browser sends for them what any page tells it to
 * send, with the client certificate or password of its user, and says in a
 * header whose page it was.  What only reads is harmless: the answer is kept
 * from the page.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>


typedef struct {
    ngx_str_t    scheme;
    ngx_str_t    host;
    ngx_int_t    port;               /* 0: of a scheme that has none */
} ngx_zos_origin_t;


static ngx_int_t ngx_zos_origin_check(ngx_zos_flow_t *f, ngx_str_t *text);
static ngx_uint_t ngx_zos_origin_listed(ngx_array_t *origins,
    ngx_zos_origin_t *origin);
static ngx_uint_t ngx_zos_origin_own(ngx_http_request_t *r,
    ngx_zos_origin_t *origin);
static ngx_int_t ngx_zos_origin_parse(ngx_str_t *text,
    ngx_zos_origin_t *origin);
static ngx_int_t ngx_zos_origin_host(ngx_str_t *text,
    ngx_zos_origin_t *origin);
static ngx_uint_t ngx_zos_origin_is(ngx_str_t *text, char *name);
static ngx_uint_t ngx_zos_origin_same(ngx_str_t *a, ngx_str_t *b);


/* origin ... | any | off */

char *
ngx_zos_set_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_loc_conf_t *zlcf = conf;

    ngx_str_t         *value, *text;
    ngx_uint_t         i, alone;
    ngx_zos_origin_t   origin;

    if (zlcf->origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    alone = (cf->args->nelts == 2);

    if (alone && ngx_zos_origin_is(&value[1], "off")) {
        zlcf->origins = NULL;
        return NGX_CONF_OK;
    }

    zlcf->origins = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(ngx_str_t));
    if (zlcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    if (alone && ngx_zos_origin_is(&value[1], "any")) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_zos_origin_parse(&value[i], &origin) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\", not "
                               "\"scheme://host[:port]\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        text = ngx_array_push(zlcf->origins);
        if (text == NULL) {
            return NGX_CONF_ERROR;
        }

        *text = value[i];
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_zos_origin(ngx_zos_flow_t *f)
{
    ngx_str_t            text;
    ngx_uint_t           n;
    ngx_array_t         *origins;
    ngx_http_request_t  *r;

    r = f->request;
    origins = f->conf->origins;

    if ((r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))
        || (origins && origins->nelts == 0))
    {
        return NGX_OK;
    }

    if (ngx_zos_request_header(r, "Origin", 1, &text) == NGX_OK) {
        return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "origin",
                            "there are two origins");
    }

    if (ngx_zos_request_header(r, "Origin", 0, &text) == NGX_OK) {
        return ngx_zos_origin_check(f, &text);
    }

    /* with a browser that is silent about the page, but not about its place */

    for (n = 0;
         ngx_zos_request_header(r, "Sec-Fetch-Site", n, &text) == NGX_OK;
         n++)
    {
        if (!ngx_zos_origin_is(&text, "same-origin")
            && !ngx_zos_origin_is(&text, "none"))
        {
            return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "origin",
                                "pages of other sites may not change "
                                "anything");
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_origin_check(ngx_zos_flow_t *f, ngx_str_t *text)
{
    ngx_zos_origin_t  origin;

    if (ngx_zos_origin_parse(text, &origin) == NGX_OK
        && (ngx_zos_origin_own(f->request, &origin)
            || ngx_zos_origin_listed(f->conf->origins, &origin)))
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "origin",
                        "pages of other origins may not change anything");
}


static ngx_uint_t
ngx_zos_origin_listed(ngx_array_t *origins, ngx_zos_origin_t *origin)
{
    ngx_str_t         *text;
    ngx_uint_t         i;
    ngx_zos_origin_t   listed;

    if (origins == NULL) {
        return 0;
    }

    text = origins->elts;

    for (i = 0; i < origins->nelts; i++) {

        if (ngx_zos_origin_parse(&text[i], &listed) == NGX_OK
            && ngx_zos_origin_same(&listed.scheme, &origin->scheme)
            && ngx_zos_origin_same(&listed.host, &origin->host)
            && listed.port == origin->port)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * The page came from where the request goes.  Without TLS here there may be
 * some before us, so either scheme will do; a page without TLS can have been
 * made by anybody on the way, so it is not of an origin that has it.
 */

static ngx_uint_t
ngx_zos_origin_own(ngx_http_request_t *r, ngx_zos_origin_t *origin)
{
    ngx_zos_origin_t  own;

    if (r->headers_in.host == NULL || origin->port == 0) {
        return 0;
    }

    if (r->connection->ssl && !ngx_zos_origin_is(&origin->scheme, "https")) {
        return 0;
    }

    own.scheme = origin->scheme;

    return ngx_zos_origin_host(&r->headers_in.host->value, &own) == NGX_OK
           && ngx_zos_origin_same(&own.host, &origin->host)
           && own.port == origin->port;
}


static ngx_int_t
ngx_zos_origin_parse(ngx_str_t *text, ngx_zos_origin_t *origin)
{
    u_char     *p;
    ngx_str_t   host;

    p = ngx_strlchr(text->data, text->data + text->len, ':');

    if (p == NULL || p == text->data
        || text->data + text->len - p < 4 || ngx_strncmp(p, "://", 3) != 0)
    {
        return NGX_DECLINED;
    }

    origin->scheme.data = text->data;
    origin->scheme.len = p - text->data;

    host.data = p + 3;
    host.len = text->data + text->len - host.data;

    return ngx_zos_origin_host(&host, origin);
}


/* "host" or "host:port"; the scheme is there, and says which port is none */

static ngx_int_t
ngx_zos_origin_host(ngx_str_t *text, ngx_zos_origin_t *origin)
{
    u_char  *p, *last;

    last = text->data + text->len;

    for (p = text->data; p < last; p++) {
        if (*p <= ' ' || *p == '/' || *p == '?' || *p == '#' || *p == '@') {
            return NGX_DECLINED;
        }
    }

    p = text->data;

    if (p < last && *p == '[') {
        p = ngx_strlchr(p, last, ']');

        if (p == NULL) {
            return NGX_DECLINED;
        }
    }

    while (p < last && *p != ':') {
        p++;
    }

    origin->host.data = text->data;
    origin->host.len = p - text->data;

    if (p == last) {
        origin->port = ngx_zos_origin_is(&origin->scheme, "https") ? 443
                       : ngx_zos_origin_is(&origin->scheme, "http") ? 80 : 0;

    } else {
        origin->port = ngx_atoi(p + 1, last - p - 1);
    }

    return origin->host.len && origin->port >= 0 ? NGX_OK : NGX_DECLINED;
}


static ngx_uint_t
ngx_zos_origin_is(ngx_str_t *text, char *name)
{
    return text->len == ngx_strlen(name)
           && ngx_strncasecmp(text->data, (u_char *) name, text->len) == 0;
}


static ngx_uint_t
ngx_zos_origin_same(ngx_str_t *a, ngx_str_t *b)
{
    return a->len == b->len
           && ngx_strncasecmp(a->data, b->data, a->len) == 0;
}
