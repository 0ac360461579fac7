
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Disks, in both shapes of disk.list: an object whose disks hold their
 * partitions and whose numbers are strings; since 2018-03-18 a flat array of
 * disks and partitions.  lsblk has changed the types in between as well.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


#define NGX_ZOS_GIB           (1024 * 1024 * 1024)
#define NGX_ZOS_ARCHIVE_SIZE  7168       /* GiB; rotating ones above it */


static ngx_uint_t ngx_zos_disk_is(ngx_str_t *value, char *text);
static int64_t ngx_zos_disk_gib(ngx_str_t *disk);
static ngx_int_t ngx_zos_disk_parts(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_str_t *list, ngx_uint_t flat, ngx_zos_out_t *out);
static ngx_int_t ngx_zos_disk_put_part(ngx_str_t *part, ngx_zos_out_t *out);


static const ngx_str_t  ngx_zos_disk_name = ngx_string("name");
static const ngx_str_t  ngx_zos_disk_blockdevices =
                                                  ngx_string("blockdevices");


const ngx_zos_member_t  ngx_zos_partition_members[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("device file") },

    { .name = ngx_string("size"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("GiB, rounded down") },

    { .name = ngx_string("partuuid"), .type = NGX_ZOS_STRING,
      .text = ngx_string("UUID of the partition") },

    { .name = ngx_string("label"), .type = NGX_ZOS_STRING,
      .text = ngx_string("label of the filesystem") },

    { .name = ngx_string("fstype"), .type = NGX_ZOS_STRING,
      .text = ngx_string("type of the filesystem") },

    { .name = ngx_null_string }
};


ngx_int_t
ngx_zos_disk_list(ngx_zos_flow_t *f, ngx_str_t *source, ngx_str_t *list)
{
    if (ngx_zos_json_type(source) != NGX_ZOS_JSON_OBJECT) {
        return NGX_OK;
    }

    if (ngx_zos_json_get(source, &ngx_zos_disk_blockdevices, list)
        != NGX_OK)
    {
        ngx_str_set(list, "null");
    }

    return NGX_OK;
}


ngx_uint_t
ngx_zos_disk_skip(ngx_zos_flow_t *f, ngx_str_t *disk)
{
    ngx_str_t  type;

    static const ngx_str_t  path = ngx_string("type");

    return ngx_zos_json_get(disk, &path, &type) == NGX_OK
           && !ngx_zos_disk_is(&type, "\"disk\"");
}


static ngx_uint_t
ngx_zos_disk_is(ngx_str_t *value, char *text)
{
    return value->len == ngx_strlen(text)
           && ngx_strncmp(value->data, text, value->len) == 0;
}


ngx_int_t
ngx_zos_disk_device(ngx_zos_flow_t *f, ngx_str_t *disk, ngx_zos_out_t *out)
{
    ngx_str_t  name;

    if (ngx_zos_json_get(disk, &ngx_zos_disk_name, &name) != NGX_OK
        || ngx_zos_json_type(&name) != NGX_ZOS_JSON_STRING)
    {
        return NGX_DECLINED;
    }

    ngx_zos_out_literal(out, "\"/dev/");
    ngx_zos_out(out, name.data + 1, name.len - 1);

    return NGX_OK;
}


ngx_int_t
ngx_zos_disk_size(ngx_zos_flow_t *f, ngx_str_t *disk, ngx_zos_out_t *out)
{
    ngx_zos_out_integer(out, ngx_zos_disk_gib(disk));

    return NGX_OK;
}


/* one odd disk must not spoil the list: without a size it has none */

static int64_t
ngx_zos_disk_gib(ngx_str_t *disk)
{
    int64_t    bytes;
    ngx_str_t  size;

    static const ngx_str_t  path = ngx_string("size");

    if (ngx_zos_json_get(disk, &path, &size) != NGX_OK) {
        return 0;
    }

    if (*size.data == '"') {
        size.data++;
        size.len -= 2;
    }

    if (ngx_zos_json_integer(&size, &bytes) != NGX_OK || bytes < 0) {
        return 0;
    }

    return bytes / NGX_ZOS_GIB;
}


