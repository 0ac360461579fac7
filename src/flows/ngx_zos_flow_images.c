
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Images of vdisk storages.  A vdisk that was made of an image goes on to
 * read from it, so that one is neither deleted nor replaced.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


static ngx_int_t ngx_zos_image_there(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_image_vdisks(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_image_unused(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_import_image[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    ngx_zos_step_service,
    ngx_zos_image_there,
    ngx_zos_image_vdisks,
    ngx_zos_image_unused,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_show,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_image[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    ngx_zos_image_vdisks,
    ngx_zos_image_unused,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


static ngx_int_t
ngx_zos_image_there(ngx_zos_flow_t *f)
{
    ngx_int_t   rc;
    ngx_str_t   service, name, *storage;

    static const ngx_str_t  arg = ngx_string("vdiskstorageid");

    if (!json_is_true(ngx_zos_body(f, "overwrite"))) {
        rc = ngx_zos_step_free_found(f);

        return rc == NGX_OK ? ngx_zos_change_skip(f, ngx_zos_step_lane) : rc;
    }

    rc = ngx_zos_ays_result(f, &service);

    if (rc == NGX_ERROR || ngx_zos_target_name(f, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_zos_change_skip(f, ngx_zos_step_lane);
    }

    storage = ngx_zos_flow_arg(f, &arg);

    if (!ngx_zos_ays_is(&service, &name, storage)) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                            "another vdisk storage has an image \"%V\"",
                            &name);
    }

    /* it must not go when the import fails */

    f->ays->change->foreign = 1;

    /* nor must be told what it was imported with */

    f->service.len = service.len;
    f->service.data = ngx_pstrdup(f->request->pool, &service);

    return f->service.data ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_zos_image_vdisks(ngx_zos_flow_t *f)
{
    ngx_str_t  query;

    static const ngx_str_t  format =
        ngx_string("parent=vdiskstorage!{vdiskstorageid}&fields=imageId");

    if (ngx_zos_text(f, &format, &query) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_VDISK, &query);
}


static ngx_int_t
ngx_zos_image_unused(ngx_zos_flow_t *f)
{
    json_t      *vdisks, *data, *image;
    ngx_str_t    name;
    const char  *vdisk;

    vdisks = ngx_zos_named_result(f);

    if (vdisks == NULL || ngx_zos_target_name(f, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    json_object_foreach(vdisks, vdisk, data) {
        image = json_object_get(data, "imageId");

        if (json_string_length(image) == name.len
            && ngx_memcmp(json_string_value(image), name.data, name.len)
               == 0)
        {
            return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "in use",
                                "the vdisk \"%s\" is made of this image",
                                vdisk);
        }
    }

    return NGX_OK;
}
