
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What must hold for gateways in requests.  From here on an address has one
 * spelling, so that it is found again.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_gateway.h>

#include <jansson.h>


#define NGX_ZOS_HOST_MAX  255


static const char *ngx_zos_gateway_nic_id(json_t *nic);
static const char *ngx_zos_gateway_dhcp(json_t *nic, json_t *dhcp);
static const char *ngx_zos_gateway_public(ngx_zos_flow_t *f, json_t *nics);
static void ngx_zos_gateway_spell_ip(json_t *object, const char *name);
static ngx_uint_t ngx_zos_gateway_number(const char *text, ngx_int_t max);
static ngx_uint_t ngx_zos_gateway_twice(json_t *list, const char *name,
    const char *more);


ngx_int_t
ngx_zos_check_interface(ngx_str_t *value)
{
    return ngx_zos_check_name(value) == NGX_OK
           && (*value->data < '0' || *value->data > '9')
           ? NGX_OK : NGX_DECLINED;
}


/* it becomes a line of a proxy's configuration */

ngx_int_t
ngx_zos_check_host(ngx_str_t *value)
{
    u_char      ch;
    size_t      i;
    ngx_uint_t  alnum;

    alnum = 0;

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if ((ch >= '0' && ch <= '9')
            || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z'))
        {
            alnum = 1;

        } else if (ch == '\0' || ngx_strchr(".-_:/*[]", ch) == NULL) {
            return NGX_DECLINED;
        }
    }

    return alnum && value->len <= NGX_ZOS_HOST_MAX ? NGX_OK : NGX_DECLINED;
}


/* its first line with something on it has a key, or opens a mapping */

ngx_int_t
ngx_zos_check_mapping(ngx_str_t *value)
{
    u_char  *p, *end, *last, *colon;

    last = value->data + value->len;

    for (p = value->data; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '\n');
        end = end ? end : last;

        while (p < end && (*p == ' ' || *p == '\t' || *p == '\r')) {
            p++;
        }

        if (p == end || *p == '#'
            || (end - p >= 3 && ngx_strncmp(p, "---", 3) == 0))
        {
            continue;
        }

        colon = ngx_strlchr(p, end, ':');

        return *p == '{' || (*p != '-' && *p != '[' && colon && colon > p)
               ? NGX_OK : NGX_DECLINED;
    }

    return NGX_DECLINED;
}


const char *
ngx_zos_forward_rules(ngx_zos_flow_t *f, json_t *forward)
{
    json_t  *protocols;

    ngx_zos_gateway_spell_ip(forward, "srcip");
    ngx_zos_gateway_spell_ip(forward, "dstip");

    protocols = json_object_get(forward, "protocols");

    if (json_array_size(protocols) > 1
        && (json_array_size(protocols) > 2
            || json_equal(json_array_get(protocols, 0),
                          json_array_get(protocols, 1))))
    {
        return "has a protocol twice";
    }

    return NULL;
}


const char *
ngx_zos_host_rules(ngx_zos_flow_t *f, json_t *host)
{
    char         mac[18];
    const char  *text;

    ngx_zos_gateway_spell_ip(host, "ipaddress");

    text = ngx_zos_gateway_text(host, "macaddress");

    if (ngx_strlen(text) == 17) {
        ngx_strlow((u_char *) mac, (u_char *) text, 18);
        json_object_set_new(host, "macaddress", json_stringn(mac, 17));
    }

    return NULL;
}


const char *
ngx_zos_gateway_nic_rules(ngx_zos_flow_t *f, json_t *nic)
{
    json_t      *dhcp;
    const char  *type, *wrong;

    type = ngx_zos_gateway_text(nic, "type");
    wrong = ngx_zos_gateway_nic_id(nic);

    if (wrong) {
        return wrong;
    }

    if (ngx_strcmp(type, "zerotier") != 0
        && *ngx_zos_gateway_text(nic, "token")
        && (f->conf->ays_templates & NGX_ZOS_2018))
    {
        return "has a token, but only one of the type zerotier may";
    }

    dhcp = json_object_get(nic, "dhcpserver");

    return json_is_object(dhcp) ? ngx_zos_gateway_dhcp(nic, dhcp) : NULL;
}


static const char *
ngx_zos_gateway_nic_id(json_t *nic)
{
    const char  *type, *id;

    type = ngx_zos_gateway_text(nic, "type");
    id = ngx_zos_gateway_text(nic, "id");

    if (ngx_strcmp(type, "default") == 0) {
        return NULL;
    }

    if (*id == '\0') {
        return "needs an id, as its type is not default";
    }

    if (ngx_strcmp(type, "vlan") == 0 && !ngx_zos_gateway_number(id, 4095)) {
        return "needs the tag of a VLAN as its id, from 0 to 4095";
    }

    if (ngx_strcmp(type, "vxlan") == 0
        && !ngx_zos_gateway_number(id, 16777215))
    {
        return "needs the number of a VXLAN as its id, from 0 to 16777215";
    }

    if (ngx_strcmp(type, "zerotier") == 0
        && (ngx_strlen(id) != 16
            || strspn(id, "0123456789abcdefABCDEF") != 16))
    {
        return "needs the id of a ZeroTier network, 16 hexadecimal digits";
    }

    return NULL;
}


