
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>


static ngx_int_t ngx_zos_check_image_url(ngx_str_t *value);
static ngx_int_t ngx_zos_check_key(ngx_str_t *value);
static ngx_uint_t ngx_zos_plain(ngx_str_t *value, const char *more);


/* all of it ends up in a command line of the templates */

static ngx_uint_t
ngx_zos_plain(ngx_str_t *value, const char *more)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if (!((ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z')
              || (ch >= 'A' && ch <= 'Z')
              || (ch && ngx_strchr(more, ch))))
        {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_zos_check_image_url(ngx_str_t *value)
{
    static const ngx_str_t  scheme = ngx_string("ftp://");

    return value->len > scheme.len
           && ngx_memcmp(value->data, scheme.data, scheme.len) == 0
           && ngx_zos_plain(value, "-._~:/@%+,=")
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_zos_check_key(ngx_str_t *value)
{
    return value->len && ngx_zos_plain(value, "-._+/=")
           ? NGX_OK : NGX_DECLINED;
}


static const ngx_zos_field_t  ngx_zos_image_fields[] = {

    { .name = ngx_string("imageName"), .type = NGX_ZOS_STRING, .required = 1,
      .bounded = 1, .max = 16,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the image, 16 bytes at most") },

    { .name = ngx_string("exportName"), .type = NGX_ZOS_STRING,
      .required = 1, .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name under which it was exported") },

    { .name = ngx_string("exportSnapshot"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_name, .rule = ngx_zos_rule_name,
      .text = ngx_string("name of the snapshot that was exported") },

    { .name = ngx_string("diskBlockSize"), .type = NGX_ZOS_INTEGER,
      .required = 1, .bounded = 1, .min = 512, .max = 2147483648,
      .text = ngx_string("size of a block, bytes, a power of two") },

    { .name = ngx_string("url"), .type = NGX_ZOS_STRING, .required = 1,
      .check = ngx_zos_check_image_url, .secret = 1,
      .rule = ngx_string("must be like ftp://user:password@host:port/path, "
                         "without characters that a shell takes for others"),
      .text = ngx_string("ftp server and folder that it is fetched from") },

    { .name = ngx_string("encryptionKey"), .type = NGX_ZOS_STRING,
      .check = ngx_zos_check_key, .secret = 1,
      .rule = ngx_string("must be of letters, digits and \"-._+/=\""),
      .text = ngx_string("key that it was exported with") },

    { .name = ngx_string("overwrite"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("replace the image, if there is one") },

    { .name = ngx_null_string }
};


#define NGX_ZOS_FROM_IMAGE(member, else)                                     \
    { .name = ngx_string(member), .from = NGX_ZOS_FROM_BODY,                 \
      .key = ngx_string(member), .absent = ngx_string(else) }


static const ngx_zos_arg_t  ngx_zos_image_args[] = {

    { .name = ngx_string("ftpURL"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("url") },

    { .name = ngx_string("diskBlockSize"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("diskBlockSize") },

    { .name = ngx_string("vdiskstorage"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("vdiskstorageid") },

    { .name = ngx_string("exportName"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("exportName") },

    NGX_ZOS_FROM_IMAGE("exportSnapshot", "\"\""),
    NGX_ZOS_FROM_IMAGE("encryptionKey", "\"\""),
    NGX_ZOS_FROM_IMAGE("overwrite", "false"),

    { .name = ngx_null_string }
};


/* ---- answers ---- */

static const ngx_zos_member_t  ngx_zos_image_members[] = {

    { .name = ngx_string("diskBlockSize"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.diskBlockSize"),
      .text = ngx_string("size of a block, bytes") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("name of the image") },

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("data.size"),
      .text = ngx_string("size, GiB") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_image_list_view = {
    .name = ngx_string("ImageListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_image_members,
    .sort = { ngx_string("name") },
};


static const ngx_zos_view_t  ngx_zos_image_view = {
    .name = ngx_string("Image"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_image_members,
};


/* ---- AYS ---- */

/* what no answer has, whatever AYS says about it */

static const ngx_zos_field_t  ngx_zos_image_stored_fields[] = {

    { .name = ngx_string("ftpURL"), .secret = 1 },
    { .name = ngx_string("encryptionKey"), .secret = 1 },

    { .name = ngx_null_string }
};


static const ngx_zos_ays_t  ngx_zos_image_list_ays = {
    NGX_ZOS_ON_VDISKSTORAGE,
    .target = { NGX_ZOS_ROLE_IMAGE, ngx_null_string },
    .fields = ngx_string("diskBlockSize,size"),
};


/* forced: one that is overwritten is installed already */

static const ngx_zos_ays_t  ngx_zos_image_import_ays = {
    NGX_ZOS_ON_VDISKSTORAGE,
    .target = { NGX_ZOS_ROLE_IMAGE, ngx_string("{body.imageName}") },
    .stored = ngx_zos_image_stored_fields,
    .args = ngx_zos_image_args,
    .action = ngx_string("install"),
    .force = 1,
    .location = ngx_string("/vdiskstorage/{vdiskstorageid}/images"
                           "/{body.imageName}"),
};


static const ngx_zos_ays_t  ngx_zos_image_ays = {
    NGX_ZOS_ON_VDISKSTORAGE,
    .target = { NGX_ZOS_ROLE_IMAGE, ngx_string("{imageid}") },
};


static const ngx_zos_ays_t  ngx_zos_image_delete_ays = {
    NGX_ZOS_ON_VDISKSTORAGE,
    .target = { NGX_ZOS_ROLE_IMAGE, ngx_string("{imageid}") },
    .stored = ngx_zos_image_stored_fields,
    .action = ngx_string("delete"),
    .force = 1,
};


const ngx_zos_op_t  ngx_zos_ops_images[] = {

    {
      .name = ngx_string("listImages"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images"),
      .summary = ngx_string("List the images of a vdisk storage"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_image_list_view,
      .ays = &ngx_zos_image_list_ays,
      .steps = ngx_zos_steps_ays_list,
    },

    {
      .name = ngx_string("importImage"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images"),
      .summary = ngx_string("Import an image from an ftp server"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .body = ngx_zos_image_fields,
      .rules = ngx_zos_image_rules,
      .view = &ngx_zos_image_view,
      .ays = &ngx_zos_image_import_ays,
      .steps = ngx_zos_steps_import_image,
      .status = NGX_HTTP_CREATED,
    },

    {
      .name = ngx_string("getImage"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images/{imageid}"),
      .summary = ngx_string("One image"),
      .flags = NGX_ZOS_OP_AYS,
      .view = &ngx_zos_image_view,
      .ays = &ngx_zos_image_ays,
      .steps = ngx_zos_steps_ays_get,
    },

    {
      .name = ngx_string("deleteImage"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/vdiskstorage/{vdiskstorageid}/images/{imageid}"),
      .summary = ngx_string("Delete an image and its data"),
      .flags = NGX_ZOS_OP_AYS_CHANGE,
      .ays = &ngx_zos_image_delete_ays,
      .steps = ngx_zos_steps_delete_image,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
