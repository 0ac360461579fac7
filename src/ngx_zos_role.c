
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The names that the two presets of templates have for the roles.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>


#define NGX_ZOS_ROLE_SAME(name)                                              \
    { { ngx_string(name), ngx_string(name) },                                \
      { ngx_string(name), ngx_string(name) } }

#define NGX_ZOS_ROLE_NO  { ngx_null_string, ngx_null_string }


/* by ngx_zos_role_e; 2017, 2018 */

static const ngx_zos_role_t  ngx_zos_roles[][2] = {

    /* NGX_ZOS_ROLE_NONE */
    { NGX_ZOS_ROLE_NO, NGX_ZOS_ROLE_NO },

    { { ngx_string("node.g8os"), ngx_string("node") },
      { ngx_string("node.zero-os"), ngx_string("node") } },

    NGX_ZOS_ROLE_SAME("container"),
    NGX_ZOS_ROLE_SAME("bridge"),
    NGX_ZOS_ROLE_SAME("storagepool"),
    NGX_ZOS_ROLE_SAME("filesystem"),
    NGX_ZOS_ROLE_SAME("fssnapshot"),
    NGX_ZOS_ROLE_SAME("zerotier"),
    NGX_ZOS_ROLE_SAME("gateway"),
    NGX_ZOS_ROLE_SAME("vm"),
    NGX_ZOS_ROLE_SAME("vdisk"),

    { NGX_ZOS_ROLE_NO,
      { ngx_string("vdiskstorage"), ngx_string("vdiskstorage") } },

    { NGX_ZOS_ROLE_NO,
      { ngx_string("vdisk_image"), ngx_string("vdisk_image") } },

    { { ngx_string("storage_cluster"), ngx_string("storage_cluster") },
      { ngx_string("storagecluster.block"), ngx_string("storagecluster") } },

    { NGX_ZOS_ROLE_NO,
      { ngx_string("storagecluster.object"), ngx_string("storagecluster") } },

    { { ngx_string("ardb"), ngx_string("ardb") },
      { ngx_string("storage_engine"), ngx_string("storage_engine") } },

    { NGX_ZOS_ROLE_NO, { ngx_string("zerostor"), ngx_string("zerostor") } },

    { NGX_ZOS_ROLE_NO,
      { ngx_string("backup.container"), ngx_string("backup") } },

    { NGX_ZOS_ROLE_NO, { ngx_string("grafana"), ngx_string("grafana") } },
    { NGX_ZOS_ROLE_NO, { ngx_string("dashboard"), ngx_string("dashboard") } },

    { NGX_ZOS_ROLE_NO,
      { ngx_string("healthcheck"), ngx_string("healthcheck") } },

    { NGX_ZOS_ROLE_NO, { ngx_string("webhook"), ngx_string("webhook") } }
};


const ngx_zos_role_t *
ngx_zos_role(ngx_zos_flow_t *f, ngx_uint_t role)
{
    return &ngx_zos_roles[role][f->conf->ays_templates == NGX_ZOS_2018];
}