static ngx_uint_t
ngx_zos_gateway_number(const char *text, ngx_int_t max)
{
    ngx_int_t  n;

    n = ngx_atoi((u_char *) text, ngx_strlen(text));

    return n >= 0 && n <= max;
}


static const char *
ngx_zos_gateway_dhcp(json_t *nic, json_t *dhcp)
{
    size_t       i;
    json_t      *config, *hosts, *host;
    const char  *cidr;

    config = json_object_get(nic, "config");
    hosts = json_object_get(dhcp, "hosts");
    cidr = ngx_zos_gateway_text(config, "cidr");

    if (*cidr == '\0') {
        return "needs config.cidr for its dhcpserver";
    }

    if (*ngx_zos_gateway_text(config, "gateway")) {
        return "must not have a dhcpserver, as it has a gateway";
    }

    json_array_foreach(hosts, i, host) {
        if (!ngx_zos_in_cidr(ngx_zos_gateway_text(host, "ipaddress"), cidr)) {
            return "has a host whose ipaddress is not in config.cidr";
        }
    }

    if (ngx_zos_gateway_twice(hosts, "macaddress", NULL)
        || ngx_zos_gateway_twice(hosts, "ipaddress", NULL)
        || ngx_zos_gateway_twice(hosts, "hostname", NULL))
    {
        return "has two hosts with the same macaddress, ipaddress or "
               "hostname";
    }

    return NULL;
}


const char *
ngx_zos_gateway_rules(ngx_zos_flow_t *f, json_t *gateway)
{
    json_t  *nics;

    nics = json_object_get(gateway, "nics");

    if (ngx_zos_gateway_twice(nics, "name", NULL)) {
        return "has two nics of the same name";
    }

    if (ngx_zos_gateway_twice(json_object_get(gateway, "httpproxies"),
                              "host", NULL))
    {
        return "has two httpproxies for the same host";
    }

    if (ngx_zos_gateway_twice(json_object_get(gateway, "portforwards"),
                              "srcip", "srcport"))
    {
        return "has two portforwards with the same srcip and srcport";
    }

    return ngx_zos_gateway_public(f, nics);
}


/* the older templates refuse anything else */

static const char *
ngx_zos_gateway_public(ngx_zos_flow_t *f, json_t *nics)
{
    size_t       i, n;
    json_t      *nic;

    if (!(f->conf->ays_templates & NGX_ZOS_2017)) {
        return NULL;
    }

    n = 0;

    json_array_foreach(nics, i, nic) {
        if (*ngx_zos_gateway_text(json_object_get(nic, "config"), "gateway")) {
            n++;
        }
    }

    return n && n < json_array_size(nics)
           ? NULL : "needs a nic with config.gateway and one without";
}


/* a list may be long */

static ngx_uint_t
ngx_zos_gateway_twice(json_t *list, const char *name, const char *more)
{
    size_t       i, n;
    json_t      *seen, *item;
    u_char      *last;
    const char  *text;
    u_char       key[NGX_ZOS_HOST_MAX + NGX_INT64_LEN + 2];

    n = 0;
    seen = json_object();

    json_array_foreach(list, i, item) {
        text = ngx_zos_gateway_text(item, name);

        last = ngx_snprintf(key, sizeof(key) - 1, "%s:%L", text,
                            (int64_t) json_integer_value(
                                          json_object_get(item, more)));
        *last = '\0';

        if (more == NULL) {
            /* of hosts; of the rest it makes no difference */
            ngx_strlow(key, key, last - key);
        }

        n += (*text != '\0');
        json_object_set_new(seen, (char *) key, json_true());
    }

    i = json_object_size(seen);

    json_decref(seen);

    return i < n;
}


static void
ngx_zos_gateway_spell_ip(json_t *object, const char *name)
{
    size_t       len;
    in_addr_t    addr;
    const char  *text;
    u_char       spelled[NGX_INET_ADDRSTRLEN];

    text = ngx_zos_gateway_text(object, name);

    if (*text == '\0') {
        return;
    }

    addr = ngx_inet_addr((u_char *) text, ngx_strlen(text));
    len = ngx_inet_ntop(AF_INET, &addr, spelled, NGX_INET_ADDRSTRLEN);

    json_object_set_new(object, name, json_stringn((char *) spelled, len));
}
