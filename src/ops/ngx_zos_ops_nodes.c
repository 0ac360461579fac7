
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
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


static const ngx_zos_field_t  ngx_zos_node_reboot_fields[] = {

    { .name = ngx_string("force"), .type = NGX_ZOS_BOOLEAN,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("virtual machines that run are shut down first") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_node_delete_query[] = {

    { .name = ngx_string("force"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("true: also if it has children, which AYS forgets") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_node_reboot_args[] = {

    { .name = ngx_string("forceReboot"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_node_force,
      .presets = NGX_ZOS_2018 },

    { .name = ngx_null_string }
};


static const ngx_zos_ays_t  ngx_zos_node_delete_ays = {
    .target = { NGX_ZOS_ROLE_NODE, ngx_string("{nodeid}") },
    .action = ngx_string("uninstall"),
    .force = 1,
    .hold = 1,
};


/* an older AYS does not know the argument, and needs no values of it */

static const ngx_zos_ays_t  ngx_zos_node_reboot_ays = {
    .target = { NGX_ZOS_ROLE_NODE, ngx_string("{nodeid}") },
    .args = ngx_zos_node_reboot_args,
    .action = ngx_string("reboot"),
    .force = 1,
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
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .query = ngx_zos_node_delete_query,
      .ays = &ngx_zos_node_delete_ays,
      .steps = ngx_zos_steps_delete_node,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("rebootNode"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/reboot"),
      .summary = ngx_string("Reboot the machine"),
      .flags = NGX_ZOS_OP_AYS_CHANGE|NGX_ZOS_OP_EMPTY,
      .body = ngx_zos_node_reboot_fields,
      .ays = &ngx_zos_node_reboot_ays,
      .steps = ngx_zos_steps_reboot_node,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
