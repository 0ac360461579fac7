
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * A new bridge must not share addresses with another one of its node; and
 * a node must not leave the network that it is reached by.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_bridges_apart(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_zerotier_not_ours(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_zerotier_address(ngx_zos_flow_t *f,
    ngx_str_t *address);


const ngx_zos_step_pt  ngx_zos_steps_create_bridge[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_step_lane,
    ngx_zos_step_list,
    ngx_zos_bridges_apart,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_exit_zerotier[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_zerotier_not_ours,
    ngx_zos_step_unused,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


static ngx_int_t
ngx_zos_bridges_apart(ngx_zos_flow_t *f)
{
    json_t               *wanted;
    ngx_int_t             rc;
    ngx_str_t             list, key, bridge, value, name, cidr, own;
    ngx_zos_json_iter_t   it;

    static const ngx_str_t  name_path = ngx_string("name");
    static const ngx_str_t  cidr_path = ngx_string("data.setting.cidr");

    wanted = json_object_get(ngx_zos_body(f, "setting"), "cidr");

    rc = ngx_zos_ays_result(f, &list);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
    }

    if (json_string_length(wanted) == 0
        || ngx_zos_json_type(&list) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_OK;
    }

    own.data = (u_char *) json_string_value(wanted);
    own.len = json_string_length(wanted);

    ngx_zos_json_iter(&it, &list);

    while (ngx_zos_json_next(&it, &key, &bridge) == NGX_OK) {

        if (ngx_zos_json_type(&bridge) != NGX_ZOS_JSON_OBJECT
            || ngx_zos_json_get(&bridge, &cidr_path, &value) != NGX_OK
            || ngx_zos_json_string(f->request->pool, &value, &cidr) != NGX_OK
            || ngx_zos_json_get(&bridge, &name_path, &value) != NGX_OK
            || ngx_zos_json_string(f->request->pool, &value, &name) != NGX_OK
            || !ngx_zos_cidr_overlap(&cidr, &own))
        {
            continue;
        }

        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "setting.cidr overlaps %V of bridge \"%V\"",
                            &cidr, &name);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_zerotier_not_ours(ngx_zos_flow_t *f)
{
    size_t       i, len;
    json_t      *value;
    ngx_int_t    rc;
    ngx_str_t    address;
    const char  *assigned;

    rc = ngx_zos_zerotier_address(f, &address);

    if (rc != NGX_OK) {
        return rc;
    }

    /* "10.147.17.4/24" */

    json_array_foreach(json_object_get(ngx_zos_service_data(f),
                                       "assignedAddresses"), i, value)
    {
        assigned = json_string_value(value);

        if (assigned == NULL) {
            continue;
        }

        len = strcspn(assigned, "/");

        if (len && len == address.len
            && ngx_memcmp(assigned, address.data, len) == 0)
        {
            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                                "the node is reached through this network");
        }
    }

    return NGX_OK;
}


/* of the node's core0, as the configuration or AYS has it; or empty */

static ngx_int_t
ngx_zos_zerotier_address(ngx_zos_flow_t *f, ngx_str_t *address)
{
    ngx_int_t             rc;
    ngx_str_t            *id, service;
    ngx_zos_node_t       *node;
    ngx_zos_main_conf_t  *zmcf;

    static const ngx_str_t  name = ngx_string("nodeid");
    static const ngx_str_t  path = ngx_string("data.redisAddr");

    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);

    id = ngx_zos_flow_arg(f, &name);
    node = ngx_zos_dir_find(zmcf, id);

    if (node) {
        *address = node->address;
        return NGX_OK;
    }

    rc = ngx_zos_lookup(f, id, &service);

    if (rc == NGX_OK
        && (ngx_zos_json_get(&service, &path, address) != NGX_OK
            || ngx_zos_json_string(f->request->pool, address, address)
               != NGX_OK))
    {
        ngx_str_null(address);
    }

    return rc;
}
