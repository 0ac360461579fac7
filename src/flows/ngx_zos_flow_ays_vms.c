
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Virtual machines in AYS: a vdisk is of one of them only, and some changes
 * need one that is halted.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_vm_refs(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_own_disks(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_vm_less(ngx_str_t *one, ngx_str_t *two);
static ngx_int_t ngx_zos_vm_ask_vms(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_check_vms(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_check_vm(ngx_zos_flow_t *f, json_t *vm);
static ngx_int_t ngx_zos_vm_can_change(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_can_migrate(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_halted(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_vm_exported(ngx_zos_flow_t *f);
static void ngx_zos_vm_url(ngx_zos_flow_t *f, ngx_str_t *url);
static ngx_uint_t ngx_zos_vm_has_disk(json_t *disks, json_t *disk);
static ngx_int_t ngx_zos_vm_cloud_init(ngx_zos_flow_t *f, const char *name,
    ngx_zos_out_t *out);
static ngx_uint_t ngx_zos_vm_is(json_t *data, const char *state);


const ngx_zos_step_pt  ngx_zos_steps_create_vm[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_vm_refs,
    NGX_ZOS_STEPS_REFS,
    ngx_zos_vm_own_disks,
    ngx_zos_vm_ask_vms,
    ngx_zos_vm_check_vms,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_update_vm[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_vm_can_change,
    ngx_zos_vm_refs,
    NGX_ZOS_STEPS_REFS,
    ngx_zos_vm_own_disks,
    ngx_zos_vm_ask_vms,
    ngx_zos_vm_check_vms,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_migrate_vm[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_vm_can_migrate,
    NGX_ZOS_STEPS_REFS,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_export_vm[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_vm_halted,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    ngx_zos_vm_exported,
    NULL
};


static ngx_int_t
ngx_zos_vm_refs(ngx_zos_flow_t *f)
{
    size_t      i;
    json_t     *disk, *id;
    ngx_str_t   name;

    json_array_foreach(ngx_zos_body(f, "disks"), i, disk) {

        id = json_object_get(disk, "vdiskid");

        name.data = (u_char *) json_string_value(id);
        name.len = json_string_length(id);

        if (ngx_zos_ref(f, NGX_ZOS_ROLE_VDISK, &name, NULL, "a vdisk")
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_zos_ref_bridges(f, ngx_zos_body(f, "nics"));
}


/*
 * Whoever is about to attach one of these vdisks as well has to wait, and then
 * sees that it is ours.  They are taken in the order of their names.
 */

static ngx_int_t
ngx_zos_vm_own_disks(ngx_zos_flow_t *f)
{
    size_t           i;
    json_t          *disk;
    ngx_int_t        rc;
    ngx_str_t        next, name, *last;
    ngx_array_t     *locks;

    locks = f->ays->change->others;
    last = locks && locks->nelts
           ? &((ngx_zos_lock_t *) locks->elts)[locks->nelts - 1].name : NULL;

    ngx_str_null(&next);

    json_array_foreach(ngx_zos_body(f, "disks"), i, disk) {

        disk = json_object_get(disk, "vdiskid");

        name.data = (u_char *) json_string_value(disk);
        name.len = json_string_length(disk);

        if ((last == NULL || ngx_zos_vm_less(last, &name))
            && (next.len == 0 || ngx_zos_vm_less(&name, &next)))
        {
            next = name;
        }
    }

    if (next.len == 0) {
        return NGX_OK;
    }

    rc = ngx_zos_change_own(f, NGX_ZOS_ROLE_VDISK, &next);

    if (rc == NGX_OK) {
        f->delay = 0;
        return NGX_DECLINED;
    }

    return rc;
}


static ngx_uint_t
ngx_zos_vm_less(ngx_str_t *one, ngx_str_t *two)
{
    return ngx_memn2cmp(one->data, two->data, one->len, two->len) < 0;
}


/* of all nodes */

static ngx_int_t
ngx_zos_vm_ask_vms(ngx_zos_flow_t *f)
{
    static ngx_str_t  query = ngx_string("fields=disks");

    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_VM, &query);
}


static ngx_int_t
ngx_zos_vm_check_vms(ngx_zos_flow_t *f)
{
    size_t      i;
    json_t     *list, *vm;
    ngx_int_t   rc;
    ngx_str_t   text;

    rc = ngx_zos_ays_result(f, &text);

    if (rc != NGX_OK) {
        return rc == NGX_DECLINED ? NGX_OK : NGX_ERROR;
    }

    list = ngx_zos_keep_json(f, ngx_zos_json_load(&text, 0));

    if (!json_is_array(list)) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_GATEWAY, "ays protocol",
                            "AYS sent an answer of an unknown shape");
    }

    json_array_foreach(list, i, vm) {
        if (ngx_zos_vm_check_vm(f, vm) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_vm_check_vm(ngx_zos_flow_t *f, json_t *vm)
{
    size_t       i, j;
    json_t      *disk, *wanted, *id;
    ngx_str_t   *own;
    const char  *name;

    static const ngx_str_t  param = ngx_string("vmid");

    own = ngx_zos_flow_arg(f, &param);
    name = json_string_value(json_object_get(vm, "name"));

    if (name == NULL || (own && ngx_zos_is_text(own, name))) {
        return NGX_OK;
    }

    json_array_foreach(json_object_get(json_object_get(vm, "data"), "disks"),
                       i, disk)
    {
        json_array_foreach(ngx_zos_body(f, "disks"), j, wanted) {

            id = json_object_get(wanted, "vdiskid");

            if (json_equal(id, json_object_get(disk, "vdiskid"))) {
                return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                                    "vdisk \"%s\" is in use by the virtual "
                                    "machine \"%s\"", json_string_value(id),
                                    name);
            }
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_zos_vm_is(json_t *data, const char *state)
{
    const char  *status;

    status = json_string_value(json_object_get(data, "status"));

    return status && ngx_strcmp(status, state) == 0;
}


static ngx_int_t
ngx_zos_vm_can_change(ngx_zos_flow_t *f)
{
    json_t  *data;

    data = ngx_zos_service_data(f);

    if (ngx_zos_vm_is(data, "halted")
        || (json_equal(ngx_zos_body(f, "cpu"), json_object_get(data, "cpu"))
            && json_equal(ngx_zos_body(f, "memory"),
                          json_object_get(data, "memory"))))
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                        "cpu and memory can only be changed while the "
                        "virtual machine is halted");
}


static ngx_int_t
ngx_zos_vm_can_migrate(ngx_zos_flow_t *f)
{
    size_t       i;
    json_t      *data, *nic, *node;
    ngx_str_t    name;
    const char  *type;

    data = ngx_zos_service_data(f);

    if (!ngx_zos_vm_is(data, "halted") && !ngx_zos_vm_is(data, "running")) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                            "the virtual machine must be running or halted");
    }

    json_array_foreach(json_object_get(data, "nics"), i, nic) {
        type = json_string_value(json_object_get(nic, "type"));

        if (type && ngx_strcmp(type, "bridge") == 0) {
            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                                "a virtual machine on a bridge can not "
                                "leave its node");
        }
    }

    node = ngx_zos_body(f, "nodeid");

    name.data = (u_char *) json_string_value(node);
    name.len = json_string_length(node);

    return ngx_zos_ref(f, NGX_ZOS_ROLE_NODE, &name, NULL, "nodeid");
}


static ngx_int_t
ngx_zos_vm_halted(ngx_zos_flow_t *f)
{
    if (ngx_zos_vm_is(ngx_zos_service_data(f), "halted")) {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                        "the virtual machine must be halted");
}


/* ---- values of blueprints ---- */

ngx_int_t
ngx_zos_vm_user_init(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    return ngx_zos_vm_cloud_init(f, "userCloudInit", out);
}


ngx_int_t
ngx_zos_vm_system_init(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    return ngx_zos_vm_cloud_init(f, "systemCloudInit", out);
}


/* a text that holds JSON */

static ngx_int_t
ngx_zos_vm_cloud_init(ngx_zos_flow_t *f, const char *name,
    ngx_zos_out_t *out)
{
    json_t         *value;
    ngx_str_t       text;
    ngx_zos_out_t   inner;

    value = ngx_zos_body(f, name);

    ngx_str_set(&text, "null");

    if (value) {

        if (ngx_zos_out_init(&inner, f->request->pool, 256) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_zos_out_json(&inner, value);

        if (ngx_zos_out_done(&inner, &text) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_zos_out_string(out, &text);

    return NGX_OK;
}


ngx_int_t
ngx_zos_vm_export_url(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_str_t  url;

    ngx_zos_vm_url(f, &url);
    ngx_zos_out_string(out, &url);

    return NGX_OK;
}


static void
ngx_zos_vm_url(ngx_zos_flow_t *f, ngx_str_t *url)
{
    json_t  *value;

    value = ngx_zos_body(f, "url");

    url->data = (u_char *) json_string_value(value);
    url->len = json_string_length(value);

    while (url->len && url->data[url->len - 1] == '/') {
        url->len--;
    }
}


/* the same in the blueprint and in the answer */

ngx_int_t
ngx_zos_vm_export_path(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_str_t  *path;

    static const ngx_str_t  name = ngx_string("vmid");

    path = f->ctx;

    if (path == NULL) {
        path = ngx_palloc(f->request->pool, sizeof(ngx_str_t));

        if (path == NULL
            || ngx_zos_ays_path(f, path, "%V_%T", ngx_zos_flow_arg(f, &name),
                                ngx_time())
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        f->ctx = path;
    }

    ngx_zos_out_string(out, path);

    return NGX_OK;
}


/* without the credentials in the URL */

static ngx_int_t
ngx_zos_vm_exported(ngx_zos_flow_t *f)
{
    ngx_str_t          url;
    ngx_zos_out_t      out;
    ngx_zos_ftp_url_t  parts;

    ngx_zos_vm_url(f, &url);

    if (ngx_zos_ftp_url(&url, &parts) != NGX_OK
        || ngx_zos_out_init(&out, f->request->pool, url.len + 128) != NGX_OK
        || ngx_zos_ays_path(f, &url, "%V%V/%V", &parts.scheme, &parts.place,
                            (ngx_str_t *) f->ctx)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"url\":");
    ngx_zos_out_string(&out, &url);
    ngx_zos_out_literal(&out, "}");

    return ngx_zos_out_done(&out, &f->body);
}


/* ---- afterwards ---- */

ngx_int_t
ngx_zos_vm_verify(ngx_zos_flow_t *f, json_t *data)
{
    size_t   i;
    json_t  *disks, *nics, *item;

    disks = json_object_get(data, "disks");
    nics = json_object_get(data, "nics");

    if (!json_equal(ngx_zos_body(f, "cpu"), json_object_get(data, "cpu"))
        || !json_equal(ngx_zos_body(f, "memory"),
                       json_object_get(data, "memory"))
        || json_array_size(ngx_zos_body(f, "disks")) != json_array_size(disks)
        || json_array_size(ngx_zos_body(f, "nics")) != json_array_size(nics))
    {
        return NGX_DECLINED;
    }

    json_array_foreach(ngx_zos_body(f, "disks"), i, item) {
        if (!ngx_zos_vm_has_disk(disks, item)) {
            return NGX_DECLINED;
        }
    }

    json_array_foreach(ngx_zos_body(f, "nics"), i, item) {
        if (ngx_zos_find_nic(nics, item) == NULL) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* they look for the domain first, and an AYS of that time does not tell */

const char *
ngx_zos_vm_unchanged(ngx_zos_flow_t *f, json_t *data)
{
    return f->conf->ays_templates == NGX_ZOS_2017
           && ngx_zos_vm_is(data, "halted")
           ? "the templates of 2017 can't change a virtual machine that is "
             "halted" : NULL;
}


static ngx_uint_t
ngx_zos_vm_has_disk(json_t *disks, json_t *disk)
{
    size_t   i;
    json_t  *other;

    json_array_foreach(disks, i, other) {
        if (json_equal(json_object_get(disk, "vdiskid"),
                       json_object_get(other, "vdiskid")))
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_zos_vm_verify_node(ngx_zos_flow_t *f, json_t *data)
{
    return json_equal(ngx_zos_body(f, "nodeid"),
                      json_object_get(data, "node"))
           ? NGX_OK : NGX_DECLINED;
}