ngx_int_t
ngx_zos_disk_type(ngx_zos_flow_t *f, ngx_str_t *disk, ngx_zos_out_t *out)
{
    ngx_str_t  rota, name;

    static const ngx_str_t  path = ngx_string("rota");

    (void) ngx_zos_json_get(disk, &path, &rota);

    if (ngx_zos_disk_is(&rota, "\"1\"") || ngx_zos_disk_is(&rota, "1")
        || ngx_zos_disk_is(&rota, "true"))
    {
        if (ngx_zos_disk_gib(disk) > NGX_ZOS_ARCHIVE_SIZE) {
            ngx_zos_out_literal(out, "\"archive\"");

        } else {
            ngx_zos_out_literal(out, "\"hdd\"");
        }

        return NGX_OK;
    }

    (void) ngx_zos_json_get(disk, &ngx_zos_disk_name, &name);

    if (name.len && ngx_strlcasestrn(name.data, name.data + name.len,
                                     (u_char *) "nvme", 4 - 1))
    {
        ngx_zos_out_literal(out, "\"nvme\"");

    } else {
        ngx_zos_out_literal(out, "\"ssd\"");
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_disk_partitions(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_zos_out_t *out)
{
    ngx_int_t   rc;
    ngx_str_t   list;
    ngx_uint_t  flat;

    static const ngx_str_t  path = ngx_string("children");

    flat = (ngx_zos_json_type(&f->call->result.data) == NGX_ZOS_JSON_ARRAY);

    ngx_zos_out_literal(out, "[");

    if (flat) {
        list = f->call->result.data;

    } else if (ngx_zos_json_get(disk, &path, &list) != NGX_OK) {
        ngx_str_set(&list, "[]");
    }

    rc = (ngx_zos_json_type(&list) == NGX_ZOS_JSON_ARRAY)
         ? ngx_zos_disk_parts(f, disk, &list, flat, out)
         : NGX_DECLINED;

    ngx_zos_out_literal(out, "]");

    return rc;
}


static ngx_int_t
ngx_zos_disk_parts(ngx_zos_flow_t *f, ngx_str_t *disk, ngx_str_t *list,
    ngx_uint_t flat, ngx_zos_out_t *out)
{
    ngx_str_t            key, part, name, type, parent;
    ngx_uint_t           n;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  type_path = ngx_string("type");
    static const ngx_str_t  parent_path = ngx_string("pkname");

    (void) ngx_zos_json_get(disk, &ngx_zos_disk_name, &name);

    ngx_zos_json_iter(&it, list);

    for (n = 0; ngx_zos_json_next(&it, &key, &part) == NGX_OK; /* void */) {

        if (ngx_zos_json_type(&part) != NGX_ZOS_JSON_OBJECT) {
            return NGX_DECLINED;
        }

        if (flat) {
            (void) ngx_zos_json_get(&part, &type_path, &type);
            (void) ngx_zos_json_get(&part, &parent_path, &parent);

            if (!ngx_zos_disk_is(&type, "\"part\"")
                || parent.len != name.len
                || ngx_memcmp(parent.data, name.data, name.len) != 0)
            {
                continue;
            }
        }

        if (n++) {
            ngx_zos_out_literal(out, ",");
        }

        if (ngx_zos_disk_put_part(&part, out) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_disk_put_part(ngx_str_t *part, ngx_zos_out_t *out)
{
    ngx_str_t                value;
    const ngx_zos_member_t  *member;

    if (ngx_zos_json_get(part, &ngx_zos_disk_name, &value) != NGX_OK
        || ngx_zos_json_type(&value) != NGX_ZOS_JSON_STRING)
    {
        return NGX_DECLINED;
    }

    ngx_zos_out_literal(out, "{\"name\":\"/dev/");
    ngx_zos_out(out, value.data + 1, value.len - 1);
    ngx_zos_out_literal(out, ",\"size\":");
    ngx_zos_out_integer(out, ngx_zos_disk_gib(part));

    for (member = &ngx_zos_partition_members[2]; member->name.len; member++) {

        ngx_zos_out_literal(out, ",\"");
        ngx_zos_out_str(out, &member->name);
        ngx_zos_out_literal(out, "\":");

        if (ngx_zos_json_get(part, &member->name, &value) != NGX_OK) {
            ngx_zos_out_literal(out, "\"\"");

        } else if (ngx_zos_json_type(&value) == NGX_ZOS_JSON_STRING) {
            ngx_zos_out_str(out, &value);

        } else {
            return NGX_DECLINED;
        }
    }

    ngx_zos_out_literal(out, "}");

    return NGX_OK;
}
