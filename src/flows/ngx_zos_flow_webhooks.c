
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Webhooks: services that nothing is to be run for.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>
#include <ngx_zos_ops.h>

#include <jansson.h>


const ngx_zos_step_pt  ngx_zos_steps_delete_webhook[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


ngx_int_t
ngx_zos_webhook_verify(ngx_zos_flow_t *f, json_t *data)
{
    return json_equal(json_object_get(data, "url"), ngx_zos_body(f, "url"))
           && json_equal(json_object_get(data, "eventtypes"),
                         ngx_zos_body(f, "eventtypes"))
           ? NGX_OK : NGX_DECLINED;
}
