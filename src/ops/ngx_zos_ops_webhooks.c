
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static const ngx_str_t  ngx_zos_event_types[] = {
    ngx_string("ork"),
    ngx_null_string
};


#define NGX_ZOS_WEBHOOK_FIELDS                                               \
                                                                             \
    { .name = ngx_string("url"), .type = NGX_ZOS_STRING, .required = 1,      \
      .check = ngx_zos_check_url, .rule = ngx_zos_rule_url,                  \
      .text = ngx_string("URL that events are sent to") },                   \
                                                                             \
    { .name = ngx_string("eventtypes"), .type = NGX_ZOS_STRINGS,             \
      .required = 1, .values = ngx_zos_event_types,                          \
      .text = ngx_string("kinds of events: ork") },                          \
                                                                             \
    { .name = ngx_null_string }


static const ngx_zos_field_t  ngx_zos_webhook_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the webhook") },

    NGX_ZOS_WEBHOOK_FIELDS
};


static const ngx_zos_field_t  ngx_zos_webhook_update_fields[] = {
    NGX_ZOS_WEBHOOK_FIELDS
};


static const ngx_zos_arg_t  ngx_zos_webhook_args[] = {

    { .name = ngx_string("eventtypes"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("eventtypes") },

    { .name = ngx_string("url"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("url") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_webhook_name_members[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the webhook") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_webhook_list_view = {
    .name = ngx_string("WebhookNames"),
    .shape = NGX_ZOS_VIEW_NAMES,
    .members = ngx_zos_webhook_name_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_member_t  ngx_zos_webhook_members[] = {

    { .name = ngx_string("eventtypes"), .type = NGX_ZOS_STRINGS,
      .from = ngx_string("data.eventtypes"),
      .text = ngx_string("kinds of events: ork") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the webhook") },

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.url"),
      .text = ngx_string("URL that events are sent to") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_webhook_view = {
    .name = ngx_string("Webhook"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_webhook_members,
};


/* ---- AYS ---- */

#define NGX_ZOS_WEBHOOK                                                      \
    .presets = NGX_ZOS_2018,                                                 \
    .target = { NGX_ZOS_ROLE_WEBHOOK, ngx_string("{webhookname}") }


static const ngx_zos_ays_t  ngx_zos_webhook_list_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_WEBHOOK, ngx_null_string },
};


static const ngx_zos_ays_t  ngx_zos_webhook_create_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_WEBHOOK, ngx_string("{body.name}") },
    .args = ngx_zos_webhook_args,
    .location = ngx_string("/webhooks/{body.name}"),
};


static const ngx_zos_ays_t  ngx_zos_webhook_ays = {
    NGX_ZOS_WEBHOOK,
};


static const ngx_zos_ays_t  ngx_zos_webhook_update_ays = {
    NGX_ZOS_WEBHOOK,
    .args = ngx_zos_webhook_args,
    .verify = ngx_zos_webhook_verify,
};


const ngx_zos_op_t  ngx_zos_ops_webhooks[] = {

    {
      .name = ngx_string("listWebhooks"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/webhooks"),
      .summary = ngx_string("Names of the webhooks"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_webhook_list_view,
      .ays = &ngx_zos_webhook_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createWebhook"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/webhooks"),
      .summary = ngx_string("Register a url for events"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_webhook_fields,
      .ays = &ngx_zos_webhook_create_ays,
      .steps = ngx_zos_steps_ays_create,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getWebhook"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/webhooks/{webhookname}"),
      .summary = ngx_string("One webhook"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_webhook_view,
      .ays = &ngx_zos_webhook_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("updateWebhook"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/webhooks/{webhookname}"),
      .summary = ngx_string("Change url and event types"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_webhook_update_fields,
      .ays = &ngx_zos_webhook_update_ays,
      .steps = ngx_zos_steps_ays_update,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("deleteWebhook"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/webhooks/{webhookname}"),
      .summary = ngx_string("Remove a webhook"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_webhook_ays,
      .steps = ngx_zos_steps_delete_webhook,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
