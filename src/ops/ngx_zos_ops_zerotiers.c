
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static ngx_int_t ngx_zos_check_network(ngx_str_t *value);


static ngx_int_t
ngx_zos_check_network(ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (ngx_hextoi(&value->data[i], 1) == NGX_ERROR) {
            return NGX_DECLINED;
        }
    }

    return value->len == 16 ? NGX_OK : NGX_DECLINED;
}


static const ngx_zos_field_t  ngx_zos_zerotier_fields[] = {

    { .name = ngx_string("nwid"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_network,
      .rule = ngx_string("must be 16 hexadecimal digits"),
      .text = ngx_string("id of the network") },

    { .name = ngx_string("token"), .type = NGX_ZOS_STRING, .secret = 1,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("of the ZeroTier API, to authorize the node") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_zerotier_args[] = {

    { .name = ngx_string("nwid"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("nwid") },

    { .name = ngx_string("node"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("nodeid") },

    { .name = ngx_string("token"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("token"), .absent = ngx_string("\"\""),
      .presets = NGX_ZOS_2018 },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_zerotier_item_members[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("{nodeid}_{nwid}") },

    { .name = ngx_string("nwid"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.nwid"),
      .text = ngx_string("id of the network") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("OK, ACCESS_DENIED, REQUESTING_CONFIGURATION...") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.type"),
      .text = ngx_string("public or private") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_route_members[] = {

    { .name = ngx_string("flags"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("of ZeroTier") },

    { .name = ngx_string("metric"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("of the route") },

    { .name = ngx_string("target"), .type = NGX_ZOS_STRING,
      .text = ngx_string("network") },

    { .name = ngx_string("via"), .type = NGX_ZOS_STRING,
      .text = ngx_string("router") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_zerotier_members[] = {

    { .name = ngx_string("allowDefault"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.allowDefault"),
      .text = ngx_string("a default route is taken") },

    { .name = ngx_string("allowGlobal"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.allowGlobal"),
      .text = ngx_string("global addresses are taken") },

    { .name = ngx_string("allowManaged"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.allowManaged"),
      .text = ngx_string("managed addresses are taken") },

    { .name = ngx_string("assignedAddresses"), .type = NGX_ZOS_STRINGS,
      .from = ngx_string("data.assignedAddresses"),
      .text = ngx_string("of the node") },

    { .name = ngx_string("bridge"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.bridge"),
      .text = ngx_string("the node bridges") },

    { .name = ngx_string("broadcastEnabled"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.broadcastEnabled"),
      .text = ngx_string("broadcasts are carried") },

    { .name = ngx_string("dhcp"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.dhcp"),
      .text = ngx_string("addresses come from DHCP") },

    { .name = ngx_string("mac"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.mac"),
      .text = ngx_string("MAC address") },

    { .name = ngx_string("mtu"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.mtu"),
      .text = ngx_string("bytes") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.name"),
      .text = ngx_string("of the network") },

    { .name = ngx_string("netconfRevision"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.netconfRevision"),
      .text = ngx_string("of the configuration") },

    { .name = ngx_string("nwid"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.nwid"),
      .text = ngx_string("id of the network") },

    { .name = ngx_string("portDeviceName"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.portDeviceName"),
      .text = ngx_string("interface") },

    { .name = ngx_string("portError"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.portError"),
      .text = ngx_string("of the interface") },

    { .name = ngx_string("routes"), .type = NGX_ZOS_OBJECTS,
      .from = ngx_string("data.routes"),
      .members = ngx_zos_route_members,
      .text = ngx_string("routes of the network") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("OK, ACCESS_DENIED, REQUESTING_CONFIGURATION...") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.type"),
      .text = ngx_string("public or private") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_zerotier_list_view = {
    .name = ngx_string("ZerotierListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_zerotier_item_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_zerotier_view = {
    .name = ngx_string("Zerotier"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_zerotier_members,
};


static const ngx_zos_ays_t  ngx_zos_zerotier_list_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_ZEROTIER, ngx_null_string },
    .fields = ngx_string("nwid,status,type"),
};


static const ngx_zos_ays_t  ngx_zos_zerotier_join_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_ZEROTIER, ngx_string("{nodeid}_{body.nwid}") },
    .args = ngx_zos_zerotier_args,
    .action = ngx_string("install"),
    .force = 1,
    .location = ngx_string("/nodes/{nodeid}/zerotiers/{body.nwid}"),
};


static const ngx_zos_ays_t  ngx_zos_zerotier_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_ZEROTIER, ngx_string("{nodeid}_{zerotierid}") },
};


static const ngx_zos_ays_t  ngx_zos_zerotier_exit_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_ZEROTIER, ngx_string("{nodeid}_{zerotierid}") },
    .action = ngx_string("delete"),
    .force = 1,
    .stored = ngx_zos_zerotier_fields,
};


const ngx_zos_op_t  ngx_zos_ops_zerotiers[] = {

    {
      .name = ngx_string("listZerotier"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/zerotiers"),
      .summary = ngx_string("List the zerotier networks a node "
                            "has joined through AYS"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_zerotier_list_view,
      .ays = &ngx_zos_zerotier_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("joinZerotier"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/zerotiers"),
      .summary = ngx_string("Join a zerotier network"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_zerotier_fields,
      .ays = &ngx_zos_zerotier_join_ays,
      .steps = ngx_zos_steps_ays_create,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getZerotier"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/zerotiers/{zerotierid}"),
      .summary = ngx_string("Details of a joined network"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_zerotier_view,
      .ays = &ngx_zos_zerotier_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("exitZerotier"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/zerotiers/{zerotierid}"),
      .summary = ngx_string("Leave a network"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_zerotier_exit_ays,
      .steps = ngx_zos_steps_exit_zerotier,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
