
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_token.h>


typedef enum {
    NGX_ZOS_VAR_OPERATION = 0,
    NGX_ZOS_VAR_NODE,
    NGX_ZOS_VAR_CONTAINER,
    NGX_ZOS_VAR_JOB,
    NGX_ZOS_VAR_BACKEND_TIME,
    NGX_ZOS_VAR_CALLS,
    NGX_ZOS_VAR_CACHE,
    NGX_ZOS_VAR_ERROR,
    NGX_ZOS_VAR_USER
} ngx_zos_variable_e;


static ngx_int_t ngx_zos_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_zos_variable_text(ngx_zos_flow_t *f, uintptr_t data,
    ngx_str_t *text);
static void ngx_zos_variable_param(ngx_zos_flow_t *f, uintptr_t data,
    ngx_str_t *text);
static ngx_int_t ngx_zos_variable_number(ngx_zos_flow_t *f, uintptr_t data,
    ngx_str_t *text);


static ngx_http_variable_t  ngx_zos_variables[] = {

    { ngx_string("zos_operation"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_OPERATION, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_node"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_NODE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_container"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_CONTAINER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_job"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_JOB, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_backend_time"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_BACKEND_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_calls"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_CALLS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_cache"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_CACHE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_error"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_ERROR, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_user"), NULL, ngx_zos_variable,
      NGX_ZOS_VAR_USER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("zos_token"), NULL, ngx_zos_token_variable,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_zos_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_zos_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t        text;
    ngx_zos_flow_t  *f;

    f = ngx_http_get_module_ctx(r, ngx_zos_module);

    ngx_str_null(&text);

    if (f && ngx_zos_variable_text(f, data, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    if (text.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;
    v->data = text.data;
    v->len = text.len;

    return NGX_OK;
}


static ngx_int_t
ngx_zos_variable_text(ngx_zos_flow_t *f, uintptr_t data, ngx_str_t *text)
{
    static const ngx_str_t  caches[] = {
        ngx_string(""),                  /* NGX_ZOS_CACHE_NONE */
        ngx_string("STATIC"),
        ngx_string("HIT"),
        ngx_string("MISS")
    };

    switch (data) {

    case NGX_ZOS_VAR_OPERATION:
        if (f->op) {
            *text = f->op->name;
        }

        return NGX_OK;

    case NGX_ZOS_VAR_NODE:
    case NGX_ZOS_VAR_CONTAINER:
    case NGX_ZOS_VAR_JOB:
        ngx_zos_variable_param(f, data, text);
        return NGX_OK;

    case NGX_ZOS_VAR_CACHE:
        *text = caches[f->cache];
        return NGX_OK;

    case NGX_ZOS_VAR_ERROR:
        *text = f->error;
        return NGX_OK;

    case NGX_ZOS_VAR_USER:
        *text = f->user;
        return NGX_OK;

    default:
        return ngx_zos_variable_number(f, data, text);
    }
}


static void
ngx_zos_variable_param(ngx_zos_flow_t *f, uintptr_t data, ngx_str_t *text)
{
    ngx_str_t  *arg;

    static const ngx_str_t  params[] = {
        ngx_string(""),
        ngx_string("nodeid"),            /* NGX_ZOS_VAR_NODE */
        ngx_string("containername"),
        ngx_string("jobid")
    };

    arg = ngx_zos_flow_arg(f, &params[data]);

    if (arg) {
        *text = *arg;

    } else if (data == NGX_ZOS_VAR_JOB) {
        *text = f->job;
    }
}


static ngx_int_t
ngx_zos_variable_number(ngx_zos_flow_t *f, uintptr_t data, ngx_str_t *text)
{
    u_char  *p;

    p = ngx_pnalloc(f->request->pool, NGX_TIME_T_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    text->data = p;

    p = (data == NGX_ZOS_VAR_CALLS)
        ? ngx_sprintf(p, "%ui", f->ncalls)
        : ngx_sprintf(p, "%T.%03M", (time_t) f->backend_time / 1000,
                      f->backend_time % 1000);

    text->len = p - text->data;

    return NGX_OK;
}
