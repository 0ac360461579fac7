
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Vdisks of both editions, and the storages of the newer one.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_vdisk_refs(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdiskstorage_refs(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_cluster_ref(ngx_zos_flow_t *f, ngx_uint_t role,
    const char *member);
static ngx_int_t ngx_zos_vdiskstorage_empty(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdisk_image(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdisk_image_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdisk_grows(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdisk_no_rollback(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdisk_rolls_back(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdisk_log(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vdisk_log_found(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_power_of_two(json_t *value);
static const char *ngx_zos_member_text(json_t *object, const char *name);


const ngx_zos_step_pt  ngx_zos_steps_create_vdisk[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_vdisk_refs,
    NGX_ZOS_STEPS_REFS,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_resize_vdisk[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_vdisk_grows,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_no_rollback[] = {
    ngx_zos_vdisk_no_rollback,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_rollback_vdisk[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_vdisk_rolls_back,
    ngx_zos_vdisk_log,
    ngx_zos_vdisk_log_found,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_create_storage_vdisk[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_vdisk_image,
    ngx_zos_vdisk_image_found,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_create_vdiskstorage[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_vdiskstorage_refs,
    NGX_ZOS_STEPS_REFS,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


/* nothing is created in the lane, so what is empty there stays so */

const ngx_zos_step_pt  ngx_zos_steps_delete_vdiskstorage[] = {
    ngx_zos_step_own,
    ngx_zos_step_lane,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    ngx_zos_vdiskstorage_empty,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


/* ---- rules ---- */

/* "": absent */

static const char *
ngx_zos_member_text(json_t *object, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}


static ngx_uint_t
ngx_zos_power_of_two(json_t *value)
{
    json_int_t  n;

    n = json_integer_value(value);

    return (n & (n - 1)) == 0;
}


const char *
ngx_zos_vdisk_rules(ngx_zos_flow_t *f, json_t *object)
{
    const char  *type;

    type = ngx_zos_member_text(object, "type");

    if (json_integer_value(json_object_get(object, "blocksize")) % 512) {
        return "needs a blocksize that is a multiple of 512";
    }

    if (*ngx_zos_member_text(object, "tlogStoragecluster")
        && (ngx_strcmp(type, "cache") == 0 || ngx_strcmp(type, "tmp") == 0))
    {
        return "must not have a tlogStoragecluster for a cache or tmp vdisk";
    }

    if (*ngx_zos_member_text(object, "templatevdisk")
        && ngx_strcmp(type, "boot") != 0)
    {
        return "must not have a templatevdisk but for a boot vdisk";
    }

    return NULL;
}


const char *
ngx_zos_storage_vdisk_rules(ngx_zos_flow_t *f, json_t *object)
{
    ngx_uint_t  boot, image;

    if (!ngx_zos_power_of_two(json_object_get(object, "blocksize"))) {
        return "needs a blocksize that is a power of two";
    }

    boot = (ngx_strcmp(ngx_zos_member_text(object, "type"), "boot") == 0);
    image = (*ngx_zos_member_text(object, "imageId") != '\0');

    if (boot && !image) {
        return "needs an imageId for a boot vdisk";
    }

    if (image && !boot) {
        return "must not have an imageId but for a boot vdisk";
    }

    return NULL;
}


const char *
ngx_zos_vdiskstorage_rules(ngx_zos_flow_t *f, json_t *object)
{
    if (*ngx_zos_member_text(object, "slaveCluster")
        && *ngx_zos_member_text(object, "objectCluster") == '\0')
    {
        return "needs an objectCluster along with the slaveCluster";
    }

    return NULL;
}


const char *
ngx_zos_image_rules(ngx_zos_flow_t *f, json_t *object)
{
    return ngx_zos_power_of_two(json_object_get(object, "diskBlockSize"))
           ? NULL : "needs a diskBlockSize that is a power of two";
}


/* ---- what a new one needs ---- */

static ngx_int_t
ngx_zos_cluster_ref(ngx_zos_flow_t *f, ngx_uint_t role, const char *member)
{
    json_t     *value;
    ngx_str_t   name;

    value = ngx_zos_body(f, member);

    if (json_string_length(value) == 0) {
        return NGX_OK;
    }

    name.data = (u_char *) json_string_value(value);
    name.len = json_string_length(value);

    return ngx_zos_ref(f, role, &name, NULL, member);
}


static ngx_int_t
ngx_zos_vdisk_refs(ngx_zos_flow_t *f)
{
    if (ngx_zos_cluster_ref(f, NGX_ZOS_ROLE_CLUSTER, "storagecluster")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_cluster_ref(f, NGX_ZOS_ROLE_CLUSTER,
                               "tlogStoragecluster");
}


static ngx_int_t
ngx_zos_vdiskstorage_refs(ngx_zos_flow_t *f)
{
    if (ngx_zos_cluster_ref(f, NGX_ZOS_ROLE_CLUSTER, "blockCluster")
        != NGX_OK
        || ngx_zos_cluster_ref(f, NGX_ZOS_ROLE_OBJECT_CLUSTER,
                               "objectCluster")
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_cluster_ref(f, NGX_ZOS_ROLE_CLUSTER, "slaveCluster");
}


static ngx_int_t
ngx_zos_vdisk_image(ngx_zos_flow_t *f)
{
    json_t     *value;
    ngx_str_t   name;

    value = ngx_zos_body(f, "imageId");

    if (json_string_length(value) == 0) {
        f->step++;
        return NGX_OK;
    }

    name.data = (u_char *) json_string_value(value);
    name.len = json_string_length(value);

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_IMAGE, &name);
}


static ngx_int_t
ngx_zos_vdisk_image_found(ngx_zos_flow_t *f)
{
    int64_t     size;
    json_t     *value;
    ngx_int_t   rc;
    ngx_str_t   image, name, *storage;

    static const ngx_str_t  arg = ngx_string("vdiskstorageid");
    static const ngx_str_t  path = ngx_string("data.size");

    value = ngx_zos_body(f, "imageId");
    name.data = (u_char *) json_string_value(value);
    name.len = json_string_length(value);

    storage = ngx_zos_flow_arg(f, &arg);
    rc = ngx_zos_ays_result(f, &image);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED || !ngx_zos_ays_is(&image, &name, storage)) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "imageId, \"%V\", is not there on vdisk storage "
                            "\"%V\"", &name, storage);
    }

    if (ngx_zos_json_get(&image, &path, &name) == NGX_OK
        && ngx_zos_json_integer(&name, &size) == NGX_OK
        && json_integer_value(ngx_zos_body(f, "size")) < size)
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "size must not be below the size of the image, "
                            "%L", size);
    }

    return NGX_OK;
}


/* ---- what is there ---- */

static ngx_int_t
ngx_zos_vdiskstorage_empty(ngx_zos_flow_t *f)
{
    ngx_str_t            children, key, child, role, name;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  path = ngx_string("children");
    static const ngx_str_t  role_path = ngx_string("role");
    static const ngx_str_t  name_path = ngx_string("name");

    if (ngx_zos_json_get(&f->service, &path, &children) != NGX_OK
        || ngx_zos_json_type(&children) != NGX_ZOS_JSON_ARRAY)
    {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS does not say what the vdisk storage has");
    }

    ngx_zos_json_iter(&it, &children);

    if (ngx_zos_json_next(&it, &key, &child) != NGX_OK) {
        return NGX_OK;
    }

    if (ngx_zos_json_type(&child) != NGX_ZOS_JSON_OBJECT
        || ngx_zos_json_get(&child, &role_path, &role) != NGX_OK
        || ngx_zos_json_get(&child, &name_path, &name) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &role, &role) != NGX_OK
        || ngx_zos_json_string(f->request->pool, &name, &name) != NGX_OK)
    {
        ngx_str_set(&role, "child");
        ngx_str_null(&name);
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                        "it has the %V \"%V\", delete its vdisks and images "
                        "first", &role, &name);
}


static ngx_int_t
ngx_zos_vdisk_grows(ngx_zos_flow_t *f)
{
    json_t      *data;
    json_int_t   size;

    data = ngx_zos_service_data(f);

    if (data == NULL) {
        return NGX_ERROR;
    }

    size = json_integer_value(json_object_get(data, "size"));

    if (json_integer_value(ngx_zos_body(f, "newSize")) < size) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "newSize must not be below the size that the "
                            "vdisk has, %L", (int64_t) size);
    }

    return NGX_OK;
}


ngx_int_t
ngx_zos_vdisk_verify_size(ngx_zos_flow_t *f, json_t *data)
{
    return json_equal(json_object_get(data, "size"),
                      ngx_zos_body(f, "newSize"))
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_zos_vdisk_no_rollback(ngx_zos_flow_t *f)
{
    return ngx_zos_fail(f, NGX_HTTP_NOT_IMPLEMENTED, "other templates",
                        "a rollback needs the templates of 2018, and a vdisk "
                        "at /vdiskstorage/{vdiskstorageid}/vdisks/{vdiskid}");
}


/* AYS does nothing, and says so to nobody, if the values are those it has */

static ngx_int_t
ngx_zos_vdisk_rolls_back(ngx_zos_flow_t *f)
{
    json_t      *data;
    json_int_t   epoch;
    const char  *type;

    data = ngx_zos_service_data(f);

    if (data == NULL) {
        return NGX_ERROR;
    }

    type = ngx_zos_member_text(data, "type");

    if (ngx_strcmp(type, "boot") != 0 && ngx_strcmp(type, "db") != 0) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "the vdisk is of type %s, and only boot and db "
                            "have a log to be rolled back", type);
    }

    if (ngx_strcmp(ngx_zos_member_text(data, "status"), "halted") != 0) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "the vdisk is %s, it must be halted for a "
                            "rollback", ngx_zos_member_text(data, "status"));
    }

    epoch = json_integer_value(ngx_zos_body(f, "epoch"));

    if (epoch == json_integer_value(json_object_get(data, "timestamp"))) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "AYS has the epoch %L for the vdisk already and "
                            "would do nothing, choose another one",
                            (int64_t) epoch);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_vdisk_log(ngx_zos_flow_t *f)
{
    static const ngx_str_t  arg = ngx_string("vdiskstorageid");

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_VDISKSTORAGE,
                           ngx_zos_flow_arg(f, &arg));
}


static ngx_int_t
ngx_zos_vdisk_log_found(ngx_zos_flow_t *f)
{
    ngx_int_t   rc;
    ngx_str_t   storage, cluster;

    static const ngx_str_t  path = ngx_string("data.objectCluster");

    rc = ngx_zos_ays_result(f, &storage);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED
        || ngx_zos_json_get(&storage, &path, &cluster) != NGX_OK
        || cluster.len < sizeof("\"x\"") - 1)
    {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "the vdisk storage has no object cluster, and so "
                            "no log to be rolled back");
    }

    return NGX_OK;
}
