
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_containers[] = {

    {
      .name = ngx_string("listContainers"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers"),
      .summary = ngx_string("List the containers AYS manages on a"
                            " node (running or not)"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers"),
      .summary = ngx_string("Create and start a container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getContainer"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"),
      .summary = ngx_string("One container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("updateContainer"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"),
      .summary = ngx_string("Replace the nics of a container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteContainer"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"),
      .summary = ngx_string("Stop a container and remove its "
                            "service"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("startContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}/start"),
      .summary = ngx_string("Start a container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("stopContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}/stop"),
      .summary = ngx_string("Stop a container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
