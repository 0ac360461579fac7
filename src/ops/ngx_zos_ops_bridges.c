
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_check_bridge(ngx_str_t *value);


static const ngx_str_t  ngx_zos_bridge_modes[] = {
    ngx_string("none"),
    ngx_string("static"),
    ngx_string("dnsmasq"),
    ngx_null_string
};


/* the kernel's limit for interfaces */

static ngx_int_t
ngx_zos_check_bridge(ngx_str_t *value)
{
    return ngx_zos_check_name(value) == NGX_OK && value->len <= 15
           && (value->len != 7
               || ngx_strncmp(value->data, "default", 7) != 0)
           ? NGX_OK : NGX_DECLINED;
}


static const char *
ngx_zos_bridge_rules(ngx_zos_flow_t *f, json_t *body)
{
    json_t      *setting;
    const char  *mode, *cidr, *start, *end;

    setting = json_object_get(body, "setting");
    mode = json_string_value(json_object_get(body, "networkMode"));
    cidr = json_string_value(json_object_get(setting, "cidr"));
    start = json_string_value(json_object_get(setting, "start"));
    end = json_string_value(json_object_get(setting, "end"));

    if (ngx_strcmp(mode, "none") != 0 && (cidr == NULL || *cidr == '\0')) {
        return "needs setting.cidr, as networkMode is not none";
    }

    if (ngx_strcmp(mode, "dnsmasq") == 0
        && (start == NULL || *start == '\0' || end == NULL || *end == '\0'))
    {
        return "needs setting.start and setting.end, as networkMode is "
               "dnsmasq";
    }

    if (cidr && *cidr
        && ((start && *start && !ngx_zos_in_cidr(start, cidr))
            || (end && *end && !ngx_zos_in_cidr(end, cidr))))
    {
        return "must have setting.start and setting.end in setting.cidr";
    }

    return NULL;
}


static const ngx_zos_field_t  ngx_zos_bridge_setting_fields[] = {

    { .name = ngx_string("cidr"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_cidr, .rule = ngx_zos_rule_cidr,
      .text = ngx_string("address of the bridge and prefix") },

    { .name = ngx_string("start"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_ipv4, .rule = ngx_zos_rule_ipv4,
      .text = ngx_string("first address that is given away") },

    { .name = ngx_string("end"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_ipv4, .rule = ngx_zos_rule_ipv4,
      .text = ngx_string("last address that is given away") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_bridge_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_bridge,
      .rule = ngx_string("must be a name of 15 letters, digits, \"-\", "
                         "\"_\" and \".\" at most, and not default"),
      .text = ngx_string("name of the bridge") },

    { .name = ngx_string("networkMode"), .type = NGX_ZOS_STRING,
      .required = 1, .values = ngx_zos_bridge_modes,
      .text = ngx_string("how the bridge gets its address") },

    { .name = ngx_string("nat"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("addresses are translated") },

    { .name = ngx_string("hwaddr"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_mac, .rule = ngx_zos_rule_mac,
      .text = ngx_string("MAC address") },

    { .name = ngx_string("setting"), .type = NGX_ZOS_OBJECT,
      .fields = ngx_zos_bridge_setting_fields,
      .text = ngx_string("addresses") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_bridge_args[] = {

    { .name = ngx_string("hwaddr"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("hwaddr"), .absent = ngx_string("\"\"") },

    { .name = ngx_string("nat"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("nat"), .absent = ngx_string("false") },

    { .name = ngx_string("networkMode"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("networkMode") },

    { .name = ngx_string("setting"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("setting"), .absent = ngx_string("{}") },

    { .name = ngx_string("node"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("nodeid") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_bridge_setting_members[] = {

    { .name = ngx_string("cidr"), .type = NGX_ZOS_STRING,
      .text = ngx_string("address of the bridge and prefix") },

    { .name = ngx_string("end"), .type = NGX_ZOS_STRING,
      .text = ngx_string("last address that is given away") },

    { .name = ngx_string("start"), .type = NGX_ZOS_STRING,
      .text = ngx_string("first address that is given away") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_bridge_members[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the bridge") },

    { .name = ngx_string("setting"), .type = NGX_ZOS_OBJECT,
      .from = ngx_string("data.setting"),
      .members = ngx_zos_bridge_setting_members,
      .text = ngx_string("addresses") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("up, down or error") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_bridge_list_view = {
    .name = ngx_string("Bridge"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_bridge_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_bridge_view = {
    .name = ngx_string("Bridge"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_bridge_members,
};


static const ngx_zos_ays_t  ngx_zos_bridge_list_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_BRIDGE, ngx_null_string },
    .fields = ngx_string("setting,status"),
};


static const ngx_zos_ays_t  ngx_zos_bridge_create_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_BRIDGE, ngx_string("{body.name}") },
    .fields = ngx_string("setting"),
    .args = ngx_zos_bridge_args,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/bridges/{body.name}"),
};


static const ngx_zos_ays_t  ngx_zos_bridge_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_BRIDGE, ngx_string("{bridgeid}") },
};


static const ngx_zos_ays_t  ngx_zos_bridge_delete_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_BRIDGE, ngx_string("{bridgeid}") },
    .action = ngx_string("delete"),
    .force = 1,
};


const ngx_zos_op_t  ngx_zos_ops_bridges[] = {

    {
      .name = ngx_string("listBridges"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/bridges"),
      .summary = ngx_string("List the bridges AYS manages on a "
                            "node"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_bridge_list_view,
      .ays = &ngx_zos_bridge_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createBridge"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/bridges"),
      .summary = ngx_string("Create a bridge on a node"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_bridge_fields,
      .rules = ngx_zos_bridge_rules,
      .ays = &ngx_zos_bridge_create_ays,
      .steps = ngx_zos_steps_create_bridge,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getBridge"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/bridges/{bridgeid}"),
      .summary = ngx_string("One bridge"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_bridge_view,
      .ays = &ngx_zos_bridge_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteBridge"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/bridges/{bridgeid}"),
      .summary = ngx_string("Remove a bridge"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_bridge_delete_ays,
      .steps = ngx_zos_steps_ays_delete,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
