
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


#include <jansson.h>


static ngx_int_t ngx_zos_check_dashboard(ngx_str_t *value);


static ngx_int_t
ngx_zos_check_dashboard(ngx_str_t *value)
{
    json_t     *dashboard;
    ngx_int_t   rc;

    dashboard = ngx_zos_json_load(value, 0);

    rc = json_is_object(dashboard) ? NGX_OK : NGX_DECLINED;

    json_decref(dashboard);

    return rc;
}


static const ngx_zos_field_t  ngx_zos_graph_fields[] = {

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_url, .rule = ngx_zos_rule_url,
      .text = ngx_string("public URL; empty is the address of the node") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_dashboard_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .bounded = 1, .max = 15,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the dashboard, 15 bytes at most") },

    { .name = ngx_string("dashboard"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_dashboard,
      .rule = ngx_string("must be a JSON object in a string"),
      .text = ngx_string("the dashboard of grafana, JSON in a string") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_graph_args[] = {

    { .name = ngx_string("url"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("url"), .absent = ngx_string("\"\"") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_dashboard_args[] = {

    { .name = ngx_string("dashboard"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("dashboard") },

    { .name = ngx_string("grafana"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("graphid") },

    { .name = ngx_null_string }
};


/* ---- answers: of what the steps compose ---- */

static const ngx_zos_member_t  ngx_zos_graph_members[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the graph") },

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING,
      .text = ngx_string("where it is; empty, if its node is not known") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_graph_list_view = {
    .name = ngx_string("GraphListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_graph_members,
    .sort = { ngx_string("id") },
};


static const ngx_zos_view_t  ngx_zos_graph_view = {
    .name = ngx_string("Graph"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_graph_members,
};


static const ngx_zos_member_t  ngx_zos_dashboard_item_members[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the dashboard") },

    { .name = ngx_string("slug"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.slug"),
      .text = ngx_string("its name in URLs of grafana") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_dashboard_list_view = {
    .name = ngx_string("DashboardListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_dashboard_item_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_member_t  ngx_zos_dashboard_members[] = {

    { .name = ngx_string("dashboard"), .type = NGX_ZOS_STRING,
      .optional = 1,
      .text = ngx_string("the dashboard of grafana, JSON in a string") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the dashboard") },

    { .name = ngx_string("slug"), .type = NGX_ZOS_STRING,
      .text = ngx_string("its name in URLs of grafana") },

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING,
      .text = ngx_string("where it is; empty, if the graph's node is not "
                         "known") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_dashboard_view = {
    .name = ngx_string("Dashboard"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_dashboard_members,
};


/* ---- AYS ---- */

#define NGX_ZOS_ON_GRAPH                                                     \
    .presets = NGX_ZOS_2018,                                                 \
    .parents = { { NGX_ZOS_ROLE_GRAFANA, ngx_string("{graphid}") } }


static const ngx_zos_ays_t  ngx_zos_graph_list_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_GRAFANA, ngx_null_string },
    .fields = ngx_string("node,port,url"),
};


static const ngx_zos_ays_t  ngx_zos_graph_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_GRAFANA, ngx_string("{graphid}") },
};


static const ngx_zos_ays_t  ngx_zos_graph_update_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_GRAFANA, ngx_string("{graphid}") },
    .args = ngx_zos_graph_args,
    .verify = ngx_zos_graph_verify,
};


static const ngx_zos_ays_t  ngx_zos_dashboard_list_ays = {
    NGX_ZOS_ON_GRAPH,
    .target = { NGX_ZOS_ROLE_DASHBOARD, ngx_null_string },
    .fields = ngx_string("slug"),
};


static const ngx_zos_ays_t  ngx_zos_dashboard_create_ays = {
    NGX_ZOS_ON_GRAPH,
    .target = { NGX_ZOS_ROLE_DASHBOARD, ngx_string("{body.name}") },
    .args = ngx_zos_dashboard_args,
    .action = ngx_string("install"),
    .location = ngx_string("/graphs/{graphid}/dashboards/{body.name}"),
};


static const ngx_zos_ays_t  ngx_zos_dashboard_ays = {
    NGX_ZOS_ON_GRAPH,
    .target = { NGX_ZOS_ROLE_DASHBOARD, ngx_string("{dashboardname}") },
};


static const ngx_zos_ays_t  ngx_zos_dashboard_delete_ays = {
    NGX_ZOS_ON_GRAPH,
    .target = { NGX_ZOS_ROLE_DASHBOARD, ngx_string("{dashboardname}") },
    .action = ngx_string("uninstall"),
    .force = 1,
};


const ngx_zos_op_t  ngx_zos_ops_graphs[] = {

    {
      .name = ngx_string("listGraphs"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs"),
      .summary = ngx_string("List the grafana instances"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_graph_list_view,
      .ays = &ngx_zos_graph_list_ays,
      .steps = ngx_zos_steps_list_graphs,
    },

    {
      .name = ngx_string("getGraph"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs/{graphid}"),
      .summary = ngx_string("One grafana instance"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_graph_view,
      .ays = &ngx_zos_graph_ays,
      .steps = ngx_zos_steps_get_graph,
    },

    {
      .name = ngx_string("updateGraph"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/graphs/{graphid}"),
      .summary = ngx_string("Set the public url of a grafana "
                            "instance"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_graph_fields,
      .ays = &ngx_zos_graph_update_ays,
      .steps = ngx_zos_steps_ays_update,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listDashboards"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs/{graphid}/dashboards"),
      .summary = ngx_string("List the dashboards of a grafana "
                            "instance"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_dashboard_list_view,
      .ays = &ngx_zos_dashboard_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createDashboard"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/graphs/{graphid}/dashboards"),
      .summary = ngx_string("Install a dashboard"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_dashboard_fields,
      .ays = &ngx_zos_dashboard_create_ays,
      .steps = ngx_zos_steps_ays_create,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getDashboard"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs/{graphid}/dashboards/{dashboardname}"),
      .summary = ngx_string("One dashboard"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_dashboard_view,
      .ays = &ngx_zos_dashboard_ays,
      .steps = ngx_zos_steps_get_dashboard,
    },

    {
      .name = ngx_string("deleteDashboard"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/graphs/{graphid}/dashboards/{dashboardname}"),
      .summary = ngx_string("Remove a dashboard"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_dashboard_delete_ays,
      .steps = ngx_zos_steps_ays_delete,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
