
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_gateways[] = {

    {
      .name = ngx_string("listGateways"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws"),
      .summary = ngx_string("List the gateways of a node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createGW"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws"),
      .summary = ngx_string("Create a gateway (a container with "
                            "firewall, dhcp, http proxy and "
                            "cloud-init services)"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getGateway"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}"),
      .summary = ngx_string("One gateway"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("updateGateway"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}"),
      .summary = ngx_string("Replace nics, domain, proxies and "
                            "forwards of a gateway"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteGateway"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}"),
      .summary = ngx_string("Stop and remove a gateway with its "
                            "container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("startGateway"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/start"),
      .summary = ngx_string("Start a gateway"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("stopGateway"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/stop"),
      .summary = ngx_string("Stop a gateway"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("migrateGateway"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/migrate"),
      .summary = ngx_string("Move a gateway to another node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getGWForwards"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/firewall/forwards"),
      .summary = ngx_string("List the IPv4 port forwards"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createGWForwards"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/firewall/forwards"),
      .summary = ngx_string("Add a port forward, or protocols to "
                            "an existing one"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteGWForward"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/firewall/forwards"
                         "/{forwardid}"),
      .summary = ngx_string("Remove a port forward with all its "
                            "protocols"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listGWDHCPHosts"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/dhcp/{interface}"
                         "/hosts"),
      .summary = ngx_string("List the dhcp hosts of one gateway "
                            "nic"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("addGWDHCPHost"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/dhcp/{interface}"
                         "/hosts"),
      .summary = ngx_string("Add a dhcp host to a gateway nic"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteDHCPHost"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/dhcp/{interface}"
                         "/hosts/{macaddress}"),
      .summary = ngx_string("Remove a dhcp host"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getGWHTTPConfig"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/http"),
      .summary = ngx_string("Read the http proxy configuration "
                            "file of the gateway container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("setGWHTTPConfig"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/http"),
      .summary = ngx_string("Write the http proxy configuration "
                            "file and put the gateway in advanced"
                            " mode"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getGWFWConfig"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/firewall"),
      .summary = ngx_string("Read the firewall file of the "
                            "gateway container"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("setGWFWConfig"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/advanced/firewall"),
      .summary = ngx_string("Write the firewall file and put the "
                            "gateway in advanced mode"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listHTTPProxies"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"),
      .summary = ngx_string("List the reverse proxies of a "
                            "gateway"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createHTTPProxies"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"),
      .summary = ngx_string("Add a reverse proxy"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getHTTPProxy"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"
                         "/{proxyid}"),
      .summary = ngx_string("One reverse proxy"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteHTTPProxies"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies"
                         "/{proxyid}"),
      .summary = ngx_string("Remove a reverse proxy"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
