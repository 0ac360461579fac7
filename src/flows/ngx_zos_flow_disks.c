
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


typedef struct {
    ngx_zos_json_iter_t   it;
    ngx_str_t             disk;          /* its name, as JSON text */
    ngx_uint_t            flat;          /* unsigned  flat:1; */
} ngx_zos_disk_parts_t;


static ngx_int_t ngx_zos_disks_mounted(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_disk_has_mount(ngx_zos_flow_t *f, ngx_str_t *disk);
static ngx_uint_t ngx_zos_disk_is_mounted(ngx_str_t *mounts,
    ngx_str_t *disk);
static ngx_uint_t ngx_zos_disk_in_use(ngx_zos_flow_t *f, ngx_str_t *disk);
static ngx_uint_t ngx_zos_disk_is_named(ngx_str_t *disk);
static ngx_uint_t ngx_zos_disk_is(ngx_str_t *value, char *text);
static int ngx_libc_cdecl ngx_zos_disk_compare(const void *one,
    const void *two);
static int64_t ngx_zos_disk_gib(ngx_str_t *disk);
static void ngx_zos_disk_parts(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_zos_disk_parts_t *parts);
static ngx_int_t ngx_zos_disk_next_part(ngx_zos_disk_parts_t *parts,
    ngx_str_t *part);
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


/*
 * core0 knows disks only outside of containers; inside it knows the mounts.
 * f->ctx has them then, and the disks without one are left out.
 */

const ngx_zos_step_pt  ngx_zos_steps_container_disks[] = {
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_disks_mounted,
    ngx_zos_step_project,
    NULL
};


static ngx_int_t
ngx_zos_disks_mounted(ngx_zos_flow_t *f)
{
    ngx_str_t  *mounts;

    static const ngx_str_t  command = ngx_string("disk.list");
    static const ngx_str_t  args = ngx_string("{}");

    if (ngx_zos_flow_list(f) != NGX_OK) {
        return NGX_ERROR;
    }

    mounts = ngx_palloc(f->request->pool, sizeof(ngx_str_t));
    if (mounts == NULL) {
        return NGX_ERROR;
    }

    mounts->len = f->call->result.data.len;
    mounts->data = ngx_pstrdup(f->request->pool, &f->call->result.data);

    if (mounts->data == NULL) {
        return NGX_ERROR;
    }

    f->ctx = mounts;
    f->container = 0;

    return ngx_zos_flow_call(f, &command, &args);
}


static ngx_uint_t
ngx_zos_disk_has_mount(ngx_zos_flow_t *f, ngx_str_t *disk)
{
    ngx_str_t             part;
    ngx_zos_disk_parts_t  parts;

    if (ngx_zos_disk_is_mounted(f->ctx, disk)) {
        return 1;
    }

    ngx_zos_disk_parts(f, disk, &parts);

    while (ngx_zos_disk_next_part(&parts, &part) == NGX_OK) {
        if (ngx_zos_disk_is_mounted(f->ctx, &part)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_zos_disk_is_mounted(ngx_str_t *mounts, ngx_str_t *disk)
{
    ngx_str_t            key, mount, device, name;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  path = ngx_string("device");

    if (ngx_zos_json_get(disk, &ngx_zos_disk_name, &name) != NGX_OK) {
        return 0;
    }

    ngx_zos_json_iter(&it, mounts);

    while (ngx_zos_json_next(&it, &key, &mount) == NGX_OK) {

        /* "/dev/sda1" of the mount, "sda1" of the disk */

        if (ngx_zos_json_get(&mount, &path, &device) == NGX_OK
            && device.len == name.len + 5
            && ngx_strncmp(device.data, "\"/dev/", 6) == 0
            && ngx_memcmp(device.data + 6, name.data + 1, name.len - 1)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


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

    /* one odd disk must not spoil the list */

    if (!ngx_zos_disk_is_named(disk)
        || (ngx_zos_json_get(disk, &path, &type) == NGX_OK
            && !ngx_zos_disk_is(&type, "\"disk\"")))
    {
        return 1;
    }

    return f->ctx && !ngx_zos_disk_has_mount(f, disk);
}


ngx_int_t
ngx_zos_disk_free(ngx_zos_flow_t *f, ngx_str_t *device)
{
    ngx_str_t             list, key, disk, name;
    ngx_zos_json_iter_t   it;

    list = f->call->result.data;

    if (ngx_zos_disk_list(f, &list, &list) != NGX_OK
        || ngx_zos_json_type(&list) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_DECLINED;
    }

    ngx_zos_json_iter(&it, &list);

    while (ngx_zos_json_next(&it, &key, &disk) == NGX_OK) {

        if (ngx_zos_disk_skip(f, &disk)
            || ngx_zos_json_get(&disk, &ngx_zos_disk_name, &name) != NGX_OK
            || device->len != name.len + 3
            || ngx_strncmp(device->data, "/dev/", 5) != 0
            || ngx_memcmp(device->data + 5, name.data + 1, name.len - 2)
               != 0)
        {
            continue;
        }

        return ngx_zos_disk_in_use(f, &disk) ? NGX_BUSY : NGX_OK;
    }

    return NGX_DECLINED;
}


/* it is mounted, has a filesystem, or has partitions */

static ngx_uint_t
ngx_zos_disk_in_use(ngx_zos_flow_t *f, ngx_str_t *disk)
{
    ngx_str_t             value;
    ngx_zos_disk_parts_t  parts;

    static const ngx_str_t  mount = ngx_string("mountpoint");
    static const ngx_str_t  type = ngx_string("fstype");

    if ((ngx_zos_json_get(disk, &mount, &value) == NGX_OK && value.len > 2)
        || (ngx_zos_json_get(disk, &type, &value) == NGX_OK && value.len > 2))
    {
        return 1;
    }

    ngx_zos_disk_parts(f, disk, &parts);

    return ngx_zos_disk_next_part(&parts, &value) == NGX_OK;
}


static ngx_uint_t
ngx_zos_disk_is_named(ngx_str_t *disk)
{
    ngx_str_t  name;

    return ngx_zos_json_type(disk) == NGX_ZOS_JSON_OBJECT
           && ngx_zos_json_get(disk, &ngx_zos_disk_name, &name) == NGX_OK
           && ngx_zos_json_type(&name) == NGX_ZOS_JSON_STRING;
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


/* in whichever spelling; without a size it has none */

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
    ngx_str_t              part, *slot;
    ngx_uint_t             i;
    ngx_array_t            list;
    ngx_zos_disk_parts_t   parts;

    if (ngx_array_init(&list, f->request->pool, 8, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_disk_parts(f, disk, &parts);

    while (ngx_zos_disk_next_part(&parts, &part) == NGX_OK) {
        slot = ngx_array_push(&list);
        if (slot == NULL) {
            return NGX_ERROR;
        }

        *slot = part;
    }

    slot = list.elts;

    qsort(slot, list.nelts, sizeof(ngx_str_t), ngx_zos_disk_compare);

    ngx_zos_out_literal(out, "[");

    for (i = 0; i < list.nelts; i++) {

        if (i) {
            ngx_zos_out_literal(out, ",");
        }

        if (ngx_zos_disk_put_part(&slot[i], out) != NGX_OK) {
            return NGX_DECLINED;
        }
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_zos_disk_compare(const void *one, const void *two)
{
    ngx_int_t  rc;
    ngx_str_t  a, b;

    (void) ngx_zos_json_get((ngx_str_t *) one, &ngx_zos_disk_name, &a);
    (void) ngx_zos_json_get((ngx_str_t *) two, &ngx_zos_disk_name, &b);

    /* "sda10" comes after "sda9" */

    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }

    rc = ngx_memcmp(a.data, b.data, a.len);

    return (int) rc;
}


static void
ngx_zos_disk_parts(ngx_zos_flow_t *f, ngx_str_t *disk,
    ngx_zos_disk_parts_t *parts)
{
    ngx_str_t  list;

    static const ngx_str_t  path = ngx_string("children");

    list = f->call->result.data;
    parts->flat = (ngx_zos_json_type(&list) == NGX_ZOS_JSON_ARRAY);

    if (!parts->flat
        && (ngx_zos_json_get(disk, &path, &list) != NGX_OK
            || ngx_zos_json_type(&list) != NGX_ZOS_JSON_ARRAY))
    {
        ngx_str_set(&list, "[]");
    }

    (void) ngx_zos_json_get(disk, &ngx_zos_disk_name, &parts->disk);

    ngx_zos_json_iter(&parts->it, &list);
}


/* those that can be named; NGX_DONE: no more of them */

static ngx_int_t
ngx_zos_disk_next_part(ngx_zos_disk_parts_t *parts, ngx_str_t *part)
{
    ngx_str_t  key, type, parent;

    static const ngx_str_t  type_path = ngx_string("type");
    static const ngx_str_t  parent_path = ngx_string("pkname");

    while (ngx_zos_json_next(&parts->it, &key, part) == NGX_OK) {

        if (!ngx_zos_disk_is_named(part)) {
            continue;
        }

        if (!parts->flat) {
            return NGX_OK;
        }

        (void) ngx_zos_json_get(part, &type_path, &type);
        (void) ngx_zos_json_get(part, &parent_path, &parent);

        if (ngx_zos_disk_is(&type, "\"part\"")
            && parent.len == parts->disk.len
            && ngx_memcmp(parent.data, parts->disk.data, parent.len) == 0)
        {
            return NGX_OK;
        }
    }

    return NGX_DONE;
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
