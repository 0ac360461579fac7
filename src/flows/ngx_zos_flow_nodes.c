
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Nodes: those that the configuration names, and those of AYS.  Both go
 * through the same views, in the shape that AYS has; the configuration wins.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static ngx_int_t ngx_zos_nodes_ask(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_nodes_show(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_nodes_put_found(ngx_zos_flow_t *f,
    ngx_zos_out_t *out, ngx_uint_t n);
static ngx_uint_t ngx_zos_nodes_named(ngx_zos_flow_t *f, ngx_str_t *service);
static ngx_int_t ngx_zos_node_ask(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_node_show(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out);
static void ngx_zos_put_node(ngx_zos_out_t *out, ngx_zos_node_t *node);


const ngx_zos_step_pt  ngx_zos_steps_list_nodes[] = {
    ngx_zos_nodes_ask,
    ngx_zos_nodes_show,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_get_node[] = {
    ngx_zos_node_ask,
    ngx_zos_node_show,
    NULL
};


static ngx_int_t
ngx_zos_nodes_ask(ngx_zos_flow_t *f)
{
    static ngx_str_t  query =
                            ngx_string("fields=hostname,status,id,redisAddr");

    if (f->conf->ays.len == 0) {
        return NGX_OK;
    }

    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_NODE, &query);
}


static ngx_int_t
ngx_zos_nodes_show(ngx_zos_flow_t *f)
{
    ngx_uint_t            i;
    ngx_zos_out_t         out;
    ngx_zos_node_t       *node;
    ngx_zos_main_conf_t  *zmcf;

    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);

    if (ngx_zos_out_init(&out, f->request->pool, 1024) != NGX_OK) {
        return NGX_ERROR;
    }

    f->cache = f->conf->ays.len ? NGX_ZOS_CACHE_MISS : NGX_ZOS_CACHE_STATIC;
    node = zmcf->nodes.elts;

    ngx_zos_out_literal(&out, "[");

    for (i = 0; i < zmcf->nodes.nelts; i++) {

        if (i) {
            ngx_zos_out_literal(&out, ",");
        }

        ngx_zos_put_node(&out, &node[i]);
    }

    if (f->conf->ays.len && ngx_zos_nodes_put_found(f, &out, i) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "]");

    return ngx_zos_answer(f, &out);
}


static ngx_int_t
ngx_zos_nodes_put_found(ngx_zos_flow_t *f, ngx_zos_out_t *out, ngx_uint_t n)
{
    ngx_int_t            rc;
    ngx_str_t            list, key, service;
    ngx_zos_json_iter_t  it;

    rc = ngx_zos_ays_result(f, &list);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED
        || ngx_zos_json_type(&list) != NGX_ZOS_JSON_ARRAY)
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
    }

    ngx_zos_json_iter(&it, &list);

    while (ngx_zos_json_next(&it, &key, &service) == NGX_OK) {

        if (ngx_zos_nodes_named(f, &service)) {
            continue;
        }

        if (n++) {
            ngx_zos_out_literal(out, ",");
        }

        ngx_zos_out_str(out, &service);
    }

    return NGX_OK;
}


/* by the configuration */

static ngx_uint_t
ngx_zos_nodes_named(ngx_zos_flow_t *f, ngx_str_t *service)
{
    ngx_str_t             value, name;
    ngx_zos_main_conf_t  *zmcf;

    static const ngx_str_t  path = ngx_string("name");

    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);

    return ngx_zos_json_type(service) == NGX_ZOS_JSON_OBJECT
           && ngx_zos_json_get(service, &path, &value) == NGX_OK
           && ngx_zos_json_string(f->request->pool, &value, &name) == NGX_OK
           && ngx_zos_dir_find(zmcf, &name) != NULL;
}


/* as it is now: what is known of it for its address may be older */

static ngx_int_t
ngx_zos_node_ask(ngx_zos_flow_t *f)
{
    ngx_str_t            *id;
    ngx_zos_main_conf_t  *zmcf;

    static const ngx_str_t  name = ngx_string("nodeid");

    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);

    id = ngx_zos_flow_arg(f, &name);
    f->node = ngx_zos_dir_find(zmcf, id);

    if (f->node) {
        f->cache = NGX_ZOS_CACHE_STATIC;
        return NGX_OK;
    }

    if (f->conf->ays.len == 0) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "unknown node",
                            "node \"%V\" is not known", id);
    }

    f->cache = NGX_ZOS_CACHE_MISS;

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_NODE, id);
}


static ngx_int_t
ngx_zos_node_show(ngx_zos_flow_t *f)
{
    ngx_int_t       rc;
    ngx_str_t      *id, service;
    ngx_zos_out_t   out;

    static const ngx_str_t  name = ngx_string("nodeid");

    if (f->node) {

        if (ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_put_node(&out, f->node);

        return ngx_zos_answer(f, &out);
    }

    id = ngx_zos_flow_arg(f, &name);
    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_DECLINED
        || (rc == NGX_OK && !ngx_zos_ays_is(&service, id, NULL)))
    {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "unknown node",
                            "node \"%V\" is not known", id);
    }

    return rc == NGX_OK ? ngx_zos_step_show(f) : rc;
}


static ngx_int_t
ngx_zos_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_int_t  rc;
    ngx_str_t  source;

    if (ngx_zos_out_done(out, &source) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_zos_view(f, f->op->view, &source, &f->body);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
    }

    return rc;
}


static void
ngx_zos_put_node(ngx_zos_out_t *out, ngx_zos_node_t *node)
{
    ngx_zos_out_literal(out, "{\"name\":");
    ngx_zos_out_string(out, &node->id);
    ngx_zos_out_literal(out, ",\"data\":{\"hostname\":");
    ngx_zos_out_string(out, &node->hostname);
    ngx_zos_out_literal(out, ",\"redisAddr\":");
    ngx_zos_out_string(out, &node->address);
    ngx_zos_out_literal(out, ",\"status\":\"running\"}}");
}
