
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Hosts that get their addresses from a nic of a gateway.  That goes on in
 * advanced mode, too: the files that are written by hand are others.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_gateway.h>

#include <jansson.h>


static ngx_int_t ngx_zos_host_add(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_host_fits(ngx_zos_flow_t *f, json_t *nic,
    json_t *body);
static ngx_int_t ngx_zos_host_new(ngx_zos_flow_t *f, json_t *hosts,
    json_t *body);
static ngx_int_t ngx_zos_host_delete(ngx_zos_flow_t *f);
static json_t *ngx_zos_host_nic(ngx_zos_flow_t *f, json_t *nics);
static ngx_int_t ngx_zos_host_no_server(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_add_host[] = {
    NGX_ZOS_STEPS_GATEWAY_CHANGE(ngx_zos_host_add),
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_host[] = {
    NGX_ZOS_STEPS_GATEWAY_CHANGE(ngx_zos_host_delete),
    NULL
};


static const ngx_str_t  ngx_zos_host_interface = ngx_string("interface");
static const ngx_str_t  ngx_zos_host_mac = ngx_string("macaddress");


ngx_int_t
ngx_zos_host_list(ngx_zos_flow_t *f, ngx_str_t *source, ngx_str_t *list)
{
    ngx_str_t             nics, nic, key, value, *name;
    ngx_zos_json_iter_t   it;

    static const ngx_str_t  nics_path = ngx_string("data.nics");
    static const ngx_str_t  name_path = ngx_string("name");
    static const ngx_str_t  dhcp_path = ngx_string("dhcpserver");
    static const ngx_str_t  hosts_path = ngx_string("dhcpserver.hosts");

    name = ngx_zos_flow_arg(f, &ngx_zos_host_interface);

    if (ngx_zos_json_get(source, &nics_path, &nics) != NGX_OK) {
        return ngx_zos_host_no_server(f);
    }

    if (ngx_zos_json_type(&nics) != NGX_ZOS_JSON_ARRAY) {
        return NGX_DECLINED;
    }

    ngx_zos_json_iter(&it, &nics);

    while (ngx_zos_json_next(&it, &key, &nic) == NGX_OK) {

        if (ngx_zos_json_type(&nic) != NGX_ZOS_JSON_OBJECT
            || ngx_zos_json_get(&nic, &name_path, &value) != NGX_OK
            || ngx_zos_json_string(f->request->pool, &value, &value) != NGX_OK
            || value.len != name->len
            || ngx_memcmp(value.data, name->data, name->len) != 0
            || ngx_zos_json_get(&nic, &dhcp_path, &value) != NGX_OK)
        {
            continue;
        }

        if (ngx_zos_json_get(&nic, &hosts_path, list) != NGX_OK) {
            ngx_str_set(list, "[]");
        }

        return NGX_OK;
    }

    return ngx_zos_host_no_server(f);
}


static ngx_int_t
ngx_zos_host_no_server(ngx_zos_flow_t *f)
{
    return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                        "the gateway has no interface \"%V\" with a DHCP "
                        "server",
                        ngx_zos_flow_arg(f, &ngx_zos_host_interface));
}


/* NULL, and said so, if there is none with a server; it has a list then */

static json_t *
ngx_zos_host_nic(ngx_zos_flow_t *f, json_t *nics)
{
    size_t      i;
    json_t     *nic, *dhcp;
    ngx_str_t  *name;

    name = ngx_zos_flow_arg(f, &ngx_zos_host_interface);

    json_array_foreach(nics, i, nic) {
        dhcp = json_object_get(nic, "dhcpserver");

        if (!json_is_object(dhcp)
            || ngx_strlen(ngx_zos_gateway_text(nic, "name")) != name->len
            || ngx_strncmp(ngx_zos_gateway_text(nic, "name"), name->data,
                           name->len)
               != 0)
        {
            continue;
        }

        if (!json_is_array(json_object_get(dhcp, "hosts"))) {
            json_object_set_new(dhcp, "hosts", json_array());
        }

        return nic;
    }

    (void) ngx_zos_host_no_server(f);

    return NULL;
}


static ngx_int_t
ngx_zos_host_add(ngx_zos_flow_t *f)
{
    json_t             *body, *nic, *hosts;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);
    body = ngx_zos_gateway_body(f);

    if (gw == NULL || body == NULL) {
        return NGX_ERROR;
    }

    nic = ngx_zos_host_nic(f, json_object_get(gw->wanted, "nics"));

    if (nic == NULL || ngx_zos_host_fits(f, nic, body) != NGX_OK) {
        return NGX_ERROR;
    }

    hosts = json_object_get(json_object_get(nic, "dhcpserver"), "hosts");

    if (ngx_zos_host_new(f, hosts, body) != NGX_OK) {
        return NGX_ERROR;
    }

    json_array_append(hosts, body);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_host_fits(ngx_zos_flow_t *f, json_t *nic, json_t *body)
{
    const char  *cidr, *ip;

    cidr = ngx_zos_gateway_text(json_object_get(nic, "config"), "cidr");
    ip = ngx_zos_gateway_text(body, "ipaddress");

    if (!ngx_zos_in_cidr(ip, cidr)) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "ipaddress must be in the network of the "
                            "interface, %s", *cidr ? cidr : "which has none");
    }

    if (ngx_inet_addr((u_char *) cidr, strcspn(cidr, "/"))
        == ngx_inet_addr((u_char *) ip, ngx_strlen(ip)))
    {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                            "ipaddress is the interface's own");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_host_new(ngx_zos_flow_t *f, json_t *hosts, json_t *body)
{
    char        *name;
    size_t       i;
    json_t      *host;

    json_array_foreach(hosts, i, host) {

        if (ngx_zos_gateway_same_host(ngx_zos_gateway_text(host, "macaddress"),
                                      ngx_zos_gateway_text(body,
                                                           "macaddress")))
        {
            name = "macaddress";

        } else if (ngx_zos_gateway_same_ip(
                                    ngx_zos_gateway_text(host, "ipaddress"),
                                    ngx_zos_gateway_text(body, "ipaddress")))
        {
            name = "ipaddress";

        } else if (ngx_zos_gateway_same_host(
                                      ngx_zos_gateway_text(host, "hostname"),
                                      ngx_zos_gateway_text(body, "hostname")))
        {
            name = "hostname";

        } else {
            continue;
        }

        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                            "the interface has a host with this %s already",
                            name);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_host_delete(ngx_zos_flow_t *f)
{
    size_t              i;
    json_t             *nic, *hosts, *host;
    ngx_str_t          *mac;
    const char         *text;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);
    if (gw == NULL) {
        return NGX_ERROR;
    }

    nic = ngx_zos_host_nic(f, json_object_get(gw->wanted, "nics"));
    if (nic == NULL) {
        return NGX_ERROR;
    }

    mac = ngx_zos_flow_arg(f, &ngx_zos_host_mac);
    hosts = json_object_get(json_object_get(nic, "dhcpserver"), "hosts");

    json_array_foreach(hosts, i, host) {
        text = ngx_zos_gateway_text(host, "macaddress");

        if (ngx_strlen(text) == mac->len
            && ngx_strncasecmp((u_char *) text, mac->data, mac->len) == 0)
        {
            json_array_remove(hosts, i);
            return NGX_OK;
        }
    }

    return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                        "the interface has no host \"%V\"", mac);
}
