
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_zerotiers[] = {

    {
      .name = ngx_string("listZerotier"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/zerotiers"),
      .summary = ngx_string("List the zerotier networks a node "
                            "has joined through AYS"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("joinZerotier"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/zerotiers"),
      .summary = ngx_string("Join a zerotier network"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getZerotier"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/zerotiers/{zerotierid}"),
      .summary = ngx_string("Details of a joined network"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("exitZerotier"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/zerotiers/{zerotierid}"),
      .summary = ngx_string("Leave a network"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
