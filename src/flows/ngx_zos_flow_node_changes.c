
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Nodes that go or are started again: nothing that is known of them is good
 * any more.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_node_childless(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_node_forced(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_node_drop(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_delete_node[] = {
    ngx_zos_step_own,
    ngx_zos_step_lane,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    ngx_zos_node_childless,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_node_drop,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_reboot_node[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_node_drop,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_node_drop,
    ngx_zos_step_outcome,
    NULL
};


/* AYS would forget them, while they go on running */

static ngx_int_t
ngx_zos_node_childless(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_str_t            children, key, child;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  path = ngx_string("children");

    rc = ngx_zos_node_forced(f);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_zos_json_get(&f->service, &path, &children) != NGX_OK
        || ngx_zos_json_type(&children) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_OK;
    }

    ngx_zos_json_iter(&it, &children);

    if (ngx_zos_json_next(&it, &key, &child) != NGX_OK) {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                        "the node has containers, pools or the like, which "
                        "\"?force=true\" forgets");
}


/* NGX_DECLINED: it is not */

static ngx_int_t
ngx_zos_node_forced(ngx_zos_flow_t *f)
{
    ngx_str_t  force;

    static const ngx_str_t  name = ngx_string("force");

    if (ngx_zos_flow_query_arg(f, &name, &force) != NGX_OK
        || ngx_zos_is_text(&force, "false"))
    {
        return NGX_DECLINED;
    }

    if (ngx_zos_is_text(&force, "true")) {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad parameter",
                        "force must be true or false");
}


static ngx_int_t
ngx_zos_node_drop(ngx_zos_flow_t *f)
{
    ngx_str_t  *id;

    static const ngx_str_t  name = ngx_string("nodeid");

    id = ngx_zos_flow_arg(f, &name);

    ngx_zos_pool_close_node(id);
    ngx_zos_lookup_drop(f, id);

    return ngx_zos_step_forget(f);
}


ngx_int_t
ngx_zos_node_force(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    if (json_is_true(ngx_zos_body(f, "force"))) {
        ngx_zos_out_literal(out, "true");

    } else {
        ngx_zos_out_literal(out, "false");
    }

    return NGX_OK;
}
