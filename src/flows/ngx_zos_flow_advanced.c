
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The configuration of a gateway's firewall and of its proxies, as files in
 * its container.  Writing one puts the gateway into advanced mode, in which
 * AYS leaves them alone.
 *
 * The text is read before the gateway is locked: a caller may take his time.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_files.h>
#include <ngx_zos_gateway.h>

#include <jansson.h>


static void ngx_zos_advanced_path(ngx_zos_flow_t *f, ngx_str_t *path);
static ngx_int_t ngx_zos_advanced_read(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_advanced_write(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_advanced_mode(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_get_advanced[] = {
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_advanced_read,
    NGX_ZOS_STEPS_DOWNLOAD,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_set_advanced[] = {
    ngx_zos_advanced_write,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    NGX_ZOS_STEPS_UPLOAD,
    ngx_zos_step_own,
    NGX_ZOS_STEPS_SERVICE,       /* as it is now */
    NGX_ZOS_STEPS_UPLOAD_MOVE,
    ngx_zos_advanced_mode,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


static void
ngx_zos_advanced_path(ngx_zos_flow_t *f, ngx_str_t *path)
{
    static const ngx_str_t  firewall = ngx_string("/advanced/firewall");

    if (f->op->path.len > firewall.len
        && ngx_memcmp(f->op->path.data + f->op->path.len - firewall.len,
                      firewall.data, firewall.len)
           == 0)
    {
        ngx_str_set(path, "/etc/nftables.conf");

    } else if (f->conf->ays_templates == NGX_ZOS_2017) {
        ngx_str_set(path, "/etc/caddy.conf");

    } else {
        /* later templates have one for each protocol, and do not read that */
        ngx_str_set(path, "/etc/caddy-http.conf");
    }
}


static ngx_int_t
ngx_zos_advanced_read(ngx_zos_flow_t *f)
{
    ngx_str_t         path;

    static ngx_str_t  type = ngx_string("text/plain");

    ngx_zos_advanced_path(f, &path);

    return ngx_zos_download(f, &path, &type);
}


static ngx_int_t
ngx_zos_advanced_write(ngx_zos_flow_t *f)
{
    ngx_str_t  path;

    ngx_zos_advanced_path(f, &path);

    return ngx_zos_upload_text(f, &path, f->conf->body_max);
}


static ngx_int_t
ngx_zos_advanced_mode(ngx_zos_flow_t *f)
{
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);
    if (gw == NULL) {
        return NGX_ERROR;
    }

    json_object_set_new(gw->wanted, "advanced", json_true());

    return NGX_OK;
}
