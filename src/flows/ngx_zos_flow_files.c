
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>
#include <ngx_zos_files.h>

#include <jansson.h>


static ngx_int_t ngx_zos_file_bad_path(ngx_zos_flow_t *f, char *why);
static ngx_int_t ngx_zos_file_delete_check(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_file_delete(ngx_zos_flow_t *f);


const ngx_str_t  ngx_zos_file_open = ngx_string("filesystem.open");
const ngx_str_t  ngx_zos_file_read = ngx_string("filesystem.read");
const ngx_str_t  ngx_zos_file_write = ngx_string("filesystem.write");
const ngx_str_t  ngx_zos_file_close = ngx_string("filesystem.close");
const ngx_str_t  ngx_zos_file_list = ngx_string("filesystem.list");
const ngx_str_t  ngx_zos_file_move = ngx_string("filesystem.move");
const ngx_str_t  ngx_zos_file_remove = ngx_string("filesystem.remove");


const ngx_zos_step_pt  ngx_zos_steps_delete_file[] = {
    ngx_zos_file_delete_check,
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_file_delete,
    ngx_zos_file_failed,
    NULL
};


ngx_int_t
ngx_zos_file_path(ngx_zos_flow_t *f, ngx_str_t *path)
{
    u_char  *p;

    static const ngx_str_t  name = ngx_string("path");

    if (ngx_zos_flow_query_arg(f, &name, path) != NGX_OK || path->len == 0) {
        return ngx_zos_file_bad_path(f, "is required");
    }

    if (*path->data != '/') {

        /* from the root, which is where a container is */

        p = ngx_pnalloc(f->request->pool, path->len + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        *p = '/';
        ngx_memcpy(p + 1, path->data, path->len);

        path->data = p;
        path->len++;
    }

    if (ngx_zos_file_check(f, path) != NGX_OK) {
        return NGX_ERROR;
    }

    if (path->data[path->len - 1] == '/'
        || ngx_strncmp(path->data + path->len - 2, "/.", 2) == 0)
    {
        return ngx_zos_file_bad_path(f, "must name a file");
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_file_check(ngx_zos_flow_t *f, ngx_str_t *path)
{
    u_char      *p, *end, *last;
    ngx_uint_t   named;

    if (path->len == 0 || *path->data != '/') {
        return ngx_zos_file_bad_path(f, "must be absolute");
    }

    if (path->len > NGX_MAX_PATH) {
        return ngx_zos_file_bad_path(f, "is too long");
    }

    named = 0;
    last = path->data + path->len;

    for (p = path->data + 1; p <= last; p = end + 1) {

        end = ngx_strlchr(p, last, '/');
        end = end ? end : last;

        if (end - p == 2 && p[0] == '.' && p[1] == '.') {
            return ngx_zos_file_bad_path(f, "must not have \"..\" in it");
        }

        named |= (end - p > 1 || (end - p == 1 && *p != '.'));
    }

    if (!named) {
        return ngx_zos_file_bad_path(f, "must not be the root");
    }

    for (p = path->data; p < last; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            return ngx_zos_file_bad_path(f, "must not have control "
                                         "characters");
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_file_bad_path(ngx_zos_flow_t *f, char *why)
{
    return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad parameter",
                        "path %s", why);
}


ngx_int_t
ngx_zos_file_failed(ngx_zos_flow_t *f)
{
    ngx_uint_t  i;

    static const struct {
        char         *words;
        ngx_uint_t    status;
    } failures[] = {
        { "no such file or directory", NGX_HTTP_NOT_FOUND },
        { "permission denied", NGX_HTTP_FORBIDDEN },
        { "operation not permitted", NGX_HTTP_FORBIDDEN },
        { "read-only file system", NGX_HTTP_FORBIDDEN },
        { "is a directory", NGX_HTTP_CONFLICT },
        { "not a directory", NGX_HTTP_CONFLICT },
        { "file exists", NGX_HTTP_CONFLICT },
        { NULL, 0 }
    };

    for (i = 0; failures[i].words; i++) {
        if (ngx_zos_flow_says(f, failures[i].words)) {
            return ngx_zos_fail(f, failures[i].status, "failed", "%V",
                                &f->call->result.text);
        }
    }

    return ngx_zos_flow_check(f);
}


ngx_int_t
ngx_zos_file_args(ngx_pool_t *pool, ngx_str_t *args, ...)
{
    va_list         list;
    ngx_str_t       name, *value;
    ngx_zos_out_t   out;

    if (ngx_zos_out_init(&out, pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    va_start(list, args);

    while ((name.data = va_arg(list, u_char *)) != NULL) {
        name.len = ngx_strlen(name.data);
        value = va_arg(list, ngx_str_t *);

        ngx_zos_out(&out, (u_char *) (out.pos == out.start ? "{" : ","), 1);
        ngx_zos_out_string(&out, &name);
        ngx_zos_out_literal(&out, ":");
        ngx_zos_out_string(&out, value);
    }

    va_end(list);

    ngx_zos_out_literal(&out, "}");

    return ngx_zos_out_done(&out, args);
}


/* ---- delete ---- */

/* the body has it; clients that can't send one with DELETE use the query */

static ngx_int_t
ngx_zos_file_delete_check(ngx_zos_flow_t *f)
{
    json_t     *member;
    ngx_str_t  *path;

    static const ngx_str_t  name = ngx_string("path");

    path = ngx_pcalloc(f->request->pool, sizeof(ngx_str_t));
    if (path == NULL) {
        return NGX_ERROR;
    }

    f->ctx = path;

    member = json_object_get(f->json, "path");

    if (json_is_string(member)) {
        path->data = (u_char *) json_string_value(member);
        path->len = json_string_length(member);

    } else if (ngx_zos_flow_query_arg(f, &name, path) != NGX_OK) {
        return ngx_zos_file_bad_path(f, "is required");
    }

    return ngx_zos_file_check(f, path);
}


/* it is recursive, and what is not there is success */

static ngx_int_t
ngx_zos_file_delete(ngx_zos_flow_t *f)
{
    ngx_str_t  args;

    if (ngx_zos_file_args(f->request->pool, &args, "path", f->ctx, NULL)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &ngx_zos_file_remove, &args);
}
