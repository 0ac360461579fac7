
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Backups.  The URL of a repository may hold what opens it, and the
 * description of a container the tokens of its networks.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_backup_container(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_backup_container_found(ngx_zos_flow_t *f);
static void ngx_zos_backup_name(ngx_zos_flow_t *f, ngx_str_t *name);
static void ngx_zos_backup_strip(json_t *value);


const ngx_zos_step_pt  ngx_zos_steps_backup[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_backup_container,
    ngx_zos_backup_container_found,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


static void
ngx_zos_backup_name(ngx_zos_flow_t *f, ngx_str_t *name)
{
    json_t  *value;

    value = ngx_zos_body(f, "container");

    name->data = (u_char *) json_string_value(value);
    name->len = json_string_length(value);
}


static ngx_int_t
ngx_zos_backup_container(ngx_zos_flow_t *f)
{
    ngx_str_t  name;

    ngx_zos_backup_name(f, &name);

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_CONTAINER, &name);
}


static ngx_int_t
ngx_zos_backup_container_found(ngx_zos_flow_t *f)
{
    ngx_int_t   rc;
    ngx_str_t   name, service;

    ngx_zos_backup_name(f, &name);

    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED || !ngx_zos_ays_is(&service, &name, NULL)) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "container \"%V\" is not known", &name);
    }

    return NGX_OK;
}


/* "rest:https://user:password@host/path?password=..." */

ngx_int_t
ngx_zos_backup_url(ngx_zos_flow_t *f, ngx_str_t *backup, ngx_zos_out_t *out)
{
    u_char     *p, *at, *last, *end;
    ngx_str_t   value, url, part;

    static const ngx_str_t  path = ngx_string("data.url");

    if (ngx_zos_json_get(backup, &path, &value) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &value, &url) != NGX_OK)
    {
        ngx_str_set(&url, "");
    }

    last = url.data + url.len;

    for (p = url.data; p < last && *p != '?' && *p != '#'; p++) { /* void */ }

    last = p;

    /* what stands before the host, if anything does */

    p = (u_char *) ngx_strnstr(url.data, "://", last - url.data);
    p = p ? p + 3 : ngx_strlchr(url.data, last, ':');
    p = p ? (*p == ':' ? p + 1 : p) : url.data;

    for (end = p; end < last && *end != '/'; end++) { /* void */ }

    for (at = end; at > p && at[-1] != '@'; at--) { /* void */ }

    part.len = (p - url.data) + (last - at);
    part.data = ngx_pnalloc(f->request->pool, part.len + 1);

    if (part.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(ngx_cpymem(part.data, url.data, p - url.data), at, last - at);

    ngx_zos_out_string(out, &part);

    return NGX_OK;
}


/* a text with JSON in it; one that can't be read may have a secret anywhere */

ngx_int_t
ngx_zos_backup_meta(ngx_zos_flow_t *f, ngx_str_t *backup, ngx_zos_out_t *out)
{
    json_t     *meta;
    ngx_str_t   value, text;

    static const ngx_str_t  path = ngx_string("data.meta");

    if (ngx_zos_json_get(backup, &path, &value) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &value, &text) != NGX_OK
        || text.len == 0)
    {
        ngx_zos_out_literal(out, "null");
        return NGX_OK;
    }

    meta = ngx_zos_json_load(&text, 0);

    if (!json_is_object(meta)) {
        json_decref(meta);

        ngx_zos_out_literal(out, "null");
        return NGX_OK;
    }

    ngx_zos_backup_strip(meta);
    ngx_zos_out_json(out, meta);

    json_decref(meta);

    return NGX_OK;
}


static void
ngx_zos_backup_strip(json_t *value)
{
    void        *next;
    size_t       i;
    json_t      *item;
    const char  *name;

    json_array_foreach(value, i, item) {
        ngx_zos_backup_strip(item);
    }

    json_object_foreach_safe(value, next, name, item) {

        if (ngx_strcmp(name, "token") == 0
            || ngx_strcmp(name, "identity") == 0)
        {
            json_object_del(value, name);

        } else {
            ngx_zos_backup_strip(item);
        }
    }
}
