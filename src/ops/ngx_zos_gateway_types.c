
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What gateways consist of, in requests and in answers.  Tokens, certificates
 * and the data of cloud-init are taken, and never shown.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_gateway.h>


#define NGX_ZOS_GATEWAY_PORT  .type = NGX_ZOS_INTEGER, .required = 1,        \
                              .bounded = 1, .min = 1, .max = 65535


static ngx_int_t ngx_zos_gateway_nics(ngx_zos_flow_t *f, ngx_str_t *source,
    ngx_zos_out_t *out);
static ngx_int_t ngx_zos_gateway_nic_part(ngx_zos_flow_t *f, ngx_str_t *nic,
    const ngx_zos_member_t *member, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_gateway_status(ngx_zos_flow_t *f, ngx_str_t *source,
    ngx_zos_out_t *out);


/* ---- requests ---- */

static const ngx_str_t  ngx_zos_gateway_nic_types[] = {
    ngx_string("zerotier"),
    ngx_string("vxlan"),
    ngx_string("vlan"),
    ngx_string("default"),
    ngx_string("bridge"),
    ngx_null_string
};

static const ngx_str_t  ngx_zos_forward_protocols[] = {
    ngx_string("tcp"),
    ngx_string("udp"),
    ngx_null_string
};

static const ngx_str_t  ngx_zos_proxy_types[] = {
    ngx_string("http"),
    ngx_string("https"),
    ngx_null_string
};


const ngx_zos_field_t  ngx_zos_forward_fields[] = {

    { .name = ngx_string("srcip"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_ipv4, .rule = ngx_zos_rule_ipv4,
      .text = ngx_string("address of the gateway") },

    { .name = ngx_string("srcport"), NGX_ZOS_GATEWAY_PORT,
      .text = ngx_string("port of the gateway") },

    { .name = ngx_string("dstip"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_ipv4, .rule = ngx_zos_rule_ipv4,
      .text = ngx_string("address behind the gateway") },

    { .name = ngx_string("dstport"), NGX_ZOS_GATEWAY_PORT,
      .text = ngx_string("port behind the gateway") },

    { .name = ngx_string("protocols"), .type = NGX_ZOS_STRINGS,
      .required = 1, .values = ngx_zos_forward_protocols,
      .text = ngx_string("what is forwarded") },

    { .name = ngx_null_string }
};


const ngx_zos_field_t  ngx_zos_proxy_fields[] = {

    { .name = ngx_string("host"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_host, .rule = ngx_zos_rule_host,
      .text = ngx_string("what is asked for, example.com") },

    { .name = ngx_string("destinations"), .type = NGX_ZOS_STRINGS,
      .required = 1, .check = ngx_zos_check_url, .rule = ngx_zos_rule_url,
      .text = ngx_string("URLs; of several each gets its share") },

    { .name = ngx_string("types"), .type = NGX_ZOS_STRINGS, .required = 1,
      .values = ngx_zos_proxy_types,
      .text = ngx_string("protocols of the clients") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_cloudinit_fields[] = {

    { .name = ngx_string("metadata"), .type = NGX_ZOS_STRING, .required = 1,
      .secret = 1, .check = ngx_zos_check_mapping,
      .rule = ngx_zos_rule_mapping,
      .text = ngx_string("a YAML mapping, never shown") },

    { .name = ngx_string("userdata"), .type = NGX_ZOS_STRING, .required = 1,
      .secret = 1, .check = ngx_zos_check_mapping,
      .rule = ngx_zos_rule_mapping,
      .text = ngx_string("a YAML mapping, never shown") },

    { .name = ngx_null_string }
};


const ngx_zos_field_t  ngx_zos_host_fields[] = {

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the host") },

    { .name = ngx_string("ipaddress"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_ipv4, .rule = ngx_zos_rule_ipv4,
      .text = ngx_string("IPv4 address, in the network of the nic") },

    { .name = ngx_string("macaddress"), .type = NGX_ZOS_STRING,
      .required = 1, .check = ngx_zos_check_mac, .rule = ngx_zos_rule_mac,
      .text = ngx_string("MAC address; stored in lower case") },

    { .name = ngx_string("ip6address"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_ipv6, .rule = ngx_zos_rule_ipv6,
      .text = ngx_string("IPv6 address") },

    { .name = ngx_string("cloudinit"), .type = NGX_ZOS_OBJECT,
      .fields = ngx_zos_cloudinit_fields,
      .text = ngx_string("what the host is told when it starts") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_dhcp_fields[] = {

    { .name = ngx_string("nameservers"), .type = NGX_ZOS_STRINGS,
      .required = 1, .check = ngx_zos_check_ip, .rule = ngx_zos_rule_ip,
      .text = ngx_string("addresses") },

    { .name = ngx_string("hosts"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_host_fields, .rules = ngx_zos_host_rules,
      .text = ngx_string("who gets an address") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_nic_config_fields[] = {

    { .name = ngx_string("cidr"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_cidr, .rule = ngx_zos_rule_cidr,
      .text = ngx_string("address and prefix") },

    { .name = ngx_string("gateway"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_ip, .rule = ngx_zos_rule_ip,
      .text = ngx_string("makes the nic the public one") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_zerotier_bridge_fields[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("of the ZeroTier network") },

    { .name = ngx_string("token"), .type = NGX_ZOS_STRING, .secret = 1,
      .text = ngx_string("never shown; absent: as it is") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_gateway_nic_fields[] = {

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING, .required = 1,
      .values = ngx_zos_gateway_nic_types,
      .text = ngx_string("of the network") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("tag, number, network or name of a bridge; not "
                         "needed for the type default") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_interface,
      .rule = ngx_string("must be a name that does not begin with a digit"),
      .text = ngx_string("of the interface") },

    { .name = ngx_string("config"), .type = NGX_ZOS_OBJECT,
      .fields = ngx_zos_nic_config_fields,
      .text = ngx_string("addresses") },

    { .name = ngx_string("dhcpserver"), .type = NGX_ZOS_OBJECT,
      .fields = ngx_zos_dhcp_fields,
      .text = ngx_string("for a nic without a gateway") },

    { .name = ngx_string("token"), .type = NGX_ZOS_STRING, .secret = 1,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("of the ZeroTier network, never shown; absent in a "
                         "replacement: as it is") },

    { .name = ngx_string("zerotierbridge"), .type = NGX_ZOS_OBJECT,
      .fields = ngx_zos_zerotier_bridge_fields, .presets = NGX_ZOS_2018,
      .text = ngx_string("a ZeroTier network that it is joined with") },

    { .name = ngx_null_string }
};


#define NGX_ZOS_GATEWAY_FIELDS                                               \
                                                                             \
    { .name = ngx_string("domain"), .type = NGX_ZOS_STRING, .required = 1,   \
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,                \
      .text = ngx_string("of the hosts behind it") },                        \
                                                                             \
    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS, .required = 1,    \
      .fields = ngx_zos_gateway_nic_fields,                                  \
      .rules = ngx_zos_gateway_nic_rules,                                    \
      .text = ngx_string("all of them") },                                   \
                                                                             \
    { .name = ngx_string("httpproxies"), .type = NGX_ZOS_OBJECTS,            \
      .fields = ngx_zos_proxy_fields,                                        \
      .text = ngx_string("all of them") },                                   \
                                                                             \
    { .name = ngx_string("portforwards"), .type = NGX_ZOS_OBJECTS,           \
      .fields = ngx_zos_forward_fields, .rules = ngx_zos_forward_rules,      \
      .text = ngx_string("all of them") },                                   \
                                                                             \
    { .name = ngx_null_string }


const ngx_zos_field_t  ngx_zos_gateway_create_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("of the gateway, and of its container") },

    NGX_ZOS_GATEWAY_FIELDS
};


const ngx_zos_field_t  ngx_zos_gateway_update_fields[] = {
    NGX_ZOS_GATEWAY_FIELDS
};


static const ngx_zos_field_t  ngx_zos_certificate_fields[] = {
    { .name = ngx_string("key"), .secret = 1 },
    { .name = ngx_string("cert"), .secret = 1 },
    { .name = ngx_string("metadata"), .secret = 1 },
    { .name = ngx_null_string }
};


const ngx_zos_field_t  ngx_zos_gateway_stored_fields[] = {
    { .name = ngx_string("certificates"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_certificate_fields },
    NGX_ZOS_GATEWAY_FIELDS
};


const ngx_zos_field_t  ngx_zos_gateway_migrate_fields[] = {

    { .name = ngx_string("node"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("id of the node where it is to go") },

    { .name = ngx_null_string }
};


/* ---- answers ---- */

static const ngx_zos_member_t  ngx_zos_forward_members[] = {
    { .name = ngx_string("dstip"), .type = NGX_ZOS_STRING,
      .text = ngx_string("address behind the gateway") },
    { .name = ngx_string("dstport"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("port behind the gateway") },
    { .name = ngx_string("protocols"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("tcp, udp") },
    { .name = ngx_string("srcip"), .type = NGX_ZOS_STRING,
      .text = ngx_string("address of the gateway") },
    { .name = ngx_string("srcport"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("port of the gateway") },
    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_proxy_members[] = {
    { .name = ngx_string("destinations"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("URLs") },
    { .name = ngx_string("host"), .type = NGX_ZOS_STRING,
      .text = ngx_string("what is asked for") },
    { .name = ngx_string("types"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("http, https") },
    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_host_members[] = {
    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the host") },
    { .name = ngx_string("ip6address"), .type = NGX_ZOS_STRING,
      .text = ngx_string("IPv6 address, or empty") },
    { .name = ngx_string("ipaddress"), .type = NGX_ZOS_STRING,
      .text = ngx_string("IPv4 address") },
    { .name = ngx_string("macaddress"), .type = NGX_ZOS_STRING,
      .text = ngx_string("MAC address") },
    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_nic_config_members[] = {
    { .name = ngx_string("cidr"), .type = NGX_ZOS_STRING,
      .text = ngx_string("address and prefix") },
    { .name = ngx_string("gateway"), .type = NGX_ZOS_STRING,
      .text = ngx_string("of the public nic, or empty") },
    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_dhcp_members[] = {
    { .name = ngx_string("nameservers"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("addresses") },
    { .name = ngx_string("hosts"), .type = NGX_ZOS_OBJECTS,
      .members = ngx_zos_host_members,
      .text = ngx_string("who gets an address") },
    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_zerotier_bridge_members[] = {
    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("of the ZeroTier network") },
    { .name = ngx_null_string }
};


/* the first three are always there */

#define NGX_ZOS_GATEWAY_NIC_PARTS  3

static const ngx_zos_member_t  ngx_zos_gateway_nic_members[] = {
    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("tag, number, network or name of a bridge") },
    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("of the interface") },
    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .text = ngx_string("zerotier, vxlan, vlan, default or bridge") },
    { .name = ngx_string("config"), .type = NGX_ZOS_OBJECT,
      .members = ngx_zos_nic_config_members, .optional = 1,
      .text = ngx_string("left out where there is none") },
    { .name = ngx_string("dhcpserver"), .type = NGX_ZOS_OBJECT,
      .members = ngx_zos_dhcp_members, .optional = 1,
      .text = ngx_string("left out where there is none") },
    { .name = ngx_string("zerotierbridge"), .type = NGX_ZOS_OBJECT,
      .members = ngx_zos_zerotier_bridge_members, .optional = 1,
      .text = ngx_string("left out where there is none") },
    { .name = ngx_null_string }
};


#define NGX_ZOS_GATEWAY_MEMBERS                                              \
    { .name = ngx_string("domain"), .type = NGX_ZOS_STRING,                  \
      .from = ngx_string("data.domain"),                                     \
      .text = ngx_string("of the hosts behind it") },                        \
    { .name = ngx_string("httpproxies"), .type = NGX_ZOS_OBJECTS,            \
      .from = ngx_string("data.httpproxies"),                                \
      .members = ngx_zos_proxy_members,                                      \
      .text = ngx_string("reverse proxies") },                               \
    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,                    \
      .text = ngx_string("of the gateway, and of its container") },          \
    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,                   \
      .members = ngx_zos_gateway_nic_members, .get = ngx_zos_gateway_nics,   \
      .text = ngx_string("interfaces") },                                    \
    { .name = ngx_string("portforwards"), .type = NGX_ZOS_OBJECTS,           \
      .from = ngx_string("data.portforwards"),                               \
      .members = ngx_zos_forward_members,                                    \
      .text = ngx_string("what is forwarded") },                             \
    { .name = ngx_string("zerotiernodeid"), .type = NGX_ZOS_STRING,          \
      .from = ngx_string("data.zerotiernodeid"),                             \
      .text = ngx_string("its id in ZeroTier networks, or empty") }


static const ngx_zos_member_t  ngx_zos_gateway_list_members[] = {
    NGX_ZOS_GATEWAY_MEMBERS,
    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_gateway_members[] = {
    NGX_ZOS_GATEWAY_MEMBERS,
    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .get = ngx_zos_gateway_status,
      .text = ngx_string("running or halted; empty with the templates of "
                         "2017, which do not know it") },
    { .name = ngx_null_string }
};


const ngx_zos_view_t  ngx_zos_gateway_list_view = {
    .name = ngx_string("Gateways"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_gateway_list_members,
    .sort = { ngx_string("name") },
};


const ngx_zos_view_t  ngx_zos_gateway_view = {
    .name = ngx_string("Gateway"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_gateway_members,
};


const ngx_zos_view_t  ngx_zos_forward_list_view = {
    .name = ngx_string("PortForwards"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_forward_members,
    .sort = { ngx_string("srcip"), ngx_string("srcport") },
    .from = ngx_string("data.portforwards"),
};


const ngx_zos_view_t  ngx_zos_host_list_view = {
    .name = ngx_string("DHCPHosts"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_host_members,
    .sort = { ngx_string("macaddress") },
    .list = ngx_zos_host_list,
};


const ngx_zos_view_t  ngx_zos_proxy_list_view = {
    .name = ngx_string("HTTPProxies"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_proxy_members,
    .sort = { ngx_string("host") },
    .from = ngx_string("data.httpproxies"),
};


const ngx_zos_view_t  ngx_zos_proxy_view = {
    .name = ngx_string("HTTPProxy"),
    .shape = NGX_ZOS_VIEW_FIRST,
    .members = ngx_zos_proxy_members,
    .absent = ngx_string("the gateway has no proxy for this host"),
    .from = ngx_string("data.httpproxies"),
    .skip = ngx_zos_proxy_skip,
};


const ngx_zos_view_t  ngx_zos_advanced_view = {
    .name = ngx_string("text/plain"),
    .shape = NGX_ZOS_VIEW_BYTES,
};


/* a nic that is shown can be sent again: nothing that it lacks is in it */

static ngx_int_t
ngx_zos_gateway_nics(ngx_zos_flow_t *f, ngx_str_t *source,
    ngx_zos_out_t *out)
{
    ngx_int_t             rc;
    ngx_str_t             nics, nic, key;
    ngx_uint_t            i, n;
    ngx_zos_json_iter_t   it;

    static const ngx_str_t  path = ngx_string("data.nics");

    if (ngx_zos_json_get(source, &path, &nics) != NGX_OK) {
        ngx_zos_out_literal(out, "[]");
        return NGX_OK;
    }

    if (ngx_zos_json_type(&nics) != NGX_ZOS_JSON_ARRAY) {
        return NGX_DECLINED;
    }

    ngx_zos_json_iter(&it, &nics);

    for (n = 0; ngx_zos_json_next(&it, &key, &nic) == NGX_OK; n++) {

        if (ngx_zos_json_type(&nic) != NGX_ZOS_JSON_OBJECT) {
            return NGX_DECLINED;
        }

        ngx_zos_out(out, (u_char *) (n ? "," : "["), 1);

        for (i = 0; ngx_zos_gateway_nic_members[i].name.len; i++) {
            rc = ngx_zos_gateway_nic_part(f, &nic,
                                          &ngx_zos_gateway_nic_members[i],
                                          out);
            if (rc != NGX_OK) {
                return rc;
            }
        }

        ngx_zos_out_literal(out, "}");
    }

    if (n == 0) {
        ngx_zos_out_literal(out, "[");
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}


static ngx_int_t
ngx_zos_gateway_nic_part(ngx_zos_flow_t *f, ngx_str_t *nic,
    const ngx_zos_member_t *member, ngx_zos_out_t *out)
{
    ngx_int_t         rc;
    ngx_str_t         value, text;
    ngx_zos_view_t    view;
    ngx_zos_member_t  members[2];

    if (ngx_zos_json_get(nic, &member->name, &value) != NGX_OK
        && member - ngx_zos_gateway_nic_members >= NGX_ZOS_GATEWAY_NIC_PARTS)
    {
        return NGX_OK;
    }

    if (member->type == NGX_ZOS_OBJECT
        && (ngx_zos_json_type(&value) != NGX_ZOS_JSON_OBJECT
            || ngx_zos_json_get(&value, &member->members[0].name, &text)
               != NGX_OK
            || text.len == 2))
    {
        /* AYS may have an empty structure for none */
        return NGX_OK;
    }

    ngx_memzero(&view, sizeof(ngx_zos_view_t));
    ngx_memzero(members, sizeof(members));

    members[0] = *member;

    view.shape = NGX_ZOS_VIEW_OBJECT;
    view.members = members;

    rc = ngx_zos_view(f, &view, nic, &text);

    if (rc == NGX_OK) {

        /* {"id":""} among others */

        if (member != ngx_zos_gateway_nic_members) {
            *text.data = ',';
        }

        ngx_zos_out(out, text.data, text.len - 1);
    }

    return rc;
}


static ngx_int_t
ngx_zos_gateway_status(ngx_zos_flow_t *f, ngx_str_t *source,
    ngx_zos_out_t *out)
{
    ngx_str_t  status;

    static const ngx_str_t  path = ngx_string("data.status");

    if (f->conf->ays_templates != NGX_ZOS_2018
        || ngx_zos_json_get(source, &path, &status) != NGX_OK
        || ngx_zos_json_type(&status) != NGX_ZOS_JSON_STRING)
    {
        ngx_str_set(&status, "\"\"");
    }

    ngx_zos_out_str(out, &status);

    return NGX_OK;
}
