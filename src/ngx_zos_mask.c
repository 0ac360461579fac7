
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * access_token in the query.  nginx writes the query to its logs, so the
 * token is taken out before anything can be said about the request: of the
 * request line when the headers have been read, of the URI and the arguments
 * when the location is known to be ours.  Other locations may need theirs
 * until the request is logged.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>


static ngx_int_t ngx_zos_mask_read_handler(ngx_http_request_t *r);
static ngx_int_t ngx_zos_mask_location_handler(ngx_http_request_t *r);
static ngx_int_t ngx_zos_mask_log_handler(ngx_http_request_t *r);
static ngx_int_t ngx_zos_mask_keep(ngx_http_request_t *r, ngx_str_t *token);
static void ngx_zos_mask_cleanup(void *data);
static void ngx_zos_mask_forget(ngx_http_request_t *r);
static ngx_int_t ngx_zos_mask_text(ngx_pool_t *pool, ngx_str_t *text,
    ngx_str_t *token);
static u_char *ngx_zos_mask_value(u_char *p, u_char *last);
static u_char *ngx_zos_mask_value_end(u_char *p, u_char *last);


ngx_int_t
ngx_zos_mask_init(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_array_t                *logs;
    ngx_http_handler_pt        *h;
    ngx_zos_main_conf_t        *zmcf;
    ngx_http_core_main_conf_t  *cmcf;

    static ngx_str_t  names[] = {
        ngx_string("request"),
        ngx_string("request_uri")
    };

    zmcf = ngx_http_conf_get_module_main_conf(cf, ngx_zos_module);

    if (zmcf->zone == NULL) {
        return NGX_OK;
    }

    for (i = 0; i < 2; i++) {
        zmcf->masked[i] = ngx_http_get_variable_index(cf, &names[i]);

        if (zmcf->masked[i] == NGX_ERROR) {
            return NGX_ERROR;
        }
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_zos_mask_read_handler;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_zos_mask_location_handler;

    /* these are called from the first to the last: before the access log */

    logs = &cmcf->phases[NGX_HTTP_LOG_PHASE].handlers;

    if (ngx_array_push(logs) == NULL) {
        return NGX_ERROR;
    }

    h = logs->elts;
    ngx_memmove(h + 1, h, (logs->nelts - 1) * sizeof(ngx_http_handler_pt));
    *h = ngx_zos_mask_log_handler;

    return NGX_OK;
}


ngx_str_t *
ngx_zos_mask_token(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t  *cln;

    /* a context would not survive an internal redirect */

    for (cln = r->main->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_zos_mask_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_zos_mask_read_handler(ngx_http_request_t *r)
{
    if (r->args.len
        && ngx_zos_mask_text(r->pool, &r->request_line, NULL) == NGX_ERROR)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_zos_mask_location_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_str_t                  token;
    ngx_http_core_loc_conf_t  *clcf;

    if (r->args.len == 0) {
        return NGX_DECLINED;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->handler != ngx_zos_handler
        && clcf->handler != ngx_zos_openapi_handler)
    {
        return NGX_DECLINED;
    }

    rc = ngx_zos_mask_text(r->pool, &r->args, &token);

    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (rc != NGX_OK
        || ngx_zos_mask_keep(r, &token) != NGX_OK
        || ngx_zos_mask_text(r->pool, &r->unparsed_uri, NULL) == NGX_ERROR)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_zos_mask_forget(r);

    return NGX_DECLINED;
}


/* also for what never came to a location */

static ngx_int_t
ngx_zos_mask_log_handler(ngx_http_request_t *r)
{
    ngx_int_t    rc;
    ngx_uint_t   i;
    ngx_str_t   *texts[3];

    texts[0] = &r->request_line;
    texts[1] = &r->unparsed_uri;
    texts[2] = &r->args;

    for (i = 0; i < 3; i++) {
        rc = ngx_zos_mask_text(r->pool, texts[i], NULL);

        if (rc == NGX_ERROR) {
            ngx_str_null(texts[i]);
        }

        if (rc != NGX_DECLINED) {
            ngx_zos_mask_forget(r);
        }
    }

    return NGX_OK;
}


/* the values that nginx has kept of them */

static void
ngx_zos_mask_forget(ngx_http_request_t *r)
{
    ngx_uint_t            i;
    ngx_zos_main_conf_t  *zmcf;

    if (r->variables == NULL) {
        return;
    }

    zmcf = ngx_http_get_module_main_conf(r, ngx_zos_module);

    for (i = 0; i < 2; i++) {
        r->variables[zmcf->masked[i]].valid = 0;
        r->variables[zmcf->masked[i]].not_found = 0;
    }
}


/* the first one: it is masked when a rewrite comes here again */

static ngx_int_t
ngx_zos_mask_keep(ngx_http_request_t *r, ngx_str_t *token)
{
    ngx_pool_cleanup_t  *cln;

    if (ngx_zos_mask_token(r)) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->main->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    *(ngx_str_t *) cln->data = *token;
    cln->handler = ngx_zos_mask_cleanup;

    return NGX_OK;
}


static void
ngx_zos_mask_cleanup(void *data)
{
    /* it is only a mark */
}


/* NGX_OK: "text" is a copy with "-" for the tokens.  NGX_DECLINED: none. */

static ngx_int_t
ngx_zos_mask_text(ngx_pool_t *pool, ngx_str_t *text, ngx_str_t *token)
{
    u_char     *p, *start, *value, *last;
    ngx_str_t   masked;

    ngx_str_null(&masked);

    p = text->data;
    start = p;
    last = p + text->len;

    for ( /* void */ ; p < last; p++) {

        if (p > text->data && p[-1] != '&' && p[-1] != '?') {
            continue;
        }

        value = ngx_zos_mask_value(p, last);

        if (value == NULL) {
            continue;
        }

        p = ngx_zos_mask_value_end(value, last);

        if (masked.data == NULL) {
            masked.data = ngx_pnalloc(pool, text->len);
            if (masked.data == NULL) {
                return NGX_ERROR;
            }

            if (token) {
                token->data = value;
                token->len = p - value;
            }
        }

        ngx_memcpy(masked.data + masked.len, start, value - start);
        masked.len += value - start;

        if (p > value) {
            masked.data[masked.len++] = '-';
        }

        start = p;
    }

    if (masked.data == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(masked.data + masked.len, start, last - start);
    masked.len += last - start;

    *text = masked;

    return NGX_OK;
}


/* behind "access_token=", or NULL; the name may be encoded in any way */

static u_char *
ngx_zos_mask_value(u_char *p, u_char *last)
{
    u_char     *name;
    ngx_int_t   c;

    for (name = (u_char *) "access_token="; *name; name++) {

        if (p == last) {
            return NULL;
        }

        c = *p++;

        if (c == '%' && last - p >= 2) {
            c = ngx_hextoi(p, 2);
            p += 2;
        }

        if (c == NGX_ERROR || ngx_tolower(c) != *name) {
            return NULL;
        }
    }

    return p;
}


static u_char *
ngx_zos_mask_value_end(u_char *p, u_char *last)
{
    while (p < last && *p != '&' && *p != ' ' && *p != '#') {
        p++;
    }

    return p;
}
