
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_webhooks[] = {

    {
      .name = ngx_string("listWebhooks"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/webhooks"),
      .summary = ngx_string("Names of the webhooks"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createWebhook"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/webhooks"),
      .summary = ngx_string("Register a url for events"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getWebhook"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/webhooks/{webhookname}"),
      .summary = ngx_string("One webhook"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("updateWebhook"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/webhooks/{webhookname}"),
      .summary = ngx_string("Change url and event types"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteWebhook"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/webhooks/{webhookname}"),
      .summary = ngx_string("Remove a webhook"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
