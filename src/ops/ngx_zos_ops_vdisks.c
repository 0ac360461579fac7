
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


/* GiB of which the bytes fit 63 bits */

#define NGX_ZOS_VDISK_MAX_SIZE  8589934591


static ngx_int_t ngx_zos_check_template(ngx_str_t *value);


const ngx_str_t  ngx_zos_vdisk_types[] = {
    ngx_string("boot"),
    ngx_string("db"),
    ngx_string("cache"),
    ngx_string("tmp"),
    ngx_null_string
};


/* "ardb://host:port/name" or a name */

static ngx_int_t
ngx_zos_check_template(ngx_str_t *value)
{
    static const ngx_str_t  scheme = ngx_string("ardb://");

    if (value->len > scheme.len
        && ngx_memcmp(value->data, scheme.data, scheme.len) == 0)
    {
        return ngx_zos_check_url(value);
    }

    return ngx_zos_check_name(value);
}


static const ngx_zos_field_t  ngx_zos_vdisk_fields[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the vdisk") },

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = NGX_ZOS_VDISK_MAX_SIZE,
      .text = ngx_string("size, GiB") },

    { .name = ngx_string("blocksize"), .type = NGX_ZOS_INTEGER,
      .required = 1, .bounded = 1, .min = 512, .max = 4294967295,
      .text = ngx_string("size of a block, bytes, a multiple of 512") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING, .required = 1,
      .values = ngx_zos_vdisk_types,
      .text = ngx_string("boot, db, cache or tmp") },

    { .name = ngx_string("storagecluster"), .type = NGX_ZOS_STRING,
      .required = 1, .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("label of the storage cluster that keeps it") },

    { .name = ngx_string("tlogStoragecluster"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("label of the storage cluster for its log, of a "
                         "boot or db vdisk") },

    { .name = ngx_string("templatevdisk"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_template,
      .rule = ngx_string("must be a name, or like ardb://host:port/name"),
      .text = ngx_string("what a boot vdisk is a copy of") },

    { .name = ngx_string("readOnly"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("can't be written to") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_vdisk_resize_fields[] = {

    { .name = ngx_string("newSize"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = NGX_ZOS_VDISK_MAX_SIZE,
      .text = ngx_string("size, GiB, not less than it has") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_vdisk_rollback_fields[] = {

    { .name = ngx_string("epoch"), .type = NGX_ZOS_INTEGER, .required = 1,
      .bounded = 1, .min = 1, .max = 9223372036854775807,
      .text = ngx_string("the point in time, seconds since 1970") },

    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_vdisk_args[] = {

    { .name = ngx_string("size"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("size") },

    { .name = ngx_string("blocksize"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("blocksize") },

    { .name = ngx_string("templateVdisk"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("templatevdisk"), .absent = ngx_string("\"\"") },

    { .name = ngx_string("readOnly"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("readOnly"), .absent = ngx_string("false") },

    { .name = ngx_string("type"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("type") },

    { .name = ngx_string("storageCluster"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("storagecluster") },

    { .name = ngx_string("tlogStoragecluster"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("tlogStoragecluster"),
      .absent = ngx_string("\"\"") },

    { .name = ngx_null_string }
};


const ngx_zos_arg_t  ngx_zos_vdisk_resize_args[] = {

    { .name = ngx_string("size"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("newSize") },

    { .name = ngx_null_string }
};


/* ---- answers ---- */

static const ngx_zos_member_t  ngx_zos_vdisk_item_members[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("name"),
      .text = ngx_string("name of the vdisk") },

    { .name = ngx_string("status"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.status"),
      .text = ngx_string("running, halted or rollingback") },

    { .name = ngx_string("storagecluster"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.storageCluster"),
      .text = ngx_string("label of the storage cluster") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.type"),
      .text = ngx_string("boot, db, cache or tmp") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_vdisk_list_view = {
    .name = ngx_string("VdiskListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_vdisk_item_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_member_t  ngx_zos_vdisk_members[] = {

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
      .text = ngx_string("running, halted or rollingback") },

    { .name = ngx_string("storagecluster"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.storageCluster"),
      .text = ngx_string("label of the storage cluster") },

    { .name = ngx_string("tlogStoragecluster"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.tlogStoragecluster"),
      .text = ngx_string("label of the storage cluster for its log") },

    { .name = ngx_string("type"), .type = NGX_ZOS_STRING,
      .from = ngx_string("data.type"),
      .text = ngx_string("boot, db, cache or tmp") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_vdisk_view = {
    .name = ngx_string("Vdisk"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_vdisk_members,
};


/* ---- AYS ---- */

#define NGX_ZOS_VDISK                                                        \
    .presets = NGX_ZOS_2017,                                                 \
    .target = { NGX_ZOS_ROLE_VDISK, ngx_string("{vdiskid}") }


static const ngx_zos_ays_t  ngx_zos_vdisk_list_ays = {
    .presets = NGX_ZOS_2017,
    .target = { NGX_ZOS_ROLE_VDISK, ngx_null_string },
    .fields = ngx_string("status,storageCluster,type"),
};


static const ngx_zos_ays_t  ngx_zos_vdisk_create_ays = {
    .presets = NGX_ZOS_2017,
    .target = { NGX_ZOS_ROLE_VDISK, ngx_string("{body.id}") },
    .args = ngx_zos_vdisk_args,
    .action = ngx_string("install"),
    .location = ngx_string("/vdisks/{body.id}"),
};


static const ngx_zos_ays_t  ngx_zos_vdisk_ays = {
    NGX_ZOS_VDISK,
};


static const ngx_zos_ays_t  ngx_zos_vdisk_delete_ays = {
    NGX_ZOS_VDISK,
    .action = ngx_string("delete"),
    .force = 1,
};


static const ngx_zos_ays_t  ngx_zos_vdisk_resize_ays = {
    NGX_ZOS_VDISK,
    .args = ngx_zos_vdisk_resize_args,
    .verify = ngx_zos_vdisk_verify_size,
};


/* in no preset: the steps say so */

static const ngx_zos_ays_t  ngx_zos_vdisk_rollback_ays = {
    .target = { NGX_ZOS_ROLE_VDISK, ngx_string("{vdiskid}") },
};


const ngx_zos_op_t  ngx_zos_ops_vdisks[] = {

    {
      .name = ngx_string("listVdisks"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdisks"),
      .summary = ngx_string("List all vdisks"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_vdisk_list_view,
      .ays = &ngx_zos_vdisk_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("createNewVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdisks"),
      .summary = ngx_string("Create a vdisk"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vdisk_fields,
      .rules = ngx_zos_vdisk_rules,
      .ays = &ngx_zos_vdisk_create_ays,
      .steps = ngx_zos_steps_create_vdisk,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getVdiskInfo"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdisks/{vdiskid}"),
      .summary = ngx_string("One vdisk"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_vdisk_view,
      .ays = &ngx_zos_vdisk_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteVdisk"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdisks/{vdiskid}"),
      .summary = ngx_string("Delete a vdisk and its data"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_vdisk_delete_ays,
      .steps = ngx_zos_steps_ays_delete,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("resizeVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdisks/{vdiskid}/resize"),
      .summary = ngx_string("Grow a vdisk"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_vdisk_resize_fields,
      .ays = &ngx_zos_vdisk_resize_ays,
      .steps = ngx_zos_steps_resize_vdisk,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("rollbackVdisk"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdisks/{vdiskid}/rollback"),
      .summary = ngx_string("Roll a vdisk back to a point in "
                            "time. Not implemented in 2017-06"),
      .flags = NGX_ZOS_OP_AYS,
      .body = ngx_zos_vdisk_rollback_fields,
      .ays = &ngx_zos_vdisk_rollback_ays,
      .steps = ngx_zos_steps_no_rollback,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
