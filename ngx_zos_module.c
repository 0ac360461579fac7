
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_auth.h>
#include <ngx_zos_capture.h>
#include <ngx_zos_ftp.h>
#include <ngx_zos_token.h>

#include <jansson.h>


static char *ngx_zos_set_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_zos_set_operations(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_zos_set_openapi(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_zos_check_auth(ngx_conf_t *cf, void *post, void *data);
static char *ngx_zos_check_ays(ngx_conf_t *cf, void *post, void *data);
static char *ngx_zos_check_body_max(ngx_conf_t *cf, void *post, void *data);
static char *ngx_zos_check_repository(ngx_conf_t *cf, void *post, void *data);
static char *ngx_zos_set_interval(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_zos_set_retries(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

static ngx_int_t ngx_zos_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_zos_postconfiguration(ngx_conf_t *cf);
static void *ngx_zos_create_main_conf(ngx_conf_t *cf);
static char *ngx_zos_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_zos_create_loc_conf(ngx_conf_t *cf);
static char *ngx_zos_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child);
static void ngx_zos_merge_ays(ngx_zos_loc_conf_t *prev,
    ngx_zos_loc_conf_t *conf);
static void ngx_zos_merge_core0(ngx_zos_core0_conf_t *prev,
    ngx_zos_core0_conf_t *conf);
static ngx_int_t ngx_zos_merge_tls(ngx_conf_t *cf, ngx_zos_core0_conf_t *prev,
    ngx_zos_core0_conf_t *conf);
static ngx_int_t ngx_zos_create_tls(ngx_conf_t *cf, ngx_zos_main_conf_t *zmcf,
    ngx_zos_core0_conf_t *conf);
static char *ngx_zos_merge_operations(ngx_conf_t *cf,
    ngx_zos_loc_conf_t *prev, ngx_zos_loc_conf_t *conf);
static ngx_uint_t ngx_zos_allow(u_char *allowed, ngx_str_t *pattern);
static char *ngx_zos_merge_auth(ngx_conf_t *cf, ngx_zos_loc_conf_t *prev,
    ngx_zos_loc_conf_t *conf);
static void ngx_zos_config_cleanup(void *data);

static ngx_int_t ngx_zos_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_zos_init_process(ngx_cycle_t *cycle);
static void ngx_zos_exit_process(ngx_cycle_t *cycle);


static ngx_conf_num_bounds_t  ngx_zos_max_conns_bounds = {
    ngx_conf_check_num_bounds, 1, NGX_ZOS_MAX_CONNS
};


static ngx_conf_post_t  ngx_zos_auth_post = { ngx_zos_check_auth };
static ngx_conf_post_t  ngx_zos_body_max_post = { ngx_zos_check_body_max };
static ngx_conf_post_t  ngx_zos_ays_post = { ngx_zos_check_ays };
static ngx_conf_post_t  ngx_zos_repository_post = { ngx_zos_check_repository };


static ngx_conf_enum_t  ngx_zos_ays_templates[] = {
    { ngx_string("2017"), NGX_ZOS_2017 },
    { ngx_string("2018"), NGX_ZOS_2018 },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_zos_core0_auth[] = {
    { ngx_string("off"), NGX_ZOS_CORE0_AUTH_OFF },
    { ngx_string("password"), NGX_ZOS_CORE0_AUTH_PASSWORD },
    { ngx_string("token"), NGX_ZOS_CORE0_AUTH_TOKEN },
    { ngx_null_string, 0 }
};


static ngx_conf_bitmask_t  ngx_zos_core0_ssl_protocols[] = {
    { ngx_string("SSLv2"), NGX_SSL_SSLv2 },
    { ngx_string("SSLv3"), NGX_SSL_SSLv3 },
    { ngx_string("TLSv1"), NGX_SSL_TLSv1 },
    { ngx_string("TLSv1.1"), NGX_SSL_TLSv1_1 },
    { ngx_string("TLSv1.2"), NGX_SSL_TLSv1_2 },
    { ngx_string("TLSv1.3"), NGX_SSL_TLSv1_3 },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_zos_commands[] = {

    { ngx_string("zos_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_zos_set_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_node"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_zos_dir_add,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, enable),
      NULL },

    { ngx_string("zos_body_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, body_max),
      &ngx_zos_body_max_post },

    { ngx_string("zos_operations"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_zos_set_operations,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_openapi"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_zos_set_openapi,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_auth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, organization),
      &ngx_zos_auth_post },

    { ngx_string("zos_auth_key"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_zos_set_auth_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_auth_max_validity"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, auth_max_validity),
      NULL },

    { ngx_string("zos_auth_query"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, auth_query),
      NULL },

    { ngx_string("zos_allow_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_zos_set_origins,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_ays"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, ays),
      &ngx_zos_ays_post },

    { ngx_string("zos_ays_repository"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, ays_repository),
      &ngx_zos_repository_post },

    { ngx_string("zos_ays_templates"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, ays_templates),
      &ngx_zos_ays_templates },

    { ngx_string("zos_ays_max_reply"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, ays_max_reply),
      NULL },

    { ngx_string("zos_ays_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, ays_timeout),
      NULL },

    { ngx_string("zos_ays_run_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, ays_run_timeout),
      NULL },

    { ngx_string("zos_ays_run_interval"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_zos_set_interval,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_ays_retries"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_zos_set_retries,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_ftp_allow"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_zos_ftp_set_allow,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_ftp_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, ftp_timeout),
      NULL },

    { ngx_string("zos_node_valid"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, node_valid),
      NULL },

    { ngx_string("zos_core0_connect_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.connect_timeout),
      NULL },

    { ngx_string("zos_core0_accept_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.accept_timeout),
      NULL },

    { ngx_string("zos_core0_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.timeout),
      NULL },

    { ngx_string("zos_core0_kill_grace"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.kill_grace),
      NULL },

    { ngx_string("zos_core0_max_conns"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.max_conns),
      &ngx_zos_max_conns_bounds },

    { ngx_string("zos_core0_queue"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.queue),
      NULL },

    { ngx_string("zos_core0_keepalive"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.keepalive),
      NULL },

    { ngx_string("zos_core0_keepalive_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.keepalive_timeout),
      NULL },

    { ngx_string("zos_core0_max_reply"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.max_reply),
      NULL },

    { ngx_string("zos_core0_auth"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.auth),
      &ngx_zos_core0_auth },

    { ngx_string("zos_core0_ssl"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.ssl),
      NULL },

    { ngx_string("zos_core0_ssl_verify"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.ssl_verify),
      NULL },

    { ngx_string("zos_core0_ssl_trusted_certificate"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.ssl_trusted_certificate),
      NULL },

    { ngx_string("zos_core0_ssl_name"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.ssl_name),
      NULL },

    { ngx_string("zos_core0_ssl_protocols"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_conf_set_bitmask_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.ssl_protocols),
      &ngx_zos_core0_ssl_protocols },

    { ngx_string("zos_core0_ssl_ciphers"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_zos_loc_conf_t, core0.ssl_ciphers),
      NULL },

    { ngx_string("zos_token"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_zos_token_set,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("zos_token_refresh"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_zos_token_set_refresh,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_zos_module_ctx = {
    ngx_zos_preconfiguration,              /* preconfiguration */
    ngx_zos_postconfiguration,             /* postconfiguration */

    ngx_zos_create_main_conf,              /* create main configuration */
    ngx_zos_init_main_conf,                /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_zos_create_loc_conf,               /* create location configuration */
    ngx_zos_merge_loc_conf                 /* merge location configuration */
};


ngx_module_t  ngx_zos_module = {
    NGX_MODULE_V1,
    &ngx_zos_module_ctx,                   /* module context */
    ngx_zos_commands,                      /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_zos_init_module,                   /* init module */
    ngx_zos_init_process,                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_zos_exit_process,                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_zos_preconfiguration(ngx_conf_t *cf)
{
    return ngx_zos_add_variables(cf);
}


static ngx_int_t
ngx_zos_postconfiguration(ngx_conf_t *cf)
{
    if (ngx_zos_mask_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_capture_init(cf);
}


static void *
ngx_zos_create_main_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t   *cln;
    ngx_zos_main_conf_t  *zmcf;

    zmcf = ngx_pcalloc(cf->pool, sizeof(ngx_zos_main_conf_t));
    if (zmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&zmcf->nodes, cf->pool, 8, sizeof(ngx_zos_node_t))
        != NGX_OK
        || ngx_zos_route_init(cf, zmcf) != NGX_OK)
    {
        return NULL;
    }

    /* without a master, a worker outlives its configuration */

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_zos_config_cleanup;

    return zmcf;
}


static void
ngx_zos_config_cleanup(void *data)
{
    ngx_zos_pool_close_idle();
}


static char *
ngx_zos_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_zos_dir_sort(conf);

    return ngx_zos_token_check(cf, conf);
}


static void *
ngx_zos_create_loc_conf(ngx_conf_t *cf)
{
    ngx_zos_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_zos_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->allowed = NULL;
     *     conf->organization = { 0, NULL };
     *     conf->authority = NULL;
     *     conf->ays = { 0, NULL };
     *     conf->ays_repository = { 0, NULL };
     *     conf->ays_retries = { 0, NULL };
     *     conf->core0.tls = NULL;
     *     conf->core0.ssl_protocols = 0;
     *     conf->core0.ssl_ciphers = { 0, NULL };
     *     conf->core0.ssl_name = { 0, NULL };
     *     conf->core0.ssl_trusted_certificate = { 0, NULL };
     */

    conf->enable = NGX_CONF_UNSET;
    conf->body_max = NGX_CONF_UNSET_SIZE;
    conf->operations = NGX_CONF_UNSET_PTR;

    conf->auth_key = NGX_CONF_UNSET_PTR;
    conf->auth_max_validity = NGX_CONF_UNSET;
    conf->auth_query = NGX_CONF_UNSET;
    conf->origins = NGX_CONF_UNSET_PTR;

    conf->node_valid = NGX_CONF_UNSET_MSEC;
    conf->ays_templates = NGX_CONF_UNSET_UINT;
    conf->ays_max_reply = NGX_CONF_UNSET_SIZE;
    conf->ays_timeout = NGX_CONF_UNSET_MSEC;
    conf->ays_run_timeout = NGX_CONF_UNSET_MSEC;
    conf->ays_run_interval[0] = NGX_CONF_UNSET_MSEC;
    conf->ays_run_interval[1] = NGX_CONF_UNSET_MSEC;

    conf->ftp_allow = NGX_CONF_UNSET_PTR;
    conf->ftp_timeout = NGX_CONF_UNSET_MSEC;

    conf->core0.connect_timeout = NGX_CONF_UNSET_MSEC;
    conf->core0.accept_timeout = NGX_CONF_UNSET_MSEC;
    conf->core0.timeout = NGX_CONF_UNSET_MSEC;
    conf->core0.kill_grace = NGX_CONF_UNSET_MSEC;
    conf->core0.keepalive_timeout = NGX_CONF_UNSET_MSEC;
    conf->core0.max_conns = NGX_CONF_UNSET_UINT;
    conf->core0.queue = NGX_CONF_UNSET_UINT;
    conf->core0.keepalive = NGX_CONF_UNSET_UINT;
    conf->core0.max_reply = NGX_CONF_UNSET_SIZE;
    conf->core0.auth = NGX_CONF_UNSET_UINT;
    conf->core0.ssl = NGX_CONF_UNSET;
    conf->core0.ssl_verify = NGX_CONF_UNSET;

    return conf;
}


static char *
ngx_zos_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_zos_loc_conf_t *prev = parent;
    ngx_zos_loc_conf_t *conf = child;

    char                      *rv;
    ngx_uint_t                 own;
    ngx_zos_main_conf_t       *zmcf;
    ngx_http_core_loc_conf_t  *clcf;

    own = (conf->enable != NGX_CONF_UNSET);

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_size_value(conf->body_max, prev->body_max, 1024 * 1024);
    ngx_zos_merge_ays(prev, conf);
    ngx_zos_merge_core0(&prev->core0, &conf->core0);

    if (ngx_zos_merge_tls(cf, &prev->core0, &conf->core0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rv = ngx_zos_merge_auth(cf, prev, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_zos_merge_operations(cf, prev, conf);

    if (rv != NGX_CONF_OK || !conf->enable) {
        return rv;
    }

    zmcf = ngx_http_conf_get_module_main_conf(cf, ngx_zos_module);

    if (zmcf->zone == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zos on\" needs \"zos_zone\"");
        return NGX_CONF_ERROR;
    }

    rv = ngx_zos_token_check_core0(cf, conf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_zos_create_tls(cf, zmcf, &conf->core0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* locations inside have it too, unless they have a handler of their own */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == NULL) {
        clcf->handler = ngx_zos_handler;

    } else if (own) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"zos on\" in location \"%V\", which has another "
                           "handler", &clcf->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_zos_merge_auth(ngx_conf_t *cf, ngx_zos_loc_conf_t *prev,
    ngx_zos_loc_conf_t *conf)
{
    ngx_conf_merge_str_value(conf->organization, prev->organization, "off");
    ngx_conf_merge_ptr_value(conf->auth_key, prev->auth_key, NULL);
    ngx_conf_merge_sec_value(conf->auth_max_validity,
                             prev->auth_max_validity, 3600);
    ngx_conf_merge_value(conf->auth_query, prev->auth_query, 0);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);

    return ngx_zos_auth_merge(cf, conf);
}


static void
ngx_zos_merge_ays(ngx_zos_loc_conf_t *prev, ngx_zos_loc_conf_t *conf)
{
    ngx_conf_merge_str_value(conf->ays, prev->ays, "");
    ngx_conf_merge_str_value(conf->ays_repository, prev->ays_repository,
                             "objstor");
    ngx_conf_merge_uint_value(conf->ays_templates, prev->ays_templates,
                              NGX_ZOS_2017);
    ngx_conf_merge_size_value(conf->ays_max_reply, prev->ays_max_reply,
                              16 * 1024 * 1024);
    ngx_conf_merge_msec_value(conf->ays_timeout, prev->ays_timeout, 600000);
    ngx_conf_merge_msec_value(conf->ays_run_timeout, prev->ays_run_timeout,
                              600000);
    ngx_conf_merge_msec_value(conf->ays_run_interval[0],
                              prev->ays_run_interval[0], 200);
    ngx_conf_merge_msec_value(conf->ays_run_interval[1],
                              prev->ays_run_interval[1], 2000);
    ngx_conf_merge_str_value(conf->ays_retries, prev->ays_retries, "");
    ngx_conf_merge_msec_value(conf->node_valid, prev->node_valid, 300000);
    ngx_conf_merge_ptr_value(conf->ftp_allow, prev->ftp_allow, NULL);
    ngx_conf_merge_msec_value(conf->ftp_timeout, prev->ftp_timeout, 30000);
}


static void
ngx_zos_merge_core0(ngx_zos_core0_conf_t *prev, ngx_zos_core0_conf_t *conf)
{
    ngx_conf_merge_msec_value(conf->connect_timeout, prev->connect_timeout,
                              2000);
    ngx_conf_merge_msec_value(conf->accept_timeout, prev->accept_timeout,
                              10000);
    ngx_conf_merge_msec_value(conf->timeout, prev->timeout, 10000);
    ngx_conf_merge_msec_value(conf->kill_grace, prev->kill_grace, 2000);
    ngx_conf_merge_msec_value(conf->keepalive_timeout,
                              prev->keepalive_timeout, 60000);

    ngx_conf_merge_uint_value(conf->max_conns, prev->max_conns, 8);
    ngx_conf_merge_uint_value(conf->queue, prev->queue, 128);
    ngx_conf_merge_uint_value(conf->keepalive, prev->keepalive, 8);

    ngx_conf_merge_size_value(conf->max_reply, prev->max_reply,
                              16 * 1024 * 1024);

    ngx_conf_merge_uint_value(conf->auth, prev->auth,
                              NGX_ZOS_CORE0_AUTH_PASSWORD);
    ngx_conf_merge_value(conf->ssl, prev->ssl, 0);
}


/*
 * A context of its own only where a directive about it stands: contexts take
 * memory, and connections are not shared between them.
 */

static ngx_int_t
ngx_zos_merge_tls(ngx_conf_t *cf, ngx_zos_core0_conf_t *prev,
    ngx_zos_core0_conf_t *conf)
{
    ngx_uint_t  own;

    own = conf->ssl_verify != NGX_CONF_UNSET
          || conf->ssl_protocols || conf->ssl_ciphers.data
          || conf->ssl_name.data || conf->ssl_trusted_certificate.data;

    ngx_conf_merge_value(conf->ssl_verify, prev->ssl_verify, 0);
    ngx_conf_merge_bitmask_value(conf->ssl_protocols, prev->ssl_protocols,
                                 (NGX_CONF_BITMASK_SET
                                  |NGX_SSL_TLSv1|NGX_SSL_TLSv1_1
                                  |NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3));
    ngx_conf_merge_str_value(conf->ssl_ciphers, prev->ssl_ciphers, "DEFAULT");
    ngx_conf_merge_str_value(conf->ssl_name, prev->ssl_name, "");
    ngx_conf_merge_str_value(conf->ssl_trusted_certificate,
                             prev->ssl_trusted_certificate, "");

    if (!own && prev->tls) {
        conf->tls = prev->tls;
        return NGX_OK;
    }

    conf->tls = ngx_pcalloc(cf->pool, sizeof(ngx_zos_tls_t));
    if (conf->tls == NULL) {
        return NGX_ERROR;
    }

    /* what stands in http, or nowhere, is that of all servers */

    if (!own) {
        prev->tls = conf->tls;
    }

    return NGX_OK;
}


/* the context is made where requests are served, if a node has TLS there */

static ngx_int_t
ngx_zos_create_tls(ngx_conf_t *cf, ngx_zos_main_conf_t *zmcf,
    ngx_zos_core0_conf_t *conf)
{
    ngx_uint_t       i, used;
    ngx_zos_node_t  *node;

    node = zmcf->nodes.elts;
    used = conf->ssl;

    for (i = 0; i < zmcf->nodes.nelts; i++) {
        used |= (node[i].ssl == 1);
    }

    if (!used || conf->tls->ssl) {
        return NGX_OK;
    }

    return ngx_zos_tls_create(cf, conf);
}


static char *
ngx_zos_merge_operations(ngx_conf_t *cf, ngx_zos_loc_conf_t *prev,
    ngx_zos_loc_conf_t *conf)
{
    ngx_str_t            *pattern;
    ngx_uint_t            i;
    ngx_zos_main_conf_t  *zmcf;

    if (conf->operations == NGX_CONF_UNSET_PTR) {
        conf->operations = prev->operations;
        conf->allowed = prev->allowed;
        return NGX_CONF_OK;
    }

    zmcf = ngx_http_conf_get_module_main_conf(cf, ngx_zos_module);

    conf->allowed = ngx_pcalloc(cf->pool, zmcf->nops);
    if (conf->allowed == NULL) {
        return NGX_CONF_ERROR;
    }

    pattern = conf->operations->elts;

    if (pattern[0].len && pattern[0].data[0] == '!') {
        ngx_memset(conf->allowed, 1, zmcf->nops);
    }

    for (i = 0; i < conf->operations->nelts; i++) {

        if (!ngx_zos_allow(conf->allowed, &pattern[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "no operation is called \"%V\"", &pattern[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* the number of operations that "name" or "na*" names */

static ngx_uint_t
ngx_zos_allow(u_char *allowed, ngx_str_t *pattern)
{
    size_t               len;
    u_char              *name;
    ngx_uint_t           i, n, matched, out, prefix;
    const ngx_zos_op_t  *op;

    name = pattern->data;
    len = pattern->len;

    out = (len && *name == '!');
    name += out;
    len -= out;

    prefix = (len && name[len - 1] == '*');
    len -= prefix;

    n = 0;
    matched = 0;

    for (i = 0; ngx_zos_ops[i].ops; i++) {
        for (op = ngx_zos_ops[i].ops; op->name.len; op++, n++) {

            if (op->name.len < len
                || ngx_strncmp(op->name.data, name, len) != 0
                || (!prefix && op->name.len != len))
            {
                continue;
            }

            allowed[n] = !out;
            matched++;
        }
    }

    return matched;
}


static char *
ngx_zos_set_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_main_conf_t *zmcf = conf;

    u_char     *p;
    ssize_t     size;
    ngx_str_t  *value, name, s;

    if (zmcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    name = value[1];
    p = (u_char *) ngx_strchr(name.data, ':');

    if (p == NULL || p == name.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\", not \"name:size\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    name.len = p - name.data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is too small", &value[1]);
        return NGX_CONF_ERROR;
    }

    zmcf->zone = ngx_zos_zone_add(cf, &name, size, &ngx_zos_module);

    return zmcf->zone ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_zos_set_operations(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_loc_conf_t *zlcf = conf;

    ngx_str_t   *value, *pattern;
    ngx_uint_t   n;

    n = cf->args->nelts - 1;
    value = cf->args->elts;

    if (zlcf->operations == NGX_CONF_UNSET_PTR) {
        zlcf->operations = ngx_array_create(cf->pool, n, sizeof(ngx_str_t));
        if (zlcf->operations == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    pattern = ngx_array_push_n(zlcf->operations, n);
    if (pattern == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(pattern, &value[1], n * sizeof(ngx_str_t));

    return NGX_CONF_OK;
}


static char *
ngx_zos_set_openapi(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_zos_openapi_handler;

    return NGX_CONF_OK;
}


static char *
ngx_zos_check_auth(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *organization = data;

    return organization->len ? NGX_CONF_OK : "must name an organization";
}


static char *
ngx_zos_check_body_max(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    /* elsewhere that is no limit, and here is none without one */

    return *size ? NGX_CONF_OK : "must not be 0";
}


static char *
ngx_zos_check_ays(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *uri = data;

    if (ngx_strcmp(uri->data, "off") == 0) {
        /* none, and none from an outer level */
        uri->len = 0;
        return NGX_CONF_OK;
    }

    if (uri->len == 0 || *uri->data != '/') {
        return "must be the URI of a location";
    }

    /* paths begin with one */

    while (uri->len && uri->data[uri->len - 1] == '/') {
        uri->len--;
    }

    return uri->len ? NGX_CONF_OK : "must not be the root";
}


static char *
ngx_zos_check_repository(ngx_conf_t *cf, void *post, void *data)
{
    return ngx_zos_check_name(data) == NGX_OK ? NGX_CONF_OK
                                              : "must be a name";
}


/* first [longest] */

static char *
ngx_zos_set_interval(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_loc_conf_t *zlcf = conf;

    ngx_str_t   *value;
    ngx_msec_t  *interval;

    interval = zlcf->ays_run_interval;

    if (interval[0] != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    interval[0] = ngx_parse_time(&value[1], 0);
    interval[1] = ngx_max(interval[0], 2000);

    if (cf->args->nelts == 3) {
        interval[1] = ngx_parse_time(&value[2], 0);
    }

    if (interval[0] == (ngx_msec_t) NGX_ERROR || interval[0] == 0
        || interval[1] == (ngx_msec_t) NGX_ERROR
        || interval[1] < interval[0])
    {
        return "invalid value";
    }

    return NGX_CONF_OK;
}


/* seconds, "2,4,6", as AYS takes them; off; default: AYS has its own */

static char *
ngx_zos_set_retries(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_loc_conf_t *zlcf = conf;

    size_t      i;
    ngx_str_t  *value;

    if (zlcf->ays_retries.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    value++;

    if (ngx_strcmp(value->data, "default") == 0) {
        value->len = 0;

    } else if (ngx_strcmp(value->data, "off") == 0) {
        ngx_str_set(value, "0");
    }

    for (i = 0; i < value->len; i++) {
        if ((value->data[i] < '0' || value->data[i] > '9')
            && (value->data[i] != ',' || i == 0 || i == value->len - 1
                || value->data[i - 1] == ','))
        {
            return "invalid value";
        }
    }

    zlcf->ays_retries = *value;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_zos_init_module(ngx_cycle_t *cycle)
{
    /* before the workers: jansson's own way of seeding is not fork-safe */

    json_object_seed(0);

    ngx_zos_token_init_module(cycle);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_init_process(ngx_cycle_t *cycle)
{
    ngx_zos_main_conf_t  *zmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    ngx_zos_pool_init_worker(cycle);

    zmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_zos_module);

    if (zmcf && zmcf->zone) {
        ngx_zos_zone_init_worker(zmcf->zone);
    }

    ngx_zos_renew_init_worker(cycle);

    return NGX_OK;
}


static void
ngx_zos_exit_process(ngx_cycle_t *cycle)
{
    ngx_zos_pool_close_idle();
    ngx_zos_tokens_free();
    ngx_zos_renew_exit_worker(cycle);
}
