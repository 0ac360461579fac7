
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>
#include <ngx_zos_gateway.h>


#define NGX_ZOS_GATEWAY                                                      \
    .parents = { { NGX_ZOS_ROLE_NODE, ngx_string("{nodeid}") } },            \
    .target = { NGX_ZOS_ROLE_GATEWAY, ngx_string("{gwname}") },              \
    .stored = ngx_zos_gateway_stored_fields


static const ngx_zos_ays_t  ngx_zos_gateway_ays = {
    NGX_ZOS_GATEWAY,
};


static const ngx_zos_ays_t  ngx_zos_gateway_create_ays = {
    .parents = { { NGX_ZOS_ROLE_NODE, ngx_string("{nodeid}") } },
    .target = { NGX_ZOS_ROLE_GATEWAY, ngx_string("{body.name}") },
    .blueprint = ngx_zos_gateway_blueprint,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/gws/{body.name}"),
};


/* the whole of a gateway, as it is to be */

static const ngx_zos_ays_t  ngx_zos_gateway_update_ays = {
    NGX_ZOS_GATEWAY,
    .blueprint = ngx_zos_gateway_blueprint,
    .run = 1,
    .verify = ngx_zos_gateway_verify,
};


static const ngx_zos_ays_t  ngx_zos_gateway_delete_ays = {
    NGX_ZOS_GATEWAY,
    .action = ngx_string("uninstall"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_gateway_start_ays = {
    NGX_ZOS_GATEWAY,
    .action = ngx_string("start"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_gateway_stop_ays = {
    NGX_ZOS_GATEWAY,
    .action = ngx_string("stop"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_gateway_migrate_ays = {
    NGX_ZOS_GATEWAY,
    .presets = NGX_ZOS_2018,
    .blueprint = ngx_zos_gateway_blueprint,
    .verify = ngx_zos_gateway_verify,
    .location = ngx_string("/nodes/{body.node}/gws/{gwname}"),
};


static const ngx_zos_ays_t  ngx_zos_gateway_http_ays = {
    NGX_ZOS_GATEWAY,
    .blueprint = ngx_zos_gateway_blueprint,
    .run = 1,
    .verify = ngx_zos_gateway_verify,
    .location = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/http"),
};


static const ngx_zos_ays_t  ngx_zos_gateway_firewall_ays = {
    NGX_ZOS_GATEWAY,
    .blueprint = ngx_zos_gateway_blueprint,
    .run = 1,
    .verify = ngx_zos_gateway_verify,
    .location = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/firewall"),
};


const ngx_zos_op_t  ngx_zos_ops_gateways[] = {

    {
      .name = ngx_string("listGateways"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws"),
      .summary = ngx_string("List the gateways of a node"),
      .flags = NGX_ZOS_OP_AYS,
      .ays = &ngx_zos_gateway_ays,
      .view = &ngx_zos_gateway_list_view,
      .steps = ngx_zos_steps_list_gateways,
    },

    {
      .name = ngx_string("createGW"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws"),
      .summary = ngx_string("Create a gateway (a container with "
                            "firewall, dhcp, http proxy and "
                            "cloud-init services)"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .body = ngx_zos_gateway_create_fields,
      .rules = ngx_zos_gateway_rules,
      .ays = &ngx_zos_gateway_create_ays,
      .steps = ngx_zos_steps_create_gateway,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getGateway"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}"),
      .summary = ngx_string("One gateway"),
      .flags = NGX_ZOS_OP_AYS,
      .ays = &ngx_zos_gateway_ays,
      .view = &ngx_zos_gateway_view,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("updateGateway"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}"),
      .summary = ngx_string("Replace nics, domain, proxies and "
                            "forwards of a gateway"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .body = ngx_zos_gateway_update_fields,
      .rules = ngx_zos_gateway_rules,
      .ays = &ngx_zos_gateway_update_ays,
      .steps = ngx_zos_steps_update_gateway,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("deleteGateway"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}"),
      .summary = ngx_string("Stop and remove a gateway with its "
                            "container"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_delete_ays,
      .steps = ngx_zos_steps_delete_gateway,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("startGateway"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/start"),
      .summary = ngx_string("Start a gateway"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_start_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("stopGateway"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/stop"),
      .summary = ngx_string("Stop a gateway"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_stop_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("migrateGateway"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/migrate"),
      .summary = ngx_string("Move a gateway to another node"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .body = ngx_zos_gateway_migrate_fields,
      .ays = &ngx_zos_gateway_migrate_ays,
      .steps = ngx_zos_steps_migrate_gateway,
    },

    {
      .name = ngx_string("getGWForwards"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/firewall/forwards"),
      .summary = ngx_string("List the IPv4 port forwards"),
      .flags = NGX_ZOS_OP_AYS,
      .ays = &ngx_zos_gateway_ays,
      .view = &ngx_zos_forward_list_view,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("createGWForwards"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/firewall/forwards"),
      .summary = ngx_string("Add a port forward, or protocols to "
                            "an existing one"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .body = ngx_zos_forward_fields,
      .rules = ngx_zos_forward_rules,
      .ays = &ngx_zos_gateway_update_ays,
      .steps = ngx_zos_steps_add_forward,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("deleteGWForward"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/firewall/forwards"
                         "/{forwardid}"),
      .summary = ngx_string("Remove a port forward with all its "
                            "protocols"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_update_ays,
      .steps = ngx_zos_steps_delete_forward,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listGWDHCPHosts"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/dhcp/{interface}"
                         "/hosts"),
      .summary = ngx_string("List the dhcp hosts of one gateway "
                            "nic"),
      .flags = NGX_ZOS_OP_AYS,
      .ays = &ngx_zos_gateway_ays,
      .view = &ngx_zos_host_list_view,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("addGWDHCPHost"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/dhcp/{interface}"
                         "/hosts"),
      .summary = ngx_string("Add a dhcp host to a gateway nic"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .body = ngx_zos_host_fields,
      .rules = ngx_zos_host_rules,
      .ays = &ngx_zos_gateway_update_ays,
      .steps = ngx_zos_steps_add_host,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("deleteDHCPHost"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/dhcp/{interface}"
                         "/hosts/{macaddress}"),
      .summary = ngx_string("Remove a dhcp host"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_update_ays,
      .steps = ngx_zos_steps_delete_host,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("getGWHTTPConfig"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/http"),
      .summary = ngx_string("Read the http proxy configuration "
                            "file of the gateway container"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_http_ays,
      .view = &ngx_zos_advanced_view,
      .steps = ngx_zos_steps_get_advanced,
    },

    {
      .name = ngx_string("setGWHTTPConfig"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/http"),
      .summary = ngx_string("Write the http proxy configuration "
                            "file and put the gateway in advanced"
                            " mode"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_UPLOAD
               |NGX_ZOS_OP_FINISH,
      .media = { ngx_string("text/plain") },
      .ays = &ngx_zos_gateway_http_ays,
      .steps = ngx_zos_steps_set_advanced,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getGWFWConfig"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/firewall"),
      .summary = ngx_string("Read the firewall file of the "
                            "gateway container"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_firewall_ays,
      .view = &ngx_zos_advanced_view,
      .steps = ngx_zos_steps_get_advanced,
    },

    {
      .name = ngx_string("setGWFWConfig"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/firewall"),
      .summary = ngx_string("Write the firewall file and put the "
                            "gateway in advanced mode"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_UPLOAD
               |NGX_ZOS_OP_FINISH,
      .media = { ngx_string("text/plain") },
      .ays = &ngx_zos_gateway_firewall_ays,
      .steps = ngx_zos_steps_set_advanced,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("listHTTPProxies"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"),
      .summary = ngx_string("List the reverse proxies of a "
                            "gateway"),
      .flags = NGX_ZOS_OP_AYS,
      .ays = &ngx_zos_gateway_ays,
      .view = &ngx_zos_proxy_list_view,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("createHTTPProxies"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"),
      .summary = ngx_string("Add a reverse proxy"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .body = ngx_zos_proxy_fields,
      .ays = &ngx_zos_gateway_update_ays,
      .steps = ngx_zos_steps_add_proxy,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getHTTPProxy"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"
                         "/{proxyid}"),
      .summary = ngx_string("One reverse proxy"),
      .flags = NGX_ZOS_OP_AYS,
      .ays = &ngx_zos_gateway_ays,
      .view = &ngx_zos_proxy_view,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteHTTPProxies"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"
                         "/{proxyid}"),
      .summary = ngx_string("Remove a reverse proxy"),
      .flags = NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .ays = &ngx_zos_gateway_update_ays,
      .steps = ngx_zos_steps_delete_proxy,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
