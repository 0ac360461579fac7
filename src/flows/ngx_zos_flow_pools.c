
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Devices of storage pools.  AYS formats what it is told to, and takes a list
 * of devices as all that a pool is to have; so a device must be a disk that
 * nothing uses, and the list is made from the one that is there.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_pool_ask_disks(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_pool_check_disks(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_pool_ask_pools(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_pool_ask(ngx_zos_flow_t *f, ngx_uint_t role,
    const char *field);
static ngx_int_t ngx_zos_pool_check_pools(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_pool_check_pool(ngx_zos_flow_t *f, ngx_str_t *pool);
static ngx_uint_t ngx_zos_pool_is_on(const char *device, const char *disk);
static ngx_int_t ngx_zos_pool_not_cache(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_pool_ask_mounts(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_pool_check_mounts(ngx_zos_flow_t *f);
static json_t *ngx_zos_pool_filesystems(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_pool_has_device(ngx_zos_flow_t *f);
static const char *ngx_zos_pool_text(json_t *device, const char *member);


const ngx_zos_step_pt  ngx_zos_steps_create_pool[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_step_node,
    ngx_zos_pool_ask_disks,
    ngx_zos_pool_check_disks,
    ngx_zos_step_lane,
    ngx_zos_pool_ask_pools,
    ngx_zos_pool_check_pools,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_pool[] = {
    ngx_zos_pool_not_cache,
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    ngx_zos_step_lane,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    ngx_zos_pool_ask_mounts,
    ngx_zos_pool_check_mounts,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_add_devices[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_node,
    ngx_zos_pool_ask_disks,
    ngx_zos_pool_check_disks,
    ngx_zos_step_lane,
    ngx_zos_pool_ask_pools,
    ngx_zos_pool_check_pools,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_remove_device[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_pool_has_device,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NULL
};


static ngx_int_t
ngx_zos_pool_ask_disks(ngx_zos_flow_t *f)
{
    static const ngx_str_t  command = ngx_string("disk.list");
    static const ngx_str_t  args = ngx_string("{}");

    return ngx_zos_flow_call(f, &command, &args);
}


static ngx_int_t
ngx_zos_pool_check_disks(ngx_zos_flow_t *f)
{
    size_t     i, j;
    json_t    *devices, *value;
    ngx_str_t  device;

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    devices = ngx_zos_body(f, "devices");

    json_array_foreach(devices, i, value) {

        device.data = (u_char *) json_string_value(value);
        device.len = json_string_length(value);

        for (j = 0; j < i; j++) {
            if (json_equal(value, json_array_get(devices, j))) {
                return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                                    "devices[%uz] is there twice", i);
            }
        }

        switch (ngx_zos_disk_free(f, &device)) {

        case NGX_OK:
            break;

        case NGX_BUSY:
            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                                "devices[%uz], %V, has partitions, a "
                                "filesystem or a mount", i, &device);

        default:
            return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                                "devices[%uz], %V, is no disk of the node",
                                i, &device);
        }
    }

    return NGX_OK;
}


/*
 * The lane is ours from here to the blueprint: whoever takes the same disk
 * for another pool meanwhile has to wait, and then sees ours.
 */

static ngx_int_t
ngx_zos_pool_ask_pools(ngx_zos_flow_t *f)
{
    return ngx_zos_pool_ask(f, NGX_ZOS_ROLE_STORAGEPOOL, "devices");
}


/* of all that the node has of a role */

static ngx_int_t
ngx_zos_pool_ask(ngx_zos_flow_t *f, ngx_uint_t role, const char *field)
{
    ngx_str_t  query;

    static const ngx_str_t  node = ngx_string("nodeid");

    if (ngx_zos_ays_path(f, &query, "parent=%V!%V&fields=%s",
                         &ngx_zos_role(f, NGX_ZOS_ROLE_NODE)->actor,
                         ngx_zos_flow_arg(f, &node), field)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_list(f, role, &query);
}


static ngx_int_t
ngx_zos_pool_check_pools(ngx_zos_flow_t *f)
{
    ngx_int_t            rc;
    ngx_str_t            list, key, pool;
    ngx_zos_json_iter_t  it;

    rc = ngx_zos_ays_result(f, &list);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
    }

    if (ngx_zos_json_type(&list) != NGX_ZOS_JSON_ARRAY) {
        return NGX_OK;
    }

    ngx_zos_json_iter(&it, &list);

    while (ngx_zos_json_next(&it, &key, &pool) == NGX_OK) {

        if (ngx_zos_json_type(&pool) == NGX_ZOS_JSON_OBJECT
            && ngx_zos_pool_check_pool(f, &pool) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_pool_check_pool(ngx_zos_flow_t *f, ngx_str_t *pool)
{
    size_t       i, j;
    json_t      *json, *wanted, *device, *devices;
    const char  *there;

    json = ngx_zos_keep_json(f, ngx_zos_json_load(pool, 0));

    devices = json_object_get(json_object_get(json, "data"), "devices");

    json_array_foreach(devices, i, device) {

        there = ngx_zos_pool_text(device, "device");

        json_array_foreach(ngx_zos_body(f, "devices"), j, wanted) {

            if (!ngx_zos_pool_is_on(there, json_string_value(wanted))) {
                continue;
            }

            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                                "devices[%uz], %s, is in storage pool \"%s\"",
                                j, json_string_value(wanted),
                                ngx_zos_pool_text(json, "name"));
        }
    }

    return NGX_OK;
}


/* "/dev/sda1" is on "/dev/sda", "/dev/nvme0n1p1" on "/dev/nvme0n1"; neither
   "/dev/sdaa" nor "/dev/nvme0n10" is */

static ngx_uint_t
ngx_zos_pool_is_on(const char *device, const char *disk)
{
    size_t  len;

    len = ngx_strlen(disk);

    if (ngx_strncmp(device, disk, len) != 0) {
        return 0;
    }

    device += len;

    if (*device == 'p') {
        device++;

    } else if (len && disk[len - 1] >= '0' && disk[len - 1] <= '9') {
        return *device == '\0';
    }

    return device[strspn(device, "0123456789")] == '\0';
}


static const char *
ngx_zos_pool_text(json_t *device, const char *member)
{
    const char  *text;

    text = json_string_value(json_object_get(device, member));

    return text ? text : "";
}


/* "{nodeid}_fscache" is what the node itself lives on */

static ngx_int_t
ngx_zos_pool_not_cache(ngx_zos_flow_t *f)
{
    ngx_str_t  cache, *pool;

    static const ngx_str_t  format = ngx_string("{nodeid}_fscache");
    static const ngx_str_t  name = ngx_string("storagepoolname");

    pool = ngx_zos_flow_arg(f, &name);

    if (ngx_zos_text(f, &format, &cache) != NGX_OK) {
        return NGX_ERROR;
    }

    if (cache.len == pool->len
        && ngx_memcmp(cache.data, pool->data, cache.len) == 0)
    {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                            "the node itself needs this pool");
    }

    return NGX_OK;
}


/* AYS knows what uses a filesystem, but its pool would take that along */

static ngx_int_t
ngx_zos_pool_ask_mounts(ngx_zos_flow_t *f)
{
    return ngx_zos_pool_ask(f, NGX_ZOS_ROLE_CONTAINER, "mounts");
}


static ngx_int_t
ngx_zos_pool_check_mounts(ngx_zos_flow_t *f)
{
    size_t       i;
    json_t      *containers, *data, *mount, *filesystems;
    const char  *name;

    containers = ngx_zos_named_result(f);
    filesystems = ngx_zos_pool_filesystems(f);

    if (containers == NULL || filesystems == NULL) {
        return NGX_ERROR;
    }

    json_object_foreach(containers, name, data) {

        json_array_foreach(json_object_get(data, "mounts"), i, mount) {

            if (json_object_get(filesystems,
                                ngx_zos_pool_text(mount, "filesystem")))
            {
                return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                                    "filesystem \"%s\" of it is in use by "
                                    "the container \"%s\"",
                                    ngx_zos_pool_text(mount, "filesystem"),
                                    name);
            }
        }
    }

    return NGX_OK;
}


/* those of the pool that was read, by name */

static json_t *
ngx_zos_pool_filesystems(ngx_zos_flow_t *f)
{
    size_t      i;
    json_t     *children, *child, *names;
    ngx_str_t   text;

    static const ngx_str_t  path = ngx_string("children");

    names = ngx_zos_keep_json(f, json_object());

    if (names == NULL
        || ngx_zos_json_get(&f->service, &path, &text) != NGX_OK)
    {
        return names;
    }

    children = ngx_zos_keep_json(f, ngx_zos_json_load(&text, 0));

    json_array_foreach(children, i, child) {

        if (ngx_strcmp(ngx_zos_pool_text(child, "role"), "filesystem") == 0
            && json_object_set(names, ngx_zos_pool_text(child, "name"),
                               child)
               != 0)
        {
            return NULL;
        }
    }

    return names;
}


static ngx_int_t
ngx_zos_pool_has_device(ngx_zos_flow_t *f)
{
    size_t       i;
    json_t      *devices, *device;
    ngx_str_t   *uuid;
    ngx_uint_t   found;

    static const ngx_str_t  name = ngx_string("deviceuuid");

    uuid = ngx_zos_flow_arg(f, &name);
    devices = json_object_get(ngx_zos_service_data(f), "devices");
    found = 0;

    json_array_foreach(devices, i, device) {
        found += ngx_zos_is_text(uuid, ngx_zos_pool_text(device, "partUUID"));
    }

    if (found == 0) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "the pool has no device \"%V\"", uuid);
    }

    if (found == json_array_size(devices)) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                            "it is the only device of the pool");
    }

    if (found > 1) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "the pool has %ui devices \"%V\"", found, uuid);
    }

    return NGX_OK;
}


/* ---- lists of blueprints: the device alone, AYS knows the rest ---- */

static void
ngx_zos_put_device(ngx_zos_out_t *out, ngx_uint_t *n, const char *device)
{
    ngx_str_t  text;

    text.data = (u_char *) device;
    text.len = ngx_strlen(device);

    ngx_zos_out(out, (u_char *) ",", (*n)++ ? 1 : 0);
    ngx_zos_out_literal(out, "{\"device\":");
    ngx_zos_out_string(out, &text);
    ngx_zos_out_literal(out, "}");
}


ngx_int_t
ngx_zos_pool_devices(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    size_t       i;
    json_t      *value;
    ngx_uint_t   n;

    n = 0;

    ngx_zos_out_literal(out, "[");

    json_array_foreach(ngx_zos_body(f, "devices"), i, value) {
        ngx_zos_put_device(out, &n, json_string_value(value));
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}


ngx_int_t
ngx_zos_pool_devices_more(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    size_t       i;
    json_t      *value;
    ngx_uint_t   n;

    n = 0;

    ngx_zos_out_literal(out, "[");

    json_array_foreach(json_object_get(ngx_zos_service_data(f), "devices"),
                       i, value)
    {
        ngx_zos_put_device(out, &n, ngx_zos_pool_text(value, "device"));
    }

    json_array_foreach(ngx_zos_body(f, "devices"), i, value) {
        ngx_zos_put_device(out, &n, json_string_value(value));
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}


ngx_int_t
ngx_zos_pool_devices_less(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    size_t       i;
    json_t      *value;
    ngx_str_t   *uuid;
    ngx_uint_t   n;

    static const ngx_str_t  name = ngx_string("deviceuuid");

    uuid = ngx_zos_flow_arg(f, &name);
    n = 0;

    ngx_zos_out_literal(out, "[");

    json_array_foreach(json_object_get(ngx_zos_service_data(f), "devices"),
                       i, value)
    {
        if (!ngx_zos_is_text(uuid, ngx_zos_pool_text(value, "partUUID"))) {
            ngx_zos_put_device(out, &n, ngx_zos_pool_text(value, "device"));
        }
    }

    ngx_zos_out_literal(out, "]");

    return NGX_OK;
}


ngx_int_t
ngx_zos_pool_verify_more(ngx_zos_flow_t *f, json_t *data)
{
    size_t       i, j;
    json_t      *value, *device;
    ngx_uint_t   found;

    json_array_foreach(ngx_zos_body(f, "devices"), i, value) {

        found = 0;

        json_array_foreach(json_object_get(data, "devices"), j, device) {
            found |= ngx_zos_pool_is_on(ngx_zos_pool_text(device, "device"),
                                        json_string_value(value));
        }

        if (!found) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_pool_verify_less(ngx_zos_flow_t *f, json_t *data)
{
    size_t      i;
    json_t     *device;
    ngx_str_t  *uuid;

    static const ngx_str_t  name = ngx_string("deviceuuid");

    uuid = ngx_zos_flow_arg(f, &name);

    json_array_foreach(json_object_get(data, "devices"), i, device) {
        if (ngx_zos_is_text(uuid, ngx_zos_pool_text(device, "partUUID"))) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_zos_pool_device_skip(ngx_zos_flow_t *f, ngx_str_t *device)
{
    ngx_str_t  *uuid, value;

    static const ngx_str_t  name = ngx_string("deviceuuid");
    static const ngx_str_t  path = ngx_string("partUUID");

    uuid = ngx_zos_flow_arg(f, &name);

    return ngx_zos_json_type(device) != NGX_ZOS_JSON_OBJECT
           || ngx_zos_json_get(device, &path, &value) != NGX_OK
           || value.len != uuid->len + 2
           || ngx_memcmp(value.data + 1, uuid->data, uuid->len) != 0;
}
