
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The modules that a request of ngx_zos meets; configure writes such a file
 * for an nginx.
 */


#include <ngx_config.h>
#include <ngx_core.h>


extern ngx_module_t  ngx_core_module;
extern ngx_module_t  ngx_errlog_module;
extern ngx_module_t  ngx_conf_module;
extern ngx_module_t  ngx_openssl_module;
extern ngx_module_t  ngx_regex_module;
extern ngx_module_t  ngx_events_module;
extern ngx_module_t  ngx_event_core_module;
extern ngx_module_t  ngx_epoll_module;
extern ngx_module_t  ngx_http_module;
extern ngx_module_t  ngx_http_core_module;
extern ngx_module_t  ngx_http_upstream_module;
extern ngx_module_t  ngx_http_ssl_module;
extern ngx_module_t  ngx_http_v2_module;
extern ngx_module_t  ngx_http_write_filter_module;
extern ngx_module_t  ngx_http_header_filter_module;
extern ngx_module_t  ngx_zos_module;


ngx_module_t  *ngx_modules[] = {
    &ngx_core_module,
    &ngx_errlog_module,
    &ngx_conf_module,
    &ngx_openssl_module,
    &ngx_regex_module,
    &ngx_events_module,
    &ngx_event_core_module,
    &ngx_epoll_module,
    &ngx_http_module,
    &ngx_http_core_module,
    &ngx_http_upstream_module,
    &ngx_http_ssl_module,
    &ngx_http_v2_module,
    &ngx_http_write_filter_module,
    &ngx_http_header_filter_module,
    &ngx_zos_module,
    NULL
};

char  *ngx_module_names[] = {
    "ngx_core_module",
    "ngx_errlog_module",
    "ngx_conf_module",
    "ngx_openssl_module",
    "ngx_regex_module",
    "ngx_events_module",
    "ngx_event_core_module",
    "ngx_epoll_module",
    "ngx_http_module",
    "ngx_http_core_module",
    "ngx_http_upstream_module",
    "ngx_http_ssl_module",
    "ngx_http_v2_module",
    "ngx_http_write_filter_module",
    "ngx_http_header_filter_module",
    "ngx_zos_module",
    NULL
};
