
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static ngx_int_t ngx_zos_list_nodes(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_get_node(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out);
static void ngx_zos_put_node(ngx_zos_out_t *out, ngx_zos_node_t *node);


const ngx_zos_step_pt  ngx_zos_steps_list_nodes[] = {
    ngx_zos_list_nodes,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_get_node[] = {
    ngx_zos_step_node,
    ngx_zos_get_node,
    NULL
};


static ngx_int_t
ngx_zos_list_nodes(ngx_zos_flow_t *f)
{
    ngx_uint_t            i;
    ngx_zos_out_t         out;
    ngx_zos_node_t       *node;
    ngx_zos_main_conf_t  *zmcf;

    zmcf = ngx_http_get_module_main_conf(f->request, ngx_zos_module);

    if (ngx_zos_out_init(&out, f->request->pool, 1024) != NGX_OK) {
        return NGX_ERROR;
    }

    f->cache = NGX_ZOS_CACHE_STATIC;
    node = zmcf->nodes.elts;

    ngx_zos_out_literal(&out, "[");

    for (i = 0; i < zmcf->nodes.nelts; i++) {

        if (i) {
            ngx_zos_out_literal(&out, ",");
        }

        ngx_zos_put_node(&out, &node[i]);
    }

    ngx_zos_out_literal(&out, "]");

    return ngx_zos_answer(f, &out);
}


static ngx_int_t
ngx_zos_get_node(ngx_zos_flow_t *f)
{
    ngx_zos_out_t  out;

    if (ngx_zos_out_init(&out, f->request->pool, 256) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_put_node(&out, f->node);

    return ngx_zos_answer(f, &out);
}


/* static nodes go through the views too: these say what is answered */

static ngx_int_t
ngx_zos_answer(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_str_t  source;

    if (ngx_zos_out_done(out, &source) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_view(f, f->op->view, &source, &f->body);
}


static void
ngx_zos_put_node(ngx_zos_out_t *out, ngx_zos_node_t *node)
{
    ngx_zos_out_literal(out, "{\"hostname\":");
    ngx_zos_out_string(out, &node->hostname);
    ngx_zos_out_literal(out, ",\"id\":");
    ngx_zos_out_string(out, &node->id);
    ngx_zos_out_literal(out, ",\"ipaddress\":");
    ngx_zos_out_string(out, &node->address);
    ngx_zos_out_literal(out, ",\"status\":\"running\"}");
}
