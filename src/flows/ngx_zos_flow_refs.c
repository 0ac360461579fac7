
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Services that a body names: bridges, filesystems, vdisks...  AYS would only
 * fail later, or take one of another node.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays_client.h>

#include <jansson.h>


static ngx_uint_t ngx_zos_ref_kind(ngx_zos_flow_t *f, ngx_uint_t role,
    ngx_str_t *service);


ngx_int_t
ngx_zos_ref(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *name,
    ngx_str_t *parent, const char *member)
{
    ngx_zos_ref_t       *ref;
    ngx_zos_ays_flow_t  *ays;

    ays = ngx_zos_ays(f);
    if (ays == NULL) {
        return NGX_ERROR;
    }

    /* it becomes part of a URL */

    if (ngx_zos_check_name(name) != NGX_OK) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "%s must be a name", member);
    }

    if (ays->refs == NULL) {
        ays->refs = ngx_array_create(f->request->pool, 4,
                                     sizeof(ngx_zos_ref_t));
        if (ays->refs == NULL) {
            return NGX_ERROR;
        }
    }

    ref = ngx_array_push(ays->refs);
    if (ref == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(ref, sizeof(ngx_zos_ref_t));

    ref->role = role;
    ref->name = *name;
    ref->member = member;

    if (parent) {
        ref->parent = *parent;
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_ref_bridges(ngx_zos_flow_t *f, json_t *nics)
{
    size_t       i;
    json_t      *nic, *id;
    ngx_str_t    name;
    const char  *type;

    static const ngx_str_t  node = ngx_string("nodeid");

    json_array_foreach(nics, i, nic) {

        type = json_string_value(json_object_get(nic, "type"));
        id = json_object_get(nic, "id");

        if (type == NULL || ngx_strcmp(type, "bridge") != 0
            || !json_is_string(id))
        {
            continue;
        }

        name.data = (u_char *) json_string_value(id);
        name.len = json_string_length(id);

        if (ngx_zos_ref(f, NGX_ZOS_ROLE_BRIDGE, &name,
                        ngx_zos_flow_arg(f, &node), "the bridge of a nic")
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_step_ref(ngx_zos_flow_t *f)
{
    ngx_zos_ref_t       *ref;
    ngx_zos_ays_flow_t  *ays;

    ays = f->ays;

    if (ays->refs == NULL || ays->ref == ays->refs->nelts) {
        f->step++;
        return NGX_OK;
    }

    ref = ays->refs->elts;
    ref += ays->ref;

    return ngx_zos_ays_get(f, ref->role, &ref->name);
}


ngx_int_t
ngx_zos_step_ref_found(ngx_zos_flow_t *f)
{
    ngx_int_t       rc;
    ngx_str_t       service;
    ngx_zos_ref_t  *ref;

    ref = f->ays->refs->elts;
    ref += f->ays->ref++;

    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED
        || !ngx_zos_ays_is(&service, &ref->name,
                           ref->parent.len ? &ref->parent : NULL)
        || !ngx_zos_ref_kind(f, ref->role, &service))
    {
        if (ref->parent.len) {
            return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                                "%s, \"%V\", is not there on \"%V\"",
                                ref->member, &ref->name, &ref->parent);
        }

        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "%s, \"%V\", is not there", ref->member,
                            &ref->name);
    }

    return ngx_zos_flow_goto(f, ngx_zos_step_ref, 0);
}


/* roles that differ in the actor alone: the two kinds of clusters */

static ngx_uint_t
ngx_zos_ref_kind(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *service)
{
    ngx_str_t         value;
    const ngx_str_t  *actor;

    static const ngx_str_t  path = ngx_string("actor");

    actor = &ngx_zos_role(f, role)->actor;

    /* older servers don't tell */

    return ngx_zos_json_get(service, &path, &value) != NGX_OK
           || (value.len == actor->len + 2
               && ngx_memcmp(value.data + 1, actor->data, actor->len) == 0);
}


ngx_int_t
ngx_zos_step_forget(ngx_zos_flow_t *f)
{
    static const ngx_str_t  node = ngx_string("nodeid");

    ngx_zos_zone_forget(f->peer.zone, ngx_zos_flow_arg(f, &node));

    return NGX_OK;
}
