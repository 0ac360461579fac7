
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Graphs and dashboards.  A grafana that has no public URL is where its node
 * is; the addresses of all the nodes are one list.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_graph_list_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_graph_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_graph_of_dashboard(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_graph_nodes(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_graph_list_show(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_graph_show(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_dashboard_show(ngx_zos_flow_t *f);
static json_t *ngx_zos_graph_compose(ngx_zos_flow_t *f, const char *id,
    json_t *data, json_t *nodes);
static json_t *ngx_zos_graph_url(ngx_zos_flow_t *f, json_t *data,
    json_t *nodes);


const ngx_zos_step_pt  ngx_zos_steps_list_graphs[] = {
    ngx_zos_step_list,
    ngx_zos_graph_list_found,
    ngx_zos_graph_nodes,
    ngx_zos_graph_list_show,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_get_graph[] = {
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_graph_found,
    ngx_zos_graph_nodes,
    ngx_zos_graph_show,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_get_dashboard[] = {
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_graph_of_dashboard,
    ngx_zos_graph_found,
    ngx_zos_graph_nodes,
    ngx_zos_dashboard_show,
    NULL
};


/* f->ctx is the data of the graph, or of all of them by name */

static ngx_int_t
ngx_zos_graph_list_found(ngx_zos_flow_t *f)
{
    f->ctx = ngx_zos_named_result(f);

    return f->ctx ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_zos_graph_of_dashboard(ngx_zos_flow_t *f)
{
    static const ngx_str_t  arg = ngx_string("graphid");

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_GRAFANA,
                           ngx_zos_flow_arg(f, &arg));
}


static ngx_int_t
ngx_zos_graph_found(ngx_zos_flow_t *f)
{
    json_t     *data;
    ngx_int_t   rc;
    ngx_str_t   service, value;

    static const ngx_str_t  path = ngx_string("data");

    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    /* gone since it was compared: there is no URL then */

    data = NULL;

    if (rc == NGX_OK && ngx_zos_json_get(&service, &path, &value) == NGX_OK) {
        data = ngx_zos_json_load(&value, 0);
    }

    f->ctx = ngx_zos_keep_json(f, data ? data : json_object());

    return f->ctx ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_zos_graph_nodes(ngx_zos_flow_t *f)
{
    static ngx_str_t  query = ngx_string("fields=redisAddr");

    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_NODE, &query);
}


static ngx_int_t
ngx_zos_graph_list_show(ngx_zos_flow_t *f)
{
    json_t      *nodes, *list, *data;
    const char  *id;

    nodes = ngx_zos_named_result(f);
    list = ngx_zos_keep_json(f, json_array());

    if (nodes == NULL || list == NULL) {
        return NGX_ERROR;
    }

    json_object_foreach((json_t *) f->ctx, id, data) {
        json_array_append(list, ngx_zos_graph_compose(f, id, data, nodes));
    }

    return ngx_zos_show_json(f, list);
}


static ngx_int_t
ngx_zos_graph_show(ngx_zos_flow_t *f)
{
    json_t     *nodes;
    ngx_str_t  *id;

    static const ngx_str_t  arg = ngx_string("graphid");

    nodes = ngx_zos_named_result(f);

    if (nodes == NULL) {
        return NGX_ERROR;
    }

    id = ngx_zos_flow_arg(f, &arg);

    return ngx_zos_show_json(f, ngx_zos_keep_json(f,
                             json_pack("{s:s%,s:o}", "id", id->data, id->len,
                                       "url", ngx_zos_graph_url(f, f->ctx,
                                                                nodes))));
}


static json_t *
ngx_zos_graph_compose(ngx_zos_flow_t *f, const char *id, json_t *data,
    json_t *nodes)
{
    return ngx_zos_keep_json(f, json_pack("{s:s,s:o}", "id", id, "url",
                                          ngx_zos_graph_url(f, data, nodes)));
}


/* a new reference */

static json_t *
ngx_zos_graph_url(ngx_zos_flow_t *f, json_t *data, json_t *nodes)
{
    json_t      *url, *node;
    json_int_t   port;
    const char  *name, *address;

    url = json_object_get(data, "url");

    if (json_string_length(url)) {
        return json_incref(url);
    }

    name = json_string_value(json_object_get(data, "node"));
    node = name ? json_object_get(nodes, name) : NULL;
    address = json_string_value(json_object_get(node, "redisAddr"));

    if (address == NULL || *address == '\0') {
        return json_string("");
    }

    port = json_integer_value(json_object_get(data, "port"));

    return json_sprintf(ngx_strchr(address, ':') ? "http://[%s]:%d"
                                                 : "http://%s:%d",
                        address, (int) port);
}


static ngx_int_t
ngx_zos_dashboard_show(ngx_zos_flow_t *f)
{
    json_t      *nodes, *data, *url, *slug, *source;
    ngx_str_t   *name;
    const char  *base, *tail;

    static const ngx_str_t  arg = ngx_string("dashboardname");

    nodes = ngx_zos_named_result(f);
    data = ngx_zos_service_data(f);

    if (nodes == NULL || data == NULL) {
        return NGX_ERROR;
    }

    name = ngx_zos_flow_arg(f, &arg);
    slug = json_object_get(data, "slug");
    url = ngx_zos_keep_json(f, ngx_zos_graph_url(f, f->ctx, nodes));

    base = json_string_value(url);
    tail = json_string_value(slug);

    source = json_pack("{s:s%}", "name", name->data, name->len);

    json_object_set(source, "slug", slug);
    json_object_set(source, "dashboard", json_object_get(data, "dashboard"));

    if (base && *base) {
        json_object_set_new(source, "url",
                            json_sprintf("%s/dashboard/db/%s", base,
                                         tail ? tail : ""));
    }

    return ngx_zos_show_json(f, ngx_zos_keep_json(f, source));
}


ngx_int_t
ngx_zos_graph_verify(ngx_zos_flow_t *f, json_t *data)
{
    const char  *wanted, *there;

    wanted = json_string_value(ngx_zos_body(f, "url"));
    there = json_string_value(json_object_get(data, "url"));

    return ngx_strcmp(wanted ? wanted : "", there ? there : "") == 0
           ? NGX_OK : NGX_DECLINED;
}
