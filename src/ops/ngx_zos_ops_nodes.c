
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static const ngx_zos_member_t  ngx_zos_node_item_members[] = {

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.hostname"),
      .text = ngx_string("host name of the node") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("id of the node") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("running, halted or rebooting") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_node_members[] = {

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.hostname"),
      .text = ngx_string("host name of the node") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("id of the node") },

    { .name = ngx_string("ipaddress"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.redisAddr"),
      .text = ngx_string("address of its core0") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("running, halted or rebooting") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_node_list_view = {
    .name = ngx_string("NodeItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_node_item_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_node_view = {
    .name = ngx_string("Node"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_node_members,
};


const ngx_zos_op_t  ngx_zos_ops_nodes[] = {

    {
      .name = ngx_string("listNodes"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes"),
      .summary = ngx_string("List the nodes"),
      .view = &ngx_zos_node_list_view,
      .steps = ngx_zos_steps_list_nodes,
    },

    {
      .name = ngx_string("getNode"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}"),
      .summary = ngx_string("One node"),
      .view = &ngx_zos_node_view,
      .steps = ngx_zos_steps_get_node,
    },

    {
      .name = ngx_string("deleteNode"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}"),
      .summary = ngx_string("Uninstall a node and remove its service and "
                            "all its child services"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("rebootNode"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/reboot"),
      .summary = ngx_string("Reboot the machine"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
