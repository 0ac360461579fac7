
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_bridges[] = {

    {
      .name = ngx_string("listBridges"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/bridges"),
      .summary = ngx_string("List the bridges AYS manages on a "
                            "node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createBridge"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/bridges"),
      .summary = ngx_string("Create a bridge on a node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getBridge"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/bridges/{bridgeid}"),
      .summary = ngx_string("One bridge"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteBridge"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/bridges/{bridgeid}"),
      .summary = ngx_string("Remove a bridge"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
