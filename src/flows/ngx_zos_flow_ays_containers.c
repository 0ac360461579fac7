
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Containers in AYS: what a new one needs must be there, and whatever starts
 * or ends one renumbers those that core0 has.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_container_refs(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_container_can_change(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_container_ref_filesystem(ngx_zos_flow_t *f,
    json_t *value);


const ngx_zos_step_pt  ngx_zos_steps_create_container[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_container_refs,
    NGX_ZOS_STEPS_REFS,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_forget,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_update_container[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_container_can_change,
    ngx_zos_container_refs,
    NGX_ZOS_STEPS_REFS,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_forget,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_start_container[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_forget,
    ngx_zos_step_outcome,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_container[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_forget,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


static ngx_int_t
ngx_zos_container_refs(ngx_zos_flow_t *f)
{
    size_t   i;
    json_t  *value;

    json_array_foreach(ngx_zos_body(f, "filesystems"), i, value) {
        if (ngx_zos_container_ref_filesystem(f, value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_zos_ref_bridges(f, ngx_zos_body(f, "nics"));
}


/* "pool:filesystem", on this node */

static ngx_int_t
ngx_zos_container_ref_filesystem(ngx_zos_flow_t *f, json_t *value)
{
    u_char      *p, *last;
    ngx_str_t    pool, name;

    static const ngx_str_t  node = ngx_string("nodeid");

    pool.data = (u_char *) json_string_value(value);
    last = pool.data + json_string_length(value);

    p = ngx_strlchr(pool.data, last, ':');

    pool.len = p - pool.data;
    name.data = p + 1;
    name.len = last - name.data;

    if (ngx_zos_ref(f, NGX_ZOS_ROLE_STORAGEPOOL, &pool,
                    ngx_zos_flow_arg(f, &node), "the pool of a filesystem")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ref(f, NGX_ZOS_ROLE_FILESYSTEM, &name, &pool,
                       "a filesystem");
}


ngx_int_t
ngx_zos_container_mounts(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    size_t      i;
    u_char     *p;
    json_t     *array, *value;
    ngx_str_t   pool, name, target;

    array = ngx_zos_body(f, "filesystems");

    ngx_zos_out_literal(out, "[");

    json_array_foreach(array, i, value) {

        pool.data = (u_char *) json_string_value(value);
        p = (u_char *) ngx_strchr(pool.data, ':');
        pool.len = p - pool.data;

        name.data = p + 1;
        name.len = ngx_strlen(name.data);

        target.len = sizeof("/fs//") - 1 + pool.len + name.len;
        target.data = ngx_pnalloc(f->request->pool, target.len);

        if (target.data == NULL) {
            return NGX_ERROR;
        }

        ngx_sprintf(target.data, "/fs/%V/%V", &pool, &name);

        ngx_zos_out(out, (u_char *) ",", i ? 1 : 0);
        ngx_zos_out_literal(out, "{\"filesystem\":");
        ngx_zos_out_string(out, &name);
        ngx_zos_out_literal(out, ",\"target\":");
        ngx_zos_out_string(out, &target);
        ngx_zos_out_literal(out, "}");
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}


/* nics are told apart by type and id, the rest of one can not be changed */

static ngx_int_t
ngx_zos_container_can_change(ngx_zos_flow_t *f)
{
    size_t        i, j;
    json_t       *stored, *nic, *old, *value;

    static const char  *names[] = { "name", "config", "hwaddr", "token" };

    stored = json_object_get(ngx_zos_service_data(f), "nics");

    json_array_foreach(ngx_zos_body(f, "nics"), i, nic) {

        old = ngx_zos_find_nic(stored, nic);

        for (j = 0; old && j < 4; j++) {

            value = json_object_get(nic, names[j]);

            if (!ngx_zos_json_alike(value, NULL)
                && !ngx_zos_json_alike(value, json_object_get(old, names[j])))
            {
                return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                                    "the %s of nics[%uz] can not be changed, "
                                    "remove the nic and add it again",
                                    names[j], i);
            }
        }
    }

    return NGX_OK;
}


/* what is not said of a nic that is there stays: its token is not shown */

ngx_int_t
ngx_zos_container_nics(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    size_t       i;
    json_t      *nics, *stored, *nic, *value;
    const char  *key;

    nics = ngx_zos_body_clean(f, "nics");
    stored = json_object_get(ngx_zos_service_data(f), "nics");

    json_array_foreach(nics, i, nic) {

        json_object_foreach(ngx_zos_find_nic(stored, nic), key, value) {

            if (json_object_get(nic, key) == NULL
                && !ngx_zos_json_alike(value, NULL)
                && json_object_set(nic, key, value) != 0)
            {
                f->lacking = 1;
            }
        }
    }

    ngx_zos_out_json(out, nics);

    return NGX_OK;
}


ngx_int_t
ngx_zos_container_verify_nics(ngx_zos_flow_t *f, json_t *data)
{
    size_t   i;
    json_t  *wanted, *there, *nic;

    wanted = ngx_zos_body(f, "nics");
    there = json_object_get(data, "nics");

    if (json_array_size(wanted) != json_array_size(there)) {
        return NGX_DECLINED;
    }

    json_array_foreach(wanted, i, nic) {
        if (ngx_zos_find_nic(there, nic) == NULL) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}
