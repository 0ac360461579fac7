
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static const ngx_zos_field_t  ngx_zos_vdiskstorage_fields[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the vdisk storage") },

    { .name = ngx_string("blockCluster"), .type = NGX_ZOS_STRING,
      .required = 1, .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("label of a block cluster, for the data") },

    { .name = ngx_string("objectCluster"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("label of an object cluster, for the log") },

    { .name = ngx_string("slaveCluster"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("label of a block cluster, for a copy; along with "
                         "objectCluster") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_storage_vdisk_fields[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the vdisk") },

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 2048,
      .text = ngx_string("size, GiB") },

    { .name = ngx_string("blocksize"), .type = NGX_ZOS_INTEGER,
      .required = 1, .bounded = 1, .min = 512, .max = 2147483648,
      .text = ngx_string("size of a block, bytes, a power of two") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING, .required = 1,
      .values = ngx_zos_vdisk_types,
      .text = ngx_string("boot, db, cache or tmp") },

    { .name = ngx_string("imageId"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the image that a boot vdisk is a copy "
                         "of") },

    { .name = ngx_string("readOnly"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("can't be written to") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_storage_vdisk_resize_fields[] = {

    { .name = ngx_string("newSize"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 2048,
      .text = ngx_string("size, GiB, not less than it has") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_storage_vdisk_rollback_fields[] = {

    { .name = ngx_string("epoch"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .max = 9223372036854775807,
      .text = ngx_string("the point in time, seconds since 1970; 0 is all "
                         "of the log") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_vdiskstorage_args[] = {

    { .name = ngx_string("blockCluster"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("blockCluster") },

    { .name = ngx_string("objectCluster"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("objectCluster"), .absent = ngx_string("\"\"") },

    { .name = ngx_string("slaveCluster"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("slaveCluster"), .absent = ngx_string("\"\"") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_storage_vdisk_args[] = {

    { .name = ngx_string("size"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("size") },

    { .name = ngx_string("blocksize"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("blocksize") },

    { .name = ngx_string("imageId"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("imageId"), .absent = ngx_string("\"\"") },

    { .name = ngx_string("readOnly"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("readOnly"), .absent = ngx_string("false") },

    { .name = ngx_string("type"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("type") },

    { .name = ngx_string("vdiskstorage"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("vdiskstorageid") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_storage_vdisk_rollback_args[] = {

    { .name = ngx_string("timestamp"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("epoch"), .absent = ngx_string("0") },

    { .name = ngx_null_string }
};


/* ---- answers ---- */

static const ngx_zos_member_t  ngx_zos_vdiskstorage_members[] = {

    { .name = ngx_string("blockCluster"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.blockCluster"),
      .text = ngx_string("label of the block cluster") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the vdisk storage") },

    { .name = ngx_string("objectCluster"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.objectCluster"),
      .text = ngx_string("label of the object cluster, or empty") },

    { .name = ngx_string("slaveCluster"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.slaveCluster"),
      .text = ngx_string("label of the cluster for a copy, or empty") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_vdiskstorage_list_view = {
    .name = ngx_string("VdiskStorageListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_vdiskstorage_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_vdiskstorage_view = {
    .name = ngx_string("VdiskStorage"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_vdiskstorage_members,
};


static const ngx_zos_member_t  ngx_zos_storage_vdisk_item_members[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the vdisk") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("running, halted, rollingback or orphan") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.type"),
      .text = ngx_string("boot, db, cache or tmp") },

    { .name = ngx_string("vdiskstorage"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.vdiskstorage"),
      .text = ngx_string("name of the vdisk storage") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_storage_vdisk_list_view = {
    .name = ngx_string("StorageVdiskListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_storage_vdisk_item_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_member_t  ngx_zos_storage_vdisk_members[] = {

    { .name = ngx_string("blocksize"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.blocksize"),
      .text = ngx_string("size of a block, bytes") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the vdisk") },

    { .name = ngx_string("readOnly"), .type = NGX_ZOS_BOOLEAN,
      .from = ngx_string("data.readOnly"),
      .text = ngx_string("can't be written to") },

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.size"),
      .text = ngx_string("size, GiB") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("running, halted, rollingback or orphan") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.type"),
      .text = ngx_string("boot, db, cache or tmp") },

    { .name = ngx_string("vdiskstorage"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.vdiskstorage"),
      .text = ngx_string("name of the vdisk storage") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_storage_vdisk_view = {
    .name = ngx_string("StorageVdisk"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_storage_vdisk_members,
};


/* ---- AYS ---- */

#define NGX_ZOS_VDISKSTORAGE                                                 \
    .presets = NGX_ZOS_2018,                                                 \
    .target = { NGX_ZOS_ROLE_VDISKSTORAGE, ngx_string("{vdiskstorageid}") }

/* what no answer has, whatever AYS says about it: imports leave it behind */

static const ngx_zos_field_t  ngx_zos_storage_vdisk_stored_fields[] = {

    { .name = ngx_string("backupUrl"), .secret = 1 },
    { .name = ngx_string("cryptoKey"), .secret = 1 },

    { .name = ngx_null_string }
};


#define NGX_ZOS_STORAGE_VDISK                                                \
    NGX_ZOS_ON_VDISKSTORAGE,                                                 \
    .target = { NGX_ZOS_ROLE_VDISK, ngx_string("{vdiskid}") },             \
    .stored = ngx_zos_storage_vdisk_stored_fields


static const ngx_zos_ays_t  ngx_zos_vdiskstorage_list_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_VDISKSTORAGE, ngx_null_string },
    .fields = ngx_string("blockCluster,objectCluster,slaveCluster"),
};


static const ngx_zos_ays_t  ngx_zos_vdiskstorage_create_ays = {
    .presets = NGX_ZOS_2018,
    .target = { NGX_ZOS_ROLE_VDISKSTORAGE, ngx_string("{body.id}") },
    .args = ngx_zos_vdiskstorage_args,
    .location = ngx_string("/vdiskstorage/{body.id}"),
};


static const ngx_zos_ays_t  ngx_zos_vdiskstorage_ays = {
    NGX_ZOS_VDISKSTORAGE,
};


static const ngx_zos_ays_t  ngx_zos_storage_vdisk_list_ays = {
    NGX_ZOS_ON_VDISKSTORAGE,
    .target = { NGX_ZOS_ROLE_VDISK, ngx_null_string },
    .fields = ngx_string("status,type,vdiskstorage"),
};


static const ngx_zos_ays_t  ngx_zos_storage_vdisk_create_ays = {
    NGX_ZOS_ON_VDISKSTORAGE,
    .target = { NGX_ZOS_ROLE_VDISK, ngx_string("{body.id}") },
    .args = ngx_zos_storage_vdisk_args,
    .action = ngx_string("install"),
    .location = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{body.id}"),
};


static const ngx_zos_ays_t  ngx_zos_storage_vdisk_ays = {
    NGX_ZOS_STORAGE_VDISK,
};


static const ngx_zos_ays_t  ngx_zos_storage_vdisk_delete_ays = {
    NGX_ZOS_STORAGE_VDISK,
    .action = ngx_string("delete"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_storage_vdisk_resize_ays = {
    NGX_ZOS_STORAGE_VDISK,
    .args = ngx_zos_vdisk_resize_args,
    .verify = ngx_zos_vdisk_verify_size,
};


static const ngx_zos_ays_t  ngx_zos_storage_vdisk_rollback_ays = {
    NGX_ZOS_STORAGE_VDISK,
    .args = ngx_zos_storage_vdisk_rollback_args,
};


const ngx_zos_op_t  ngx_zos_ops_vdiskstorages[] = {

    {
      .name = ngx_string("listVdiskStorages"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage"),
      .summary = ngx_string("List the vdisk storages"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_vdiskstorage_list_view,
      .ays = &ngx_zos_vdiskstorage_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createNewVdiskStorage"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage"),
      .summary = ngx_string("Bundle storage clusters into a vdisk"
                            " storage"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vdiskstorage_fields,
      .rules = ngx_zos_vdiskstorage_rules,
      .ays = &ngx_zos_vdiskstorage_create_ays,
      .steps = ngx_zos_steps_create_vdiskstorage,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getVdiskStorageInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}"),
      .summary = ngx_string("One vdisk storage"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_vdiskstorage_view,
      .ays = &ngx_zos_vdiskstorage_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteVdiskStorage"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}"),
      .summary = ngx_string("Delete an empty vdisk storage"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vdiskstorage_ays,
      .steps = ngx_zos_steps_delete_vdiskstorage,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listStorageVdisks"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks"),
      .summary = ngx_string("List vdisks"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_storage_vdisk_list_view,
      .ays = &ngx_zos_storage_vdisk_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createNewStorageVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks"),
      .summary = ngx_string("Create a vdisk"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_storage_vdisk_fields,
      .rules = ngx_zos_storage_vdisk_rules,
      .ays = &ngx_zos_storage_vdisk_create_ays,
      .steps = ngx_zos_steps_create_storage_vdisk,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getStorageVdiskInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"),
      .summary = ngx_string("One vdisk"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_storage_vdisk_view,
      .ays = &ngx_zos_storage_vdisk_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteStorageVdisk"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"),
      .summary = ngx_string("Delete a vdisk and its data"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_storage_vdisk_delete_ays,
      .steps = ngx_zos_steps_ays_delete,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("resizeStorageVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"
                         "/resize"),
      .summary = ngx_string("Grow a vdisk"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_storage_vdisk_resize_fields,
      .ays = &ngx_zos_storage_vdisk_resize_ays,
      .steps = ngx_zos_steps_resize_vdisk,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("rollbackStorageVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}"
                         "/rollback"),
      .summary = ngx_string("Roll a vdisk back to a point in time"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_storage_vdisk_rollback_fields,
      .ays = &ngx_zos_storage_vdisk_rollback_ays,
      .steps = ngx_zos_steps_rollback_vdisk,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
