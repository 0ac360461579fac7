
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


const ngx_zos_op_t  ngx_zos_ops_vdisks[] = {

    {
      .name = ngx_string("listVdisks"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdisks"),
      .summary = ngx_string("List all vdisks"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createNewVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdisks"),
      .summary = ngx_string("Create a vdisk"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getVdiskInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdisks/{vdiskid}"),
      .summary = ngx_string("One vdisk"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteVdisk"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdisks/{vdiskid}"),
      .summary = ngx_string("Delete a vdisk and its data"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("resizeVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdisks/{vdiskid}/resize"),
      .summary = ngx_string("Grow a vdisk"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("rollbackVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdisks/{vdiskid}/rollback"),
      .summary = ngx_string("Roll a vdisk back to a point in "
                            "time. Not implemented in 2017-06"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listVdiskStorages"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage"),
      .summary = ngx_string("List the vdisk storages"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createNewVdiskStorage"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage"),
      .summary = ngx_string("Bundle storage clusters into a vdisk"
                            " storage"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getVdiskStorageInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}"),
      .summary = ngx_string("One vdisk storage"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteVdiskStorage"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}"),
      .summary = ngx_string("Delete an empty vdisk storage"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listImages"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images"),
      .summary = ngx_string("List the images of a vdisk storage"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("importImage"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images"),
      .summary = ngx_string("Import an image from an ftp server"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getImage"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images/{imageid}"),
      .summary = ngx_string("One image"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteImage"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images/{imageid}"),
      .summary = ngx_string("Delete an image and its data"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("listStorageVdisks"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks"),
      .summary = ngx_string("List vdisks"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("createNewStorageVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks"),
      .summary = ngx_string("Create a vdisk"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("getStorageVdiskInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"),
      .summary = ngx_string("One vdisk"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("deleteStorageVdisk"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"),
      .summary = ngx_string("Delete a vdisk and its data"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("resizeStorageVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"
                         "/resize"),
      .summary = ngx_string("Grow a vdisk"),
      .flags = NGX_ZOS_OP_AYS,
    },

    {
      .name = ngx_string("rollbackStorageVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"
                         "/rollback"),
      .summary = ngx_string("Roll a vdisk back to a point in time"),
      .flags = NGX_ZOS_OP_AYS,
    },

    { .name = ngx_null_string }
};
