
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_storagepools[] = {

    {
      .name = ngx_string("listStoragePools"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools"),
      .summary = ngx_string("List the storage pools of a node"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createStoragePool"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools"),
      .summary = ngx_string("Create a btrfs storage pool on given"
                            " devices. Destroys their content"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getStoragePoolInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"),
      .summary = ngx_string("One storage pool"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteStoragePool"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"),
      .summary = ngx_string("Delete a storage pool with "
                            "everything on it"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listStoragePoolDevices"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices"),
      .summary = ngx_string("List the devices of a pool"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createStoragePoolDevices"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices"),
      .summary = ngx_string("Add devices to a pool"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getStoragePoolDeviceInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices/{deviceuuid}"),
      .summary = ngx_string("One device of a pool"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteStoragePoolDevice"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/devices/{deviceuuid}"),
      .summary = ngx_string("Remove a device from a pool (btrfs "
                            "moves its data away)"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listFilesystems"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems"),
      .summary = ngx_string("Names of the filesystems of a pool"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createFilesystem"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems"),
      .summary = ngx_string("Create a filesystem (btrfs "
                            "subvolume) in a pool"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getFilesystemInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"),
      .summary = ngx_string("One filesystem"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteFilesystem"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"),
      .summary = ngx_string("Delete a filesystem, its snapshots "
                            "included"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listFilesystemSnapshots"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}/snapshots"),
      .summary = ngx_string("Names of the snapshots of a "
                            "filesystem"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createSnapshot"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}/snapshots"),
      .summary = ngx_string("Take a read-only snapshot of a "
                            "filesystem"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getFilesystemSnapshotInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"
                         "/snapshots/{snapshotname}"),
      .summary = ngx_string("One snapshot"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteFilesystemSnapshot"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"
                         "/snapshots/{snapshotname}"),
      .summary = ngx_string("Delete a snapshot"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("rollbackFilesystemSnapshot"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/storagepools/{storagepoolname}"
                         "/filesystems/{filesystemname}"
                         "/snapshots/{snapshotname}/rollback"),
      .summary = ngx_string("Replace the filesystem by the state "
                            "of the snapshot"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
