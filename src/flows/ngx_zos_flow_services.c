
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What is read of AYS: the parents that a path names, the service at its end,
 * lists.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays_client.h>
#include <ngx_zos_change.h>


static const char *ngx_zos_service_word(ngx_uint_t role);
static ngx_int_t ngx_zos_service_unknown(ngx_zos_flow_t *f, ngx_uint_t role,
    ngx_str_t *name);
static ngx_int_t ngx_zos_service_name(ngx_zos_flow_t *f,
    const ngx_zos_service_t *service, ngx_str_t *name);
static ngx_int_t ngx_zos_service_above(ngx_zos_flow_t *f, ngx_uint_t n,
    ngx_str_t *name);
static ngx_uint_t ngx_zos_service_parents(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_list_query(ngx_zos_flow_t *f, ngx_str_t *query);


const ngx_zos_step_pt  ngx_zos_steps_ays_list[] = {
    NGX_ZOS_STEPS_PARENTS,
    ngx_zos_step_list,
    ngx_zos_step_show,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_ays_get[] = {
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_show,
    NULL
};


ngx_uint_t
ngx_zos_target_role(ngx_zos_flow_t *f)
{
    return f->role ? f->role : f->op->ays->target.role;
}


ngx_int_t
ngx_zos_target_name(ngx_zos_flow_t *f, ngx_str_t *name)
{
    return ngx_zos_service_name(f, &f->op->ays->target, name);
}


static ngx_int_t
ngx_zos_service_name(ngx_zos_flow_t *f, const ngx_zos_service_t *service,
    ngx_str_t *name)
{
    return ngx_zos_text(f, &service->name, name);
}


static ngx_uint_t
ngx_zos_service_parents(ngx_zos_flow_t *f)
{
    ngx_uint_t  n;

    for (n = 0; n < NGX_ZOS_MAX_PARENTS; n++) {
        if (f->op->ays->parents[n].role == NGX_ZOS_ROLE_NONE) {
            break;
        }
    }

    return n;
}


/* NGX_DECLINED: there is nothing above */

static ngx_int_t
ngx_zos_service_above(ngx_zos_flow_t *f, ngx_uint_t n, ngx_str_t *name)
{
    if (n == 0) {
        return NGX_DECLINED;
    }

    return ngx_zos_service_name(f, &f->op->ays->parents[n - 1], name);
}


/* the root is a node as a rule, and that is known already */

ngx_int_t
ngx_zos_step_parent(ngx_zos_flow_t *f)
{
    ngx_int_t                 rc;
    ngx_str_t                 name, service;
    ngx_zos_ays_flow_t       *ays;
    const ngx_zos_service_t  *parent;

    ays = ngx_zos_ays(f);
    if (ays == NULL) {
        return NGX_ERROR;
    }

    if (ays->parent == ngx_zos_service_parents(f)) {
        f->step++;
        return NGX_OK;
    }

    parent = &f->op->ays->parents[ays->parent];

    if (ngx_zos_service_name(f, parent, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (parent->role != NGX_ZOS_ROLE_NODE) {
        return ngx_zos_ays_get(f, parent->role, &name);
    }

    rc = ngx_zos_lookup(f, &name, &service);

    if (rc == NGX_OK) {
        ays->parent++;
        f->delay = 0;
        return NGX_DECLINED;
    }

    return rc;
}


ngx_int_t
ngx_zos_step_parent_found(ngx_zos_flow_t *f)
{
    ngx_int_t                 rc;
    ngx_str_t                 name, above, service;
    ngx_zos_ays_flow_t       *ays;
    const ngx_zos_service_t  *parent;

    ays = f->ays;
    parent = &f->op->ays->parents[ays->parent];

    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_ERROR || ngx_zos_service_name(f, parent, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {
        rc = ngx_zos_service_above(f, ays->parent, &above);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        rc = ngx_zos_ays_is(&service, &name, rc == NGX_OK ? &above : NULL)
             ? NGX_OK : NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return ngx_zos_service_unknown(f, parent->role, &name);
    }

    ays->parent++;

    return ngx_zos_flow_goto(f, ngx_zos_step_parent, 0);
}


ngx_int_t
ngx_zos_step_service(ngx_zos_flow_t *f)
{
    ngx_str_t  name;

    if (ngx_zos_ays(f) == NULL || ngx_zos_target_name(f, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_ays_get(f, ngx_zos_target_role(f), &name);
}


ngx_int_t
ngx_zos_step_service_found(ngx_zos_flow_t *f)
{
    ngx_int_t   rc;
    ngx_str_t   name, above, service;

    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_ERROR || ngx_zos_target_name(f, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {
        rc = ngx_zos_service_above(f, ngx_zos_service_parents(f), &above);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        rc = ngx_zos_ays_is(&service, &name, rc == NGX_OK ? &above : NULL)
             ? NGX_OK : NGX_DECLINED;
    }

    if (rc != NGX_OK) {
        return ngx_zos_service_unknown(f, ngx_zos_target_role(f), &name);
    }

    /* the next call frees it */

    f->service.len = service.len;
    f->service.data = ngx_pstrdup(f->request->pool, &service);

    if (f->service.data == NULL) {
        return NGX_ERROR;
    }

    /* what can't be read must not pass for nothing when it is changed */

    return f->op->method == NGX_HTTP_GET || ngx_zos_service_data(f)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_zos_service_unknown(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *name)
{
    ngx_uint_t   n;
    ngx_str_t    above;

    n = (role == ngx_zos_target_role(f)) ? ngx_zos_service_parents(f)
                                         : f->ays->parent;

    if (n == 0 || ngx_zos_service_above(f, n, &above) != NGX_OK) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "%s \"%V\" is not known",
                            ngx_zos_service_word(role), name);
    }

    return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                        "%s \"%V\" is not known on %s \"%V\"",
                        ngx_zos_service_word(role), name,
                        ngx_zos_service_word(f->op->ays->parents[n - 1].role),
                        &above);
}


/* by ngx_zos_role_e, for callers */

static const char *
ngx_zos_service_word(ngx_uint_t role)
{
    static const char  *words[] = {
        "", "node", "container", "bridge", "storage pool", "filesystem",
        "snapshot", "ZeroTier network", "gateway", "virtual machine", "vdisk",
        "vdisk storage", "vdisk image", "storage cluster", "storage cluster",
        "storage server", "storage server", "backup", "graph", "dashboard",
        "health check", "webhook"
    };

    return words[role];
}


ngx_int_t
ngx_zos_step_free(ngx_zos_flow_t *f)
{
    return ngx_zos_step_service(f);
}


ngx_int_t
ngx_zos_step_free_found(ngx_zos_flow_t *f)
{
    ngx_int_t          rc;
    ngx_str_t          name;
    ngx_zos_change_t  *change;

    rc = ngx_zos_ays_result(f, NULL);

    if (rc == NGX_DECLINED) {
        change = ngx_zos_change(f);
        if (change == NULL) {
            return NGX_ERROR;
        }

        change->fresh = 1;

        return NGX_OK;
    }

    if (rc != NGX_OK || ngx_zos_target_name(f, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    /* names are of the whole cluster, whatever the path says */

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                        "the cluster has a %s \"%V\" already",
                        ngx_zos_service_word(ngx_zos_target_role(f)), &name);
}


ngx_int_t
ngx_zos_step_list(ngx_zos_flow_t *f)
{
    ngx_str_t  query;

    if (ngx_zos_list_query(f, &query) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_ays_list(f, ngx_zos_target_role(f), &query);
}


static ngx_int_t
ngx_zos_list_query(ngx_zos_flow_t *f, ngx_str_t *query)
{
    ngx_str_t             name;
    ngx_uint_t            n;
    ngx_zos_out_t         out;
    const ngx_zos_ays_t  *ays;

    ays = f->op->ays;
    n = ngx_zos_service_parents(f);

    if (ngx_zos_out_init(&out, f->request->pool, 128) != NGX_OK) {
        return NGX_ERROR;
    }

    if (n) {
        if (ngx_zos_service_name(f, &ays->parents[n - 1], &name) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_out_literal(&out, "&parent=");
        ngx_zos_out_str(&out, &ngx_zos_role(f, ays->parents[n - 1].role)
                               ->actor);
        ngx_zos_out_literal(&out, "!");
        ngx_zos_out_str(&out, &name);
    }

    if (ays->consume.len) {
        if (ngx_zos_text(f, &ays->consume, &name) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_out_literal(&out, "&consume=");
        ngx_zos_out_str(&out, &name);
    }

    if (ays->fields.len) {
        ngx_zos_out_literal(&out, "&fields=");
        ngx_zos_out_str(&out, &ays->fields);
    }

    if (ngx_zos_out_done(&out, query) != NGX_OK) {
        return NGX_ERROR;
    }

    if (query->len) {
        query->data++;
        query->len--;
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_step_show(ngx_zos_flow_t *f)
{
    ngx_int_t   rc;
    ngx_str_t   source;

    rc = ngx_zos_ays_result(f, &source);

    if (rc == NGX_OK && f->op->view) {
        rc = ngx_zos_view(f, f->op->view, &source, &f->body);
    }

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
    }

    return rc;
}


ngx_int_t
ngx_zos_step_unused(ngx_zos_flow_t *f)
{
    ngx_str_t            consumers, key, item, role, name;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  path = ngx_string("consumers");
    static const ngx_str_t  role_path = ngx_string("role");
    static const ngx_str_t  name_path = ngx_string("name");

    if (ngx_zos_json_get(&f->service, &path, &consumers) != NGX_OK
        || ngx_zos_json_type(&consumers) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_OK;
    }

    ngx_zos_json_iter(&it, &consumers);

    if (ngx_zos_json_next(&it, &key, &item) != NGX_OK
        || ngx_zos_json_type(&item) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(&item, &role_path, &role) != NGX_OK
        || ngx_zos_json_get(&item, &name_path, &name) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &role, &role) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &name, &name) != NGX_OK)
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                        "it is in use by the %V \"%V\"", &role, &name);
}
