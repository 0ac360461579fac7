
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


#define NGX_ZOS_CLUSTER_MAX_SERVERS  65535


static const ngx_str_t  ngx_zos_drive_types[] = {
    ngx_string("nvme"),
    ngx_string("ssd"),
    ngx_string("hdd"),
    ngx_string("archive"),
    ngx_null_string
};


static const ngx_str_t  ngx_zos_cluster_types[] = {
    ngx_string("block"),
    ngx_string("object"),
    ngx_null_string
};


static const ngx_zos_field_t  ngx_zos_cluster_fields[] = {

    { .name = ngx_string("label"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the storage cluster") },

    { .name = ngx_string("driveType"), .type = NGX_ZOS_STRING, .required = 1,
      .values = ngx_zos_drive_types,
      .text = ngx_string("drives to be taken for data") },

    { .name = ngx_string("nodes"), .type = NGX_ZOS_STRINGS, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("ids of the nodes that are to be part of it") },

    { .name = ngx_string("servers"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = NGX_ZOS_CLUSTER_MAX_SERVERS,
      .text = ngx_string("storage servers, the same number on each node") },

    { .name = ngx_string("clusterType"), .type = NGX_ZOS_STRING,
      .required = 1, .values = ngx_zos_cluster_types,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("block or object") },

    { .name = ngx_string("metaDriveType"), .type = NGX_ZOS_STRING,
      .values = ngx_zos_drive_types, .presets = NGX_ZOS_2018,
      .text = ngx_string("drives to be taken for metadata, of an object "
                         "cluster") },

    { .name = ngx_string("serversPerMetaDrive"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .max = NGX_ZOS_CLUSTER_MAX_SERVERS, .presets = NGX_ZOS_2018,
      .text = ngx_string("servers that share a drive for metadata, of an "
                         "object cluster") },

    { .name = ngx_string("dataShards"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .max = NGX_ZOS_CLUSTER_MAX_SERVERS, .presets = NGX_ZOS_2018,
      .text = ngx_string("shards of data, of an object cluster") },

    { .name = ngx_string("parityShards"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .max = NGX_ZOS_CLUSTER_MAX_SERVERS, .presets = NGX_ZOS_2018,
      .text = ngx_string("shards of parity, of an object cluster") },

    { .name = ngx_string("zerostorOrganization"), .type = NGX_ZOS_STRING,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("organization at itsyou.online, of an object "
                         "cluster") },

    { .name = ngx_string("zerostorNamespace"), .type = NGX_ZOS_STRING,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("namespace in it, of an object cluster") },

    { .name = ngx_string("zerostorClientID"), .type = NGX_ZOS_STRING,
      .presets = NGX_ZOS_2018,
      .text = ngx_string("client id at itsyou.online, of an object "
                         "cluster") },

    { .name = ngx_string("zerostorSecret"), .type = NGX_ZOS_STRING,
      .secret = 1, .presets = NGX_ZOS_2018,
      .text = ngx_string("secret of that client, of an object cluster") },

    { .name = ngx_null_string }
};


#define NGX_ZOS_FROM_OBJECT(member)                                          \
    { .name = ngx_string(member), .from = NGX_ZOS_FROM_BODY,                 \
      .key = ngx_string(member), .role = NGX_ZOS_ROLE_OBJECT_CLUSTER }


static const ngx_zos_arg_t  ngx_zos_cluster_args[] = {

    { .name = ngx_string("label"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("label") },

    { .name = ngx_string("nrServer"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("servers") },

    { .name = ngx_string("nodes"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("nodes") },

    { .name = ngx_string("diskType"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("driveType"), .role = NGX_ZOS_ROLE_CLUSTER },

    { .name = ngx_string("dataDiskType"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("driveType"), .role = NGX_ZOS_ROLE_OBJECT_CLUSTER },

    { .name = ngx_string("metaDiskType"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("metaDriveType"),
      .role = NGX_ZOS_ROLE_OBJECT_CLUSTER },

    NGX_ZOS_FROM_OBJECT("serversPerMetaDrive"),
    NGX_ZOS_FROM_OBJECT("dataShards"),
    NGX_ZOS_FROM_OBJECT("parityShards"),
    NGX_ZOS_FROM_OBJECT("zerostorOrganization"),
    NGX_ZOS_FROM_OBJECT("zerostorNamespace"),
    NGX_ZOS_FROM_OBJECT("zerostorClientID"),
    NGX_ZOS_FROM_OBJECT("zerostorSecret"),

    { .name = ngx_null_string }
};


/* ---- answers ---- */

static const ngx_zos_member_t  ngx_zos_cluster_name_members[] = {

    { .name = ngx_string("label"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the storage cluster") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_cluster_list_view = {
    .name = ngx_string("ClusterLabels"),
    .shape = NGX_ZOS_VIEW_NAMES,
    .members = ngx_zos_cluster_name_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_member_t  ngx_zos_storage_server_members[] = {

    { .name = ngx_string("container"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the container that it runs in") },

    { .name = ngx_string("id"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("its number in the cluster") },

    { .name = ngx_string("ip"), .type = NGX_ZOS_STRING,
      .text = ngx_string("address") },

    { .name = ngx_string("port"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("port") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .text = ngx_string("ready or error; without a status of its own, and "
                         "with the 2017 templates, that of the cluster") },

    { .name = ngx_null_string }
};


#define NGX_ZOS_STORAGE_SERVERS(member, what)                                \
    { .name = ngx_string(member), .type = NGX_ZOS_OBJECTS, .optional = 1,    \
      .members = ngx_zos_storage_server_members, .text = ngx_string(what) }


/* of what ngx_zos_steps_get_cluster composes */

static const ngx_zos_member_t  ngx_zos_cluster_members[] = {

    { .name = ngx_string("clusterType"), .type = NGX_ZOS_STRING,
      .optional = 1,
      .text = ngx_string("block or object; of the 2018 templates") },

    NGX_ZOS_STORAGE_SERVERS("dataStorage", "servers for data; of the 2017 "
                            "templates"),

    { .name = ngx_string("driveType"), .type = NGX_ZOS_STRING,
      .text = ngx_string("drives taken for data") },

    { .name = ngx_string("label"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the storage cluster") },

    { .name = ngx_string("metaDriveType"), .type = NGX_ZOS_STRING,
      .optional = 1,
      .text = ngx_string("drives taken for metadata, of an object cluster") },

    NGX_ZOS_STORAGE_SERVERS("metadataStorage", "servers for metadata; of "
                            "the 2017 templates"),

    { .name = ngx_string("nodes"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("ids of its nodes") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .text = ngx_string("empty, deploying, ready, error or halting") },

    NGX_ZOS_STORAGE_SERVERS("storageServers", "all the servers; of the 2018 "
                            "templates"),

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_cluster_view = {
    .name = ngx_string("Cluster"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_cluster_members,
};


/* ---- AYS ---- */

static const ngx_zos_ays_t  ngx_zos_cluster_list_ays = {
    .target = { NGX_ZOS_ROLE_CLUSTER, ngx_null_string },
};


static const ngx_zos_ays_t  ngx_zos_cluster_create_ays = {
    .target = { NGX_ZOS_ROLE_CLUSTER, ngx_string("{body.label}") },
    .args = ngx_zos_cluster_args,
    .action = ngx_string("install"),
    .location = ngx_string("/storageclusters/{body.label}"),
};


static const ngx_zos_ays_t  ngx_zos_cluster_ays = {
    .target = { NGX_ZOS_ROLE_CLUSTER, ngx_string("{label}") },
};


/* forced: an earlier attempt may have failed half way */

static const ngx_zos_ays_t  ngx_zos_cluster_delete_ays = {
    .target = { NGX_ZOS_ROLE_CLUSTER, ngx_string("{label}") },
    .action = ngx_string("delete"),
    .force = 1,
};


const ngx_zos_op_t  ngx_zos_ops_clusters[] = {

    {
      .name = ngx_string("listAllClusters"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/storageclusters"),
      .summary = ngx_string("Labels of all storage clusters"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_cluster_list_view,
      .ays = &ngx_zos_cluster_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("deployNewCluster"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/storageclusters"),
      .summary = ngx_string("Deploy a storage cluster over nodes"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_cluster_fields,
      .rules = ngx_zos_cluster_rules,
      .ays = &ngx_zos_cluster_create_ays,
      .steps = ngx_zos_steps_create_cluster,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getClusterInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/storageclusters/{label}"),
      .summary = ngx_string("One storage cluster with its servers"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_cluster_view,
      .ays = &ngx_zos_cluster_ays,
      .steps = ngx_zos_steps_get_cluster,
    },

    {
      .name = ngx_string("killCluster"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/storageclusters/{label}"),
      .summary = ngx_string("Delete a storage cluster with its "
                            "data"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_cluster_delete_ays,
      .steps = ngx_zos_steps_delete_cluster,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
