
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Members of a gateway's lists, one by one: forwards and proxies.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_gateway.h>

#include <jansson.h>


static ngx_int_t ngx_zos_forward_add(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_forward_merge(ngx_zos_flow_t *f, json_t *forward,
    json_t *body);
static ngx_int_t ngx_zos_forward_delete(ngx_zos_flow_t *f);
static json_t *ngx_zos_forward_find(json_t *list, in_addr_t addr,
    json_int_t port, size_t *n);
static ngx_int_t ngx_zos_forward_location(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_proxy_add(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_proxy_delete(ngx_zos_flow_t *f);
static json_t *ngx_zos_proxy_find(json_t *list, const char *host, size_t *n);
static ngx_int_t ngx_zos_proxy_location(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_add_forward[] = {
    NGX_ZOS_STEPS_GATEWAY_CHANGE(ngx_zos_forward_add),
    ngx_zos_forward_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_forward[] = {
    NGX_ZOS_STEPS_GATEWAY_CHANGE(ngx_zos_forward_delete),
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_add_proxy[] = {
    NGX_ZOS_STEPS_GATEWAY_CHANGE(ngx_zos_proxy_add),
    ngx_zos_proxy_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_proxy[] = {
    NGX_ZOS_STEPS_GATEWAY_CHANGE(ngx_zos_proxy_delete),
    NULL
};


static const ngx_str_t  ngx_zos_forward_id = ngx_string("forwardid");
static const ngx_str_t  ngx_zos_proxy_id = ngx_string("proxyid");


/* ---- forwards ---- */

static ngx_int_t
ngx_zos_forward_add(ngx_zos_flow_t *f)
{
    json_t             *list, *forward, *body;
    const char         *ip;
    json_int_t          port;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);
    body = ngx_zos_gateway_body(f);

    if (gw == NULL || body == NULL || ngx_zos_gateway_regular(f) != NGX_OK) {
        return NGX_ERROR;
    }

    list = json_object_get(gw->wanted, "portforwards");

    ip = ngx_zos_gateway_text(body, "srcip");
    port = json_integer_value(json_object_get(body, "srcport"));

    forward = ngx_zos_forward_find(list,
                                   ngx_inet_addr((u_char *) ip,
                                                 ngx_strlen(ip)),
                                   port, NULL);
    if (forward) {
        return ngx_zos_forward_merge(f, forward, body);
    }

    json_array_append(list, body);

    return NGX_OK;
}


/* one more protocol for what is forwarded already */

static ngx_int_t
ngx_zos_forward_merge(ngx_zos_flow_t *f, json_t *forward, json_t *body)
{
    size_t       i, j;
    json_t      *added, *protocols, *one, *two;
    const char  *ip;
    json_int_t   port;

    ip = ngx_zos_gateway_text(forward, "dstip");
    port = json_integer_value(json_object_get(forward, "dstport"));

    if (!ngx_zos_gateway_same_ip(ip, ngx_zos_gateway_text(body, "dstip"))
        || port != json_integer_value(json_object_get(body, "dstport")))
    {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                            "this address and port are forwarded to %s:%L "
                            "already", ip, (int64_t) port);
    }

    added = json_object_get(body, "protocols");
    protocols = json_object_get(forward, "protocols");

    json_array_foreach(added, i, one) {
        json_array_foreach(protocols, j, two) {
            if (json_equal(one, two)) {
                return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                                    "this address and port are forwarded for "
                                    "%s already", json_string_value(one));
            }
        }
    }

    if (!json_is_array(protocols)) {
        json_object_set(forward, "protocols", added);
    } else {
        json_array_extend(protocols, added);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_forward_delete(ngx_zos_flow_t *f)
{
    size_t              n;
    u_char             *colon, *last;
    json_t             *list;
    ngx_str_t          *id;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);

    if (gw == NULL || ngx_zos_gateway_regular(f) != NGX_OK) {
        return NGX_ERROR;
    }

    id = ngx_zos_flow_arg(f, &ngx_zos_forward_id);
    list = json_object_get(gw->wanted, "portforwards");

    last = id->data + id->len;
    colon = ngx_strlchr(id->data, last, ':');

    if (ngx_zos_forward_find(list, ngx_inet_addr(id->data, colon - id->data),
                             ngx_atoi(colon + 1, last - colon - 1), &n)
        == NULL)
    {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "the gateway has no forward \"%V\"", id);
    }

    json_array_remove(list, n);

    return NGX_OK;
}


static json_t *
ngx_zos_forward_find(json_t *list, in_addr_t addr, json_int_t port, size_t *n)
{
    size_t       i;
    json_t      *forward;
    const char  *ip;

    json_array_foreach(list, i, forward) {
        ip = ngx_zos_gateway_text(forward, "srcip");

        if (json_integer_value(json_object_get(forward, "srcport")) == port
            && ngx_inet_addr((u_char *) ip, ngx_strlen(ip)) == addr)
        {
            if (n) {
                *n = i;
            }

            return forward;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_zos_forward_location(ngx_zos_flow_t *f)
{
    u_char     *p;
    ngx_str_t   location;

    static const ngx_str_t  format =
            ngx_string("/nodes/{nodeid}/gws/{gwname}/firewall/forwards"
                       "/{body.srcip}:");

    if (ngx_zos_text(f, &format, &location) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(f->request->pool, location.len + NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    f->location.data = p;

    p = ngx_sprintf(p, "%V%L", &location,
                    (int64_t) json_integer_value(ngx_zos_body(f, "srcport")));

    f->location.len = p - f->location.data;

    return NGX_OK;
}


/* ---- proxies ---- */

ngx_uint_t
ngx_zos_proxy_skip(ngx_zos_flow_t *f, ngx_str_t *proxy)
{
    ngx_str_t  value, *host;

    static const ngx_str_t  path = ngx_string("host");

    host = ngx_zos_flow_arg(f, &ngx_zos_proxy_id);

    return ngx_zos_json_get(proxy, &path, &value) != NGX_OK
           || ngx_zos_json_string(f->request->pool, &value, &value) != NGX_OK
           || value.len != host->len
           || ngx_strncasecmp(value.data, host->data, host->len) != 0;
}


static ngx_int_t
ngx_zos_proxy_add(ngx_zos_flow_t *f)
{
    json_t             *list, *body;
    const char         *host;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);
    body = ngx_zos_gateway_body(f);

    if (gw == NULL || body == NULL || ngx_zos_gateway_regular(f) != NGX_OK) {
        return NGX_ERROR;
    }

    list = json_object_get(gw->wanted, "httpproxies");
    host = ngx_zos_gateway_text(body, "host");

    if (ngx_zos_proxy_find(list, host, NULL)) {
        return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                            "the gateway has a proxy for \"%s\" already",
                            host);
    }

    json_array_append(list, body);

    return NGX_OK;
}


static ngx_int_t
ngx_zos_proxy_delete(ngx_zos_flow_t *f)
{
    char               *host;
    size_t              n;
    json_t             *list;
    ngx_str_t          *id;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);

    if (gw == NULL || ngx_zos_gateway_regular(f) != NGX_OK) {
        return NGX_ERROR;
    }

    id = ngx_zos_flow_arg(f, &ngx_zos_proxy_id);
    list = json_object_get(gw->wanted, "httpproxies");

    host = ngx_pnalloc(f->request->pool, id->len + 1);
    if (host == NULL) {
        return NGX_ERROR;
    }

    ngx_cpystrn((u_char *) host, id->data, id->len + 1);

    if (ngx_zos_proxy_find(list, host, &n) == NULL) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent", "%V",
                            &ngx_zos_proxy_view.absent);
    }

    json_array_remove(list, n);

    return ngx_zos_gateway_last_proxy(f);
}


static json_t *
ngx_zos_proxy_find(json_t *list, const char *host, size_t *n)
{
    size_t   i;
    json_t  *proxy;

    json_array_foreach(list, i, proxy) {
        if (ngx_zos_gateway_same_host(ngx_zos_gateway_text(proxy, "host"),
                                      host))
        {
            if (n) {
                *n = i;
            }

            return proxy;
        }
    }

    return NULL;
}


/* a host may have a port or a path */

static ngx_int_t
ngx_zos_proxy_location(ngx_zos_flow_t *f)
{
    size_t      len;
    u_char     *p;
    ngx_str_t   base, host;

    static const ngx_str_t  format =
                ngx_string("/nodes/{nodeid}/gws/{gwname}/httpproxies/");
    static const ngx_str_t  host_format = ngx_string("{body.host}");

    if (ngx_zos_text(f, &format, &base) != NGX_OK
        || ngx_zos_text(f, &host_format, &host) != NGX_OK)
    {
        return NGX_ERROR;
    }

    len = base.len + host.len
          + 2 * ngx_escape_uri(NULL, host.data, host.len,
                               NGX_ESCAPE_URI_COMPONENT);

    p = ngx_pnalloc(f->request->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    f->location.data = p;
    f->location.len = len;

    p = ngx_cpymem(p, base.data, base.len);
    ngx_escape_uri(p, host.data, host.len, NGX_ESCAPE_URI_COMPONENT);

    return NGX_OK;
}
