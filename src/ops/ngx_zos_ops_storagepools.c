
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static const ngx_str_t  ngx_zos_pool_profiles[] = {
    ngx_string("raid0"),
    ngx_string("raid1"),
    ngx_string("raid5"),
    ngx_string("raid6"),
    ngx_string("raid10"),
    ngx_string("dup"),
    ngx_string("single"),
    ngx_null_string
};


static ngx_int_t
ngx_zos_check_snapshot(ngx_str_t *value)
{
    return ngx_zos_check_name(value) == NGX_OK && value->len <= 50
           ? NGX_OK : NGX_DECLINED;
}


static const ngx_zos_field_t  ngx_zos_pool_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the storage pool") },

    { .name = ngx_string("dataProfile"), .type = NGX_ZOS_STRING,
      .required = 1, .values = ngx_zos_pool_profiles,
      .text = ngx_string("how data is kept") },

    { .name = ngx_string("metadataProfile"), .type = NGX_ZOS_STRING,
      .required = 1, .values = ngx_zos_pool_profiles,
      .text = ngx_string("how metadata is kept") },

    { .name = ngx_string("devices"), .type = NGX_ZOS_STRINGS, .required = 1,
      .text = ngx_string("whole disks, like /dev/sdb; what is on them is "
                         "lost") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_pool_devices_fields[] = {

    { .name = ngx_string("devices"), .type = NGX_ZOS_STRINGS, .required = 1,
      .text = ngx_string("whole disks, like /dev/sdb; what is on them is "
                         "lost") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_filesystem_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the filesystem") },

    { .name = ngx_string("quota"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .min = 0, .max = 4294967295,
      .text = ngx_string("MiB, 0: none") },

    { .name = ngx_string("readOnly"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("it can not be written to") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_snapshot_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_snapshot,
      .rule = ngx_string("must be a name of 50 letters, digits, \"-\", "
                         "\"_\" and \".\" at most"),
      .text = ngx_string("name of the snapshot") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_pool_args[] = {

    { .name = ngx_string("dataProfile"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("dataProfile") },

    { .name = ngx_string("metadataProfile"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("metadataProfile") },

    { .name = ngx_string("devices"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_pool_devices },

    { .name = ngx_string("node"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("nodeid") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_pool_more_args[] = {

    { .name = ngx_string("devices"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_pool_devices_more },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_pool_less_args[] = {

    { .name = ngx_string("devices"), .from = NGX_ZOS_FROM_GET,
      .get = ngx_zos_pool_devices_less },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_filesystem_args[] = {

    { .name = ngx_string("name"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("name") },

    { .name = ngx_string("quota"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("quota"),
      .absent = ngx_string("0") },

    { .name = ngx_string("readOnly"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("readOnly"),
      .absent = ngx_string("false") },

    { .name = ngx_string("storagePool"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("storagepoolname") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_snapshot_args[] = {

    { .name = ngx_string("filesystem"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("filesystemname") },

    { .name = ngx_string("name"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("name") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_pool_item_members[] = {

    { .name = ngx_string("capacity"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.freeCapacity"),
      .text = ngx_string("bytes that are free") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the storage pool") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("healthy, degraded, error or unknown") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_pool_members[] = {

    { .name = ngx_string("capacity"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.freeCapacity"),
      .text = ngx_string("bytes that are free") },

    { .name = ngx_string("dataProfile"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.dataProfile"),
      .text = ngx_string("how data is kept") },

    { .name = ngx_string("metadataProfile"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.metadataProfile"),
      .text = ngx_string("how metadata is kept") },

    { .name = ngx_string("mountpoint"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.mountpoint"),
      .text = ngx_string("where it is mounted") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the storage pool") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("healthy, degraded, error or unknown") },

    { .name = ngx_string("totalCapacity"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.totalCapacity"),
      .text = ngx_string("bytes") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_device_members[] = {

    { .name = ngx_string("deviceName"), .type = NGX_ZOS_STRING,
      .from = ngx_string("device"),
      .text = ngx_string("device file of the partition") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .text = ngx_string("healthy, degraded, removing or unknown") },

    { .name = ngx_string("uuid"), .type = NGX_ZOS_STRING,
      .from = ngx_string("partUUID"),
      .text = ngx_string("UUID of the partition") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_name_members[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_filesystem_members[] = {

    { .name = ngx_string("mountpoint"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.mountpoint"),
      .text = ngx_string("where it is mounted") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the filesystem") },

    { .name = ngx_string("parent"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.storagePool"),
      .text = ngx_string("name of the storage pool") },

    { .name = ngx_string("quota"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.quota"),
      .text = ngx_string("MiB, 0: none") },

    { .name = ngx_string("readOnly"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.readOnly"),
      .text = ngx_string("it can not be written to") },

    { .name = ngx_string("sizeOnDisk"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.sizeOnDisk"),
      .text = ngx_string("MiB") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_snapshot_members[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the snapshot") },

    { .name = ngx_string("sizeOnDisk"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.sizeOnDisk"),
      .text = ngx_string("MiB") },

    { .name = ngx_string("timestamp"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.timestamp"),
      .text = ngx_string("seconds since the epoch") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_pool_list_view = {
    .name = ngx_string("StoragePoolListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_pool_item_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_pool_view = {
    .name = ngx_string("StoragePool"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_pool_members,
};


static const ngx_zos_view_t  ngx_zos_device_list_view = {
    .name = ngx_string("StoragePoolDevice"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_device_members,
    .from = ngx_string("data.devices"),
    .sort = { ngx_string("device") },
};


static const ngx_zos_view_t  ngx_zos_device_view = {
    .name = ngx_string("StoragePoolDevice"),
    .shape = NGX_ZOS_VIEW_FIRST,
    .members = ngx_zos_device_members,
    .from = ngx_string("data.devices"),
    .skip = ngx_zos_pool_device_skip,
    .absent = ngx_string("the pool has no such device"),
};


static const ngx_zos_view_t  ngx_zos_name_list_view = {
    .name = ngx_string("Names"),
    .shape = NGX_ZOS_VIEW_NAMES,
    .members = ngx_zos_name_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_filesystem_view = {
    .name = ngx_string("Filesystem"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_filesystem_members,
};


static const ngx_zos_view_t  ngx_zos_snapshot_view = {
    .name = ngx_string("Snapshot"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_snapshot_members,
};


#define NGX_ZOS_IN_POOL                                                      \
    .parents = { { NGX_ZOS_ROLE_NODE, ngx_string("{nodeid}") },              \
                 { NGX_ZOS_ROLE_STORAGEPOOL,                                 \
                   ngx_string("{storagepoolname}") } }

#define NGX_ZOS_IN_FILESYSTEM                                                \
    .parents = { { NGX_ZOS_ROLE_NODE, ngx_string("{nodeid}") },              \
                 { NGX_ZOS_ROLE_STORAGEPOOL,                                 \
                   ngx_string("{storagepoolname}") },                        \
                 { NGX_ZOS_ROLE_FILESYSTEM,                                  \
                   ngx_string("{filesystemname}") } }


static const ngx_zos_ays_t  ngx_zos_pool_list_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_STORAGEPOOL, ngx_null_string },
    .fields = ngx_string("status,freeCapacity"),
};


static const ngx_zos_ays_t  ngx_zos_pool_create_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_STORAGEPOOL, ngx_string("{body.name}") },
    .args = ngx_zos_pool_args,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/storagepools/{body.name}"),
};


static const ngx_zos_ays_t  ngx_zos_pool_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_STORAGEPOOL, ngx_string("{storagepoolname}") },
};


static const ngx_zos_ays_t  ngx_zos_pool_delete_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_STORAGEPOOL, ngx_string("{storagepoolname}") },
    .action = ngx_string("delete"),
    .force = 1,
    .hold = 1,
};


static const ngx_zos_ays_t  ngx_zos_pool_more_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_STORAGEPOOL, ngx_string("{storagepoolname}") },
    .args = ngx_zos_pool_more_args,
    .run = 1,
    .hold = 1,
    .verify = ngx_zos_pool_verify_more,
};


static const ngx_zos_ays_t  ngx_zos_pool_less_ays = {
    NGX_ZOS_ON_NODE,
    .target = { NGX_ZOS_ROLE_STORAGEPOOL, ngx_string("{storagepoolname}") },
    .args = ngx_zos_pool_less_args,
    .run = 1,
    .verify = ngx_zos_pool_verify_less,
};


static const ngx_zos_ays_t  ngx_zos_filesystem_list_ays = {
    NGX_ZOS_IN_POOL,
    .target = { NGX_ZOS_ROLE_FILESYSTEM, ngx_null_string },
};


static const ngx_zos_ays_t  ngx_zos_filesystem_create_ays = {
    NGX_ZOS_IN_POOL,
    .target = { NGX_ZOS_ROLE_FILESYSTEM, ngx_string("{body.name}") },
    .args = ngx_zos_filesystem_args,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolnam"
                           "e}/filesystems/{body.name}"),
};


static const ngx_zos_ays_t  ngx_zos_filesystem_ays = {
    NGX_ZOS_IN_POOL,
    .target = { NGX_ZOS_ROLE_FILESYSTEM, ngx_string("{filesystemname}") },
};


static const ngx_zos_ays_t  ngx_zos_filesystem_delete_ays = {
    NGX_ZOS_IN_POOL,
    .target = { NGX_ZOS_ROLE_FILESYSTEM, ngx_string("{filesystemname}") },
    .action = ngx_string("delete"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_snapshot_list_ays = {
    NGX_ZOS_IN_FILESYSTEM,
    .target = { NGX_ZOS_ROLE_SNAPSHOT, ngx_null_string },
};


static const ngx_zos_ays_t  ngx_zos_snapshot_create_ays = {
    NGX_ZOS_IN_FILESYSTEM,
    .target = { NGX_ZOS_ROLE_SNAPSHOT, ngx_string("{body.name}") },
    .args = ngx_zos_snapshot_args,
    .action = ngx_string("install"),
    .location = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                           "/filesystems/{filesystemname}/snapshots"
                           "/{body.name}"),
};


static const ngx_zos_ays_t  ngx_zos_snapshot_ays = {
    NGX_ZOS_IN_FILESYSTEM,
    .target = { NGX_ZOS_ROLE_SNAPSHOT, ngx_string("{snapshotname}") },
};


static const ngx_zos_ays_t  ngx_zos_snapshot_delete_ays = {
    NGX_ZOS_IN_FILESYSTEM,
    .target = { NGX_ZOS_ROLE_SNAPSHOT, ngx_string("{snapshotname}") },
    .action = ngx_string("delete"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_snapshot_rollback_ays = {
    NGX_ZOS_IN_FILESYSTEM,
    .target = { NGX_ZOS_ROLE_SNAPSHOT, ngx_string("{snapshotname}") },
    .action = ngx_string("rollback"),
    .force = 1,
};


const ngx_zos_op_t  ngx_zos_ops_storagepools[] = {

    {
      .name = ngx_string("listStoragePools"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools"),
      .summary = ngx_string("List the storage pools of a node"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_pool_list_view,
      .ays = &ngx_zos_pool_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createStoragePool"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools"),
      .summary = ngx_string("Create a btrfs storage pool on given"
                            " devices. Destroys their content"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_pool_fields,
      .ays = &ngx_zos_pool_create_ays,
      .steps = ngx_zos_steps_create_pool,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getStoragePoolInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"),
      .summary = ngx_string("One storage pool"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_pool_view,
      .ays = &ngx_zos_pool_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteStoragePool"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"),
      .summary = ngx_string("Delete a storage pool with "
                            "everything on it"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_pool_delete_ays,
      .steps = ngx_zos_steps_delete_pool,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listStoragePoolDevices"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices"),
      .summary = ngx_string("List the devices of a pool"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_device_list_view,
      .ays = &ngx_zos_pool_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("createStoragePoolDevices"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices"),
      .summary = ngx_string("Add devices to a pool"),
      .flags = NGX_ZOS_OP_AYS_CHANGE|NGX_ZOS_OP_ARRAY,
      .body = ngx_zos_pool_devices_fields,
      .ays = &ngx_zos_pool_more_ays,
      .steps = ngx_zos_steps_add_devices,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("getStoragePoolDeviceInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices/{deviceuuid}"),
      .summary = ngx_string("One device of a pool"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_device_view,
      .ays = &ngx_zos_pool_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteStoragePoolDevice"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices/{deviceuuid}"),
      .summary = ngx_string("Remove a device from a pool (btrfs "
                            "moves its data away)"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_pool_less_ays,
      .steps = ngx_zos_steps_remove_device,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listFilesystems"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems"),
      .summary = ngx_string("Names of the filesystems of a pool"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_name_list_view,
      .ays = &ngx_zos_filesystem_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createFilesystem"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems"),
      .summary = ngx_string("Create a filesystem (btrfs "
                            "subvolume) in a pool"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_filesystem_fields,
      .ays = &ngx_zos_filesystem_create_ays,
      .steps = ngx_zos_steps_ays_create,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getFilesystemInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"),
      .summary = ngx_string("One filesystem"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_filesystem_view,
      .ays = &ngx_zos_filesystem_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteFilesystem"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"),
      .summary = ngx_string("Delete a filesystem, its snapshots "
                            "included"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_filesystem_delete_ays,
      .steps = ngx_zos_steps_ays_delete,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listFilesystemSnapshots"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}/snapshots"),
      .summary = ngx_string("Names of the snapshots of a "
                            "filesystem"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_name_list_view,
      .ays = &ngx_zos_snapshot_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createSnapshot"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}/snapshots"),
      .summary = ngx_string("Take a read-only snapshot of a "
                            "filesystem"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_snapshot_fields,
      .ays = &ngx_zos_snapshot_create_ays,
      .steps = ngx_zos_steps_ays_create,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getFilesystemSnapshotInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"
                         "/snapshots/{snapshotname}"),
      .summary = ngx_string("One snapshot"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_snapshot_view,
      .ays = &ngx_zos_snapshot_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteFilesystemSnapshot"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"
                         "/snapshots/{snapshotname}"),
      .summary = ngx_string("Delete a snapshot"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_snapshot_delete_ays,
      .steps = ngx_zos_steps_ays_delete,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("rollbackFilesystemSnapshot"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"
                         "/snapshots/{snapshotname}/rollback"),
      .summary = ngx_string("Replace the filesystem by the state "
                            "of the snapshot"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_snapshot_rollback_ays,
      .steps = ngx_zos_steps_ays_action,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
