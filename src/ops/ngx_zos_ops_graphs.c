
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_graphs[] = {

    {
      .name = ngx_string("listGraphs"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs"),
      .summary = ngx_string("List the grafana instances"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getGraph"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs/{graphid}"),
      .summary = ngx_string("One grafana instance"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("updateGraph"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/graphs/{graphid}"),
      .summary = ngx_string("Set the public url of a grafana "
                            "instance"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listDashboards"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs/{graphid}/dashboards"),
      .summary = ngx_string("List the dashboards of a grafana "
                            "instance"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createDashboard"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/graphs/{graphid}/dashboards"),
      .summary = ngx_string("Install a dashboard"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getDashboard"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/graphs/{graphid}/dashboards/{dashboardname}"),
      .summary = ngx_string("One dashboard"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteDashboard"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/graphs/{graphid}/dashboards/{dashboardname}"),
      .summary = ngx_string("Remove a dashboard"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
