
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_health[] = {

    {
      .name = ngx_string("listNodesHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/nodes"),
      .summary = ngx_string("Health summary of all nodes"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listNodeHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/nodes/{nodeid}"),
      .summary = ngx_string("Health checks of one node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listStorageClustersHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/storageclusters"),
      .summary = ngx_string("Health summary of the block clusters"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listStorageClusterHealth"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/health/storageclusters/{storageclusterid}"),
      .summary = ngx_string("Health checks of one block cluster"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
