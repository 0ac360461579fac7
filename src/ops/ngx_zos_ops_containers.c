
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


#define NGX_ZOS_CONTAINER_MAX_NICS  100


static ngx_int_t ngx_zos_check_filesystem(ngx_str_t *value);


/* ---- nics ---- */

static const ngx_str_t  ngx_zos_nic_types[] = {
    ngx_string("zerotier"),
    ngx_string("vxlan"),
    ngx_string("vlan"),
    ngx_string("default"),
    ngx_string("bridge"),
    ngx_null_string
};


static const ngx_zos_field_t  ngx_zos_nic_config_fields[] = {

    { .name = ngx_string("dhcp"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("the other members are ignored then") },

    { .name = ngx_string("cidr"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_cidr, .rule = ngx_zos_rule_cidr,
      .text = ngx_string("address and prefix") },

    { .name = ngx_string("gateway"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_ip, .rule = ngx_zos_rule_ip,
      .text = ngx_string("address of the gateway") },

    { .name = ngx_string("dns"), .type = NGX_ZOS_STRINGS,
      .check = ngx_zos_check_ip, .rule = ngx_zos_rule_ip,
      .text = ngx_string("addresses of name servers") },

    { .name = ngx_null_string }
};


const ngx_zos_field_t  ngx_zos_nic_fields[] = {

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING, .required = 1,
      .values = ngx_zos_nic_types,
      .text = ngx_string("what it is connected to") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("tag, network id or name of the bridge; required "
                         "unless the type is default") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("interface inside") },

    { .name = ngx_string("config"), .type = NGX_ZOS_OBJECT,
      .fields = ngx_zos_nic_config_fields,
      .text = ngx_string("addresses, of vlan and vxlan") },

    { .name = ngx_string("hwaddr"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_mac, .rule = ngx_zos_rule_mac,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("MAC address") },

    { .name = ngx_string("token"), .type = NGX_ZOS_STRING, .secret = 1,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("of the ZeroTier API") },

    { .name = ngx_null_string }
};


const char *
ngx_zos_nic_rules(ngx_zos_flow_t *f, json_t *nic)
{
    size_t       i, len;
    json_int_t   n, max;
    const char  *type, *id, *token;

    type = json_string_value(json_object_get(nic, "type"));
    id = json_string_value(json_object_get(nic, "id"));
    token = json_string_value(json_object_get(nic, "token"));

    if (ngx_strcmp(type, "zerotier") != 0 && token && *token
        && f->conf->ays_templates == NGX_ZOS_2018)
    {
        return "must not have a token, its type is not zerotier";
    }

    if (ngx_strcmp(type, "default") == 0) {
        return NULL;
    }

    if (id == NULL || *id == '\0') {
        return "needs an id, its type is not default";
    }

    len = ngx_strlen(id);

    if (ngx_strcmp(type, "bridge") == 0) {
        return NULL;
    }

    if (ngx_strcmp(type, "zerotier") == 0) {

        for (i = 0; i < len; i++) {
            if (ngx_hextoi((u_char *) &id[i], 1) == NGX_ERROR) {
                len = 0;
            }
        }

        return len == 16 ? NULL : "needs an id of 16 hexadecimal digits";
    }

    max = ngx_strcmp(type, "vlan") == 0 ? 4095 : 16777215;
    n = ngx_atoi((u_char *) id, len);

    if (n < 0 || n > max) {
        return max == 4095 ? "needs an id from 0 to 4095"
                           : "needs an id from 0 to 16777215";
    }

    return NULL;
}


/* ---- requests ---- */

static ngx_int_t
ngx_zos_check_filesystem(ngx_str_t *value)
{
    u_char     *p;
    ngx_str_t   pool, name;

    p = ngx_strlchr(value->data, value->data + value->len, ':');

    if (p == NULL) {
        return NGX_DECLINED;
    }

    pool.data = value->data;
    pool.len = p - value->data;
    name.data = p + 1;
    name.len = value->len - pool.len - 1;

    return ngx_zos_check_name(&pool) == NGX_OK
           && ngx_zos_check_name(&name) == NGX_OK
           ? NGX_OK : NGX_DECLINED;
}


static const ngx_zos_field_t  ngx_zos_core_system_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .text = ngx_string("the program") },

    { .name = ngx_string("pwd"), .type = NGX_ZOS_STRING,
      .text = ngx_string("working directory") },

    { .name = ngx_string("args"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("arguments") },

    { .name = ngx_string("environment"), .alias = ngx_string("env"),
      .type = NGX_ZOS_STRINGS, .check = ngx_zos_check_environment,
      .rule = ngx_string("must be NAME=value"),
      .text = ngx_string("NAME=value, each") },

    { .name = ngx_string("stdin"), .type = NGX_ZOS_STRING,
      .text = ngx_string("standard input") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_container_fields[] = {

    { .name = ngx_string("id"), .alias = ngx_string("name"),
      .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the container") },

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING, .required = 1,
      .text = ngx_string("host name inside") },

    { .name = ngx_string("flist"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_url, .rule = ngx_zos_rule_url,
      .text = ngx_string("URL of the root filesystem") },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_nic_fields, .rules = ngx_zos_nic_rules,
      .text = ngx_string("network interfaces") },

    { .name = ngx_string("filesystems"), .type = NGX_ZOS_STRINGS,
      .check = ngx_zos_check_filesystem,
      .rule = ngx_string("must be a pool and a filesystem, like "
                         "pool:filesystem"),
      .text = ngx_string("pool:filesystem, mounted at /fs/pool/filesystem") },

    { .name = ngx_string("hostNetworking"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("in the network of the node") },

    { .name = ngx_string("initprocesses"),
      .alias = ngx_string("initProcesses"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_core_system_fields,
      .text = ngx_string("started with the container") },

    { .name = ngx_string("ports"), .type = NGX_ZOS_STRINGS,
      .check = ngx_zos_check_port_mapping, .rule = ngx_zos_rule_port_mapping,
      .text = ngx_string("port of the node:port of the container") },

    { .name = ngx_string("storage"), .type = NGX_ZOS_STRING,
      .text = ngx_string("URL of the storage behind the flist") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_container_update_fields[] = {

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .fields = ngx_zos_nic_fields, .rules = ngx_zos_nic_rules,
      .present = 1,
      .text = ngx_string("all that it is to have from now on") },

    { .name = ngx_null_string }
};


static const char *
ngx_zos_container_rules(ngx_zos_flow_t *f, json_t *body)
{
    size_t   i;
    json_t  *nics, *nic;

    nics = json_object_get(body, "nics");

    if (json_array_size(nics) > NGX_ZOS_CONTAINER_MAX_NICS) {
        return "must not have more than 100 nics";
    }

    json_array_foreach(nics, i, nic) {
        if (ngx_zos_find_nic(nics, nic) != nic) {
            return "must not have two nics of the same type and id";
        }
    }

    return NULL;
}


static const ngx_zos_arg_t  ngx_zos_container_args[] = {

    { .name = ngx_string("nics"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("nics"), .absent = ngx_string("[]") },

    { .name = ngx_string("mounts"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_container_mounts },

    { .name = ngx_string("flist"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("flist") },

    { .name = ngx_string("hostNetworking"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("hostNetworking"), .absent = ngx_string("false") },

    { .name = ngx_string("hostname"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("hostname") },

    { .name = ngx_string("node"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("nodeid") },

    { .name = ngx_string("initProcesses"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("initprocesses"), .absent = ngx_string("[]") },

    { .name = ngx_string("ports"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("ports"), .absent = ngx_string("[]") },

    { .name = ngx_string("storage"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("storage"), .absent = ngx_string("\"\"") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_container_nics_args[] = {

    { .name = ngx_string("nics"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_container_nics },

    { .name = ngx_null_string }
};


/* ---- answers ---- */

static const ngx_zos_member_t  ngx_zos_container_item_members[] = {

    { .name = ngx_string("flist"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.flist"),
      .text = ngx_string("URL of the root filesystem") },

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.hostname"),
      .text = ngx_string("host name inside") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the container") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("running, halted or networkKilled") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_container_list_view = {
    .name = ngx_string("ContainerListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_container_item_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_member_t  ngx_zos_nic_config_members[] = {

    { .name = ngx_string("cidr"), .type = NGX_ZOS_STRING,
      .text = ngx_string("address and prefix") },

    { .name = ngx_string("dhcp"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("the address is given by DHCP") },

    { .name = ngx_string("dns"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("addresses of name servers") },

    { .name = ngx_string("gateway"), .type = NGX_ZOS_STRING,
      .text = ngx_string("address of the gateway") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_nic_members[] = {

    { .name = ngx_string("config"), .type = NGX_ZOS_OBJECT,
      .members = ngx_zos_nic_config_members,
      .text = ngx_string("addresses") },

    { .name = ngx_string("hwaddr"), .type = NGX_ZOS_STRING, .optional = 1,
      .text = ngx_string("MAC address") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("tag, network id or name of the bridge") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .optional = 1,
      .text = ngx_string("interface inside") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .text = ngx_string("zerotier, vxlan, vlan, default or bridge") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_core_system_members[] = {

    { .name = ngx_string("args"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("arguments") },

    { .name = ngx_string("environment"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("NAME=value, each") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("the program") },

    { .name = ngx_string("pwd"), .type = NGX_ZOS_STRING,
      .text = ngx_string("working directory") },

    { .name = ngx_string("stdin"), .type = NGX_ZOS_STRING,
      .text = ngx_string("standard input") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_container_members[] = {

    { .name = ngx_string("filesystems"), .type = NGX_ZOS_STRINGS,
      .from = ngx_string("data.filesystems"),
      .text = ngx_string("names of the mounted filesystems") },

    { .name = ngx_string("flist"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.flist"),
      .text = ngx_string("URL of the root filesystem") },

    { .name = ngx_string("hostNetworking"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.hostNetworking"),
      .text = ngx_string("in the network of the node") },

    { .name = ngx_string("hostname"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.hostname"),
      .text = ngx_string("host name inside") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the container") },

    { .name = ngx_string("initprocesses"), .type = NGX_ZOS_OBJECTS,
      .from = ngx_string("data.initProcesses"),
      .members = ngx_zos_core_system_members,
      .text = ngx_string("started with the container") },

    { .name = ngx_string("nics"), .type = NGX_ZOS_OBJECTS,
      .from = ngx_string("data.nics"),
      .members = ngx_zos_nic_members,
      .text = ngx_string("network interfaces") },

    { .name = ngx_string("ports"), .type = NGX_ZOS_STRINGS,
      .from = ngx_string("data.ports"),
      .text = ngx_string("port of the node:port of the container") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("running, halted or networkKilled") },

    { .name = ngx_string("storage"), .type = NGX_ZOS_STRING, .optional = 1,
      .from = ngx_string("data.storage"),
      .text = ngx_string("URL of the storage behind the flist") },

    { .name = ngx_string("zerotiernodeid"), .type = NGX_ZOS_STRING,
      .optional = 1, .from = ngx_string("data.zerotiernodeid"),
      .text = ngx_string("its address in ZeroTier") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_container_view = {
    .name = ngx_string("Container"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_container_members,
};


/* ---- AYS ---- */

#define NGX_ZOS_CONTAINER                                                    \
    NGX_ZOS_ON_NODE,                                                         \
    .target = { NGX_ZOS_ROLE_CONTAINER, ngx_string("{containername}") },     \
    .stored = ngx_zos_container_fields


static const ngx_zos_ays_t  ngx_zos_container_list_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_CONTAINER, ngx_null_string },
    .fields = ngx_string("flist,hostname,status"),
};


static const ngx_zos_ays_t  ngx_zos_container_create_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_CONTAINER, ngx_string("{body.id}") },
    .args = ngx_zos_container_args,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/containers/{body.id}"),
};


static const ngx_zos_ays_t  ngx_zos_container_ays = {
    NGX_ZOS_CONTAINER,
};


static const ngx_zos_ays_t  ngx_zos_container_update_ays = {
    NGX_ZOS_CONTAINER,
    .presets = NGX_ZOS_2018,
    .args = ngx_zos_container_nics_args,
    .verify = ngx_zos_container_verify_nics,
    .location = ngx_string("/nodes/{nodeid}/containers/{containername}"),
};


static const ngx_zos_ays_t  ngx_zos_container_start_ays = {
    NGX_ZOS_CONTAINER,
    .action = ngx_string("start"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_container_stop_ays = {
    NGX_ZOS_CONTAINER,
    .action = ngx_string("stop"),
    .force = 1,
};


const ngx_zos_op_t  ngx_zos_ops_containers[] = {

    {
      .name = ngx_string("listContainers"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers"),
      .summary = ngx_string("List the containers AYS manages on a"
                            " node (running or not)"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_container_list_view,
      .ays = &ngx_zos_container_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers"),
      .summary = ngx_string("Create and start a container"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_container_fields,
      .rules = ngx_zos_container_rules,
      .ays = &ngx_zos_container_create_ays,
      .steps = ngx_zos_steps_create_container,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("getContainer"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"),
      .summary = ngx_string("One container"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_container_view,
      .ays = &ngx_zos_container_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("updateContainer"),
      .method = NGX_HTTP_PUT,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"),
      .summary = ngx_string("Replace the nics of a container"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_container_update_fields,
      .rules = ngx_zos_container_rules,
      .ays = &ngx_zos_container_update_ays,
      .steps = ngx_zos_steps_update_container,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("deleteContainer"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"),
      .summary = ngx_string("Stop a container and remove its "
                            "service"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_container_stop_ays,
      .steps = ngx_zos_steps_delete_container,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("startContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}/start"),
      .summary = ngx_string("Start a container"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_container_start_ays,
      .steps = ngx_zos_steps_start_container,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("stopContainer"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}/stop"),
      .summary = ngx_string("Stop a container"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_container_stop_ays,
      .steps = ngx_zos_steps_start_container,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
