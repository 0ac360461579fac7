
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The nodes that the configuration names.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


#define NGX_ZOS_NODE_PORT  6379


static char *ngx_zos_dir_address(ngx_conf_t *cf, ngx_zos_node_t *node,
    ngx_str_t *address);
static char *ngx_zos_dir_option(ngx_conf_t *cf, ngx_zos_node_t *node,
    ngx_str_t *option);
static int ngx_libc_cdecl ngx_zos_dir_compare(const void *one,
    const void *two);


/* zos_node id address[:port] [password=...] [ssl=on|off] [hostname=...] */

char *
ngx_zos_dir_add(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_zos_main_conf_t *zmcf = conf;

    char            *rv;
    ngx_str_t       *value;
    ngx_uint_t       i;
    ngx_zos_node_t  *node, *nodes;

    value = cf->args->elts;

    if (ngx_zos_check_name(&value[1]) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid node id \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    nodes = zmcf->nodes.elts;

    for (i = 0; i < zmcf->nodes.nelts; i++) {
        if (nodes[i].id.len == value[1].len
            && ngx_memcmp(nodes[i].id.data, value[1].data, value[1].len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate node \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    node = ngx_array_push(&zmcf->nodes);
    if (node == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(node, sizeof(ngx_zos_node_t));

    node->id = value[1];
    node->hostname = value[1];
    node->ssl = NGX_CONF_UNSET;

    rv = ngx_zos_dir_address(cf, node, &value[2]);

    for (i = 3; i < cf->args->nelts && rv == NGX_CONF_OK; i++) {
        rv = ngx_zos_dir_option(cf, node, &value[i]);
    }

    return rv;
}


static char *
ngx_zos_dir_address(ngx_conf_t *cf, ngx_zos_node_t *node, ngx_str_t *address)
{
    ngx_url_t  u;
    u_char     buffer[16];

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *address;
    u.default_port = NGX_ZOS_NODE_PORT;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in address \"%V\"",
                           u.err ? u.err : "error", address);
        return NGX_CONF_ERROR;
    }

    if (u.naddrs == 0 || u.uri.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address \"%V\"", address);
        return NGX_CONF_ERROR;
    }

    node->addrs = u.addrs;
    node->naddrs = u.naddrs;
    node->port = u.port;
    node->host = u.host;
    node->address = u.host;

    if (u.family == AF_UNIX) {
        ngx_str_null(&node->host);
        node->address = *address;
        return NGX_CONF_OK;
    }

    if (u.host.len > 2 && u.host.data[0] == '[') {
        node->host.data++;
        node->host.len -= 2;
        node->address = node->host;
        return NGX_CONF_OK;
    }

    node->named = (ngx_inet_addr(u.host.data, u.host.len) == INADDR_NONE
                   && ngx_inet6_addr(u.host.data, u.host.len, buffer)
                      != NGX_OK);

    return NGX_CONF_OK;
}


static char *
ngx_zos_dir_option(ngx_conf_t *cf, ngx_zos_node_t *node, ngx_str_t *option)
{
    ngx_str_t  value;

    value = *option;

    if (ngx_strncmp(value.data, "password=", 9) == 0) {
        node->password.data = value.data + 9;
        node->password.len = value.len - 9;

    } else if (ngx_strncmp(value.data, "hostname=", 9) == 0) {
        node->hostname.data = value.data + 9;
        node->hostname.len = value.len - 9;

    } else if (ngx_strcmp(value.data, "ssl=on") == 0) {
        node->ssl = 1;

    } else if (ngx_strcmp(value.data, "ssl=off") == 0) {
        node->ssl = 0;

    } else {
        /* its value may be a misspelled password's */

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%*s\"",
                           strcspn((char *) value.data, "="), value.data);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* by id, which is the order that lists have and look-ups need */

void
ngx_zos_dir_sort(ngx_zos_main_conf_t *zmcf)
{
    ngx_qsort(zmcf->nodes.elts, zmcf->nodes.nelts, sizeof(ngx_zos_node_t),
              ngx_zos_dir_compare);
}


static int ngx_libc_cdecl
ngx_zos_dir_compare(const void *one, const void *two)
{
    ngx_int_t              rc;
    const ngx_zos_node_t  *a, *b;

    a = one;
    b = two;

    rc = ngx_memcmp(a->id.data, b->id.data, ngx_min(a->id.len, b->id.len));

    if (rc == 0) {
        rc = a->id.len < b->id.len ? -1 : a->id.len > b->id.len;
    }

    return (int) rc;
}


ngx_zos_node_t *
ngx_zos_dir_find(ngx_zos_main_conf_t *zmcf, ngx_str_t *id)
{
    ngx_zos_node_t  key;

    /* nothing else of it is compared */

    key.id = *id;

    /* cppcheck-suppress uninitvar */
    return bsearch(&key, zmcf->nodes.elts, zmcf->nodes.nelts,
                   sizeof(ngx_zos_node_t), ngx_zos_dir_compare);
}
