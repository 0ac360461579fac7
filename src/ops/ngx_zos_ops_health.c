
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static const ngx_zos_member_t  ngx_zos_node_health_members[] = {

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING,
      .text = ngx_string("host name of the node") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("id of the node") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .text = ngx_string("the worst of its checks: OK, WARNING, ERROR; "
                         "SKIPPED, if there are none") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_node_health_view = {
    .name = ngx_string("NodeHealth"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_node_health_members,
    .sort = { ngx_string("id") },
};


static const ngx_zos_member_t  ngx_zos_cluster_health_members[] = {

    { .name = ngx_string("label"), .type = NGX_ZOS_STRING,
      .from = ngx_string("id"),
      .text = ngx_string("label of the storage cluster") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .text = ngx_string("the worst of its checks: OK, WARNING, ERROR; "
                         "SKIPPED, if there are none") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_cluster_health_view = {
    .name = ngx_string("ClusterHealth"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_cluster_health_members,
    .sort = { ngx_string("id") },
};


static const ngx_zos_member_t  ngx_zos_health_message_members[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("id of the message") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .text = ngx_string("OK, WARNING, ERROR or SKIPPED") },

    { .name = ngx_string("text"), .type = NGX_ZOS_STRING,
      .text = ngx_string("what was found") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_health_check_members[] = {

    { .name = ngx_string("category"), .type = NGX_ZOS_STRING,
      .text = ngx_string("kind of check") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("id of the check") },

    { .name = ngx_string("interval"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("between two checks, seconds") },

    { .name = ngx_string("lasttime"), .type = NGX_ZOS_INTEGER,
      .get = ngx_zos_health_time,
      .text = ngx_string("when it was last done, seconds since 1970; AYS "
                         "has it to two minutes") },

    { .name = ngx_string("messages"), .type = NGX_ZOS_OBJECTS,
      .members = ngx_zos_health_message_members,
      .text = ngx_string("what was found") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the check") },

    { .name = ngx_string("resource"), .type = NGX_ZOS_STRING,
      .text = ngx_string("what was checked") },

    { .name = ngx_string("stacktrace"), .type = NGX_ZOS_STRING,
      .get = ngx_zos_health_stacktrace,
      .text = ngx_string("why the check itself failed, in one line") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_health_members[] = {

    { .name = ngx_string("healthchecks"), .type = NGX_ZOS_OBJECTS,
      .from = ngx_string("data.healthchecks"),
      .members = ngx_zos_health_check_members,
      .text = ngx_string("the checks") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_health_view = {
    .name = ngx_string("Health"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_health_members,
};


/* ---- AYS ---- */

static const ngx_zos_ays_t  ngx_zos_nodes_health_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_NODE, ngx_null_string },
    .fields = ngx_string("hostname"),
};


static const ngx_zos_ays_t  ngx_zos_node_health_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_HEALTHCHECK, ngx_string("node_{nodeid}") },
};


static const ngx_zos_ays_t  ngx_zos_clusters_health_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_CLUSTER, ngx_null_string },
};


static const ngx_zos_ays_t  ngx_zos_cluster_health_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_HEALTHCHECK,
                ngx_string("storagecluster.block_{storageclusterid}") },
};


const ngx_zos_op_t  ngx_zos_ops_health[] = {

    {
      .name = ngx_string("listNodesHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/nodes"),
      .summary = ngx_string("Health summary of all nodes"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_node_health_view,
      .ays = &ngx_zos_nodes_health_ays,
      .steps = ngx_zos_steps_health,
    },

    {
      .name = ngx_string("listNodeHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/nodes/{nodeid}"),
      .summary = ngx_string("Health checks of one node"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_health_view,
      .ays = &ngx_zos_node_health_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("listStorageClustersHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/storageclusters"),
      .summary = ngx_string("Health summary of the storage clusters"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_cluster_health_view,
      .ays = &ngx_zos_clusters_health_ays,
      .steps = ngx_zos_steps_health,
    },

    {
      .name = ngx_string("listStorageClusterHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/storageclusters/{storageclusterid}"),
      .summary = ngx_string("Health checks of one block cluster"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_health_view,
      .ays = &ngx_zos_cluster_health_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    { .name = ngx_null_string }
};
