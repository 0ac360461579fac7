
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_clusters[] = {

    {
      .name = ngx_string("listAllClusters"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/storageclusters"),
      .summary = ngx_string("Labels of all storage clusters"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deployNewCluster"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/storageclusters"),
      .summary = ngx_string("Deploy a storage cluster over nodes"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getClusterInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/storageclusters/{label}"),
      .summary = ngx_string("One storage cluster with its servers"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("killCluster"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/storageclusters/{label}"),
      .summary = ngx_string("Delete a storage cluster with its "
                            "data"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
