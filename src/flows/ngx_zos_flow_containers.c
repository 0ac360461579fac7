
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * From the name of a container to its number on the node.
 *
 * Numbers start again when a node reboots, so a number that was right once
 * may be another container by now.  Reading may use one that is remembered;
 * what changes something asks the node first, and sends the command over the
 * very connection that gave the answer.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


#define NGX_ZOS_CONTAINER_RETRIES  3


typedef enum {
    NGX_ZOS_CONTAINER_NONE = 0,
    NGX_ZOS_CONTAINER_ANY_TAG,       /* a host name is a tag, too */
    NGX_ZOS_CONTAINER_FIRST_TAG,
    NGX_ZOS_CONTAINER_NAME
} ngx_zos_container_match_e;


static ngx_str_t *ngx_zos_container_name(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_container_place(ngx_zos_flow_t *f,
    ngx_str_t *place);
static ngx_uint_t ngx_zos_container_find(ngx_zos_flow_t *f, ngx_str_t *name);
static ngx_uint_t ngx_zos_container_matches(ngx_str_t *container,
    ngx_str_t *name);
static ngx_uint_t ngx_zos_container_is(ngx_str_t *value, ngx_str_t *name);


/* a gateway is in a container of its name */

static ngx_str_t *
ngx_zos_container_name(ngx_zos_flow_t *f)
{
    ngx_str_t  *name;

    static const ngx_str_t  param = ngx_string("containername");
    static const ngx_str_t  gateway = ngx_string("gwname");

    name = ngx_zos_flow_arg(f, &param);

    return name ? name : ngx_zos_flow_arg(f, &gateway);
}


ngx_int_t
ngx_zos_step_container(ngx_zos_flow_t *f)
{
    ngx_str_t   *name, place;
    ngx_uint_t   number;

    static const ngx_str_t  command = ngx_string("corex.list");
    static const ngx_str_t  args = ngx_string("{}");

    f->container = 0;

    name = ngx_zos_container_name(f);

    if (name == NULL) {
        return NGX_OK;
    }

    /* once bitten, a reader goes the same safe way */

    if ((f->op->flags & NGX_ZOS_OP_CHANGES) || f->retries) {
        f->keep = 1;

    } else {

        if (ngx_zos_container_place(f, &place) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_zos_zone_container(f->peer.zone, &f->peer.node, &place, name,
                                   &number, &f->epoch)
            == NGX_OK)
        {
            f->container = number;
            return NGX_OK;
        }
    }

    return ngx_zos_flow_call(f, &command, &args);
}


/* two nodes may have one address in turn, and one node two */

static ngx_int_t
ngx_zos_container_place(ngx_zos_flow_t *f, ngx_str_t *place)
{
    place->len = f->peer.node.len + 1 + f->peer.address.len;
    place->data = ngx_pnalloc(f->request->pool, place->len);

    if (place->data == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(place->data, "%V/%V", &f->peer.node, &f->peer.address);

    return NGX_OK;
}


ngx_int_t
ngx_zos_step_container_found(ngx_zos_flow_t *f)
{
    ngx_str_t  *name, place;

    name = ngx_zos_container_name(f);

    if (name == NULL || f->container) {
        return NGX_OK;
    }

    /* an empty map of Go is null */

    if (f->call->error == NGX_ZOS_OK && f->call->result.level == 20
        && ngx_zos_json_type(&f->call->result.data) == NGX_ZOS_JSON_NULL)
    {
        ngx_str_set(&f->call->result.data, "{}");
    }

    if (ngx_zos_flow_expect(f, NGX_ZOS_JSON_OBJECT) != NGX_OK) {
        return NGX_ERROR;
    }

    f->epoch = ngx_zos_zone_epoch(f->peer.zone, &f->peer.node);
    f->container = ngx_zos_container_find(f, name);
    f->keep = 0;

    if (f->container == 0) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "there is no container \"%V\" on node \"%V\"",
                            name, &f->peer.node);
    }

    if (ngx_zos_container_place(f, &place) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_zone_set_container(f->peer.zone, &f->peer.node, &place, name,
                               f->container, f->epoch);

    return NGX_OK;
}


static ngx_uint_t
ngx_zos_container_find(ngx_zos_flow_t *f, ngx_str_t *name)
{
    ngx_int_t            n;
    ngx_str_t            key, container;
    ngx_uint_t           number, match, best;
    ngx_zos_json_iter_t  it;

    best = NGX_ZOS_CONTAINER_NONE;
    number = 0;

    ngx_zos_json_iter(&it, &f->call->result.data);

    while (ngx_zos_json_next(&it, &key, &container) == NGX_OK) {

        n = ngx_atoi(key.data, key.len);

        if (n < 1 || n > 65535
            || ngx_zos_json_type(&container) != NGX_ZOS_JSON_OBJECT)
        {
            continue;
        }

        match = ngx_zos_container_matches(&container, name);

        if (match > best) {
            best = match;
            number = (ngx_uint_t) n;
        }
    }

    return number;
}


static ngx_uint_t
ngx_zos_container_matches(ngx_str_t *container, ngx_str_t *name)
{
    ngx_str_t            key, value, tag;
    ngx_uint_t           i;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  name_path =
                                     ngx_string("container.arguments.name");
    static const ngx_str_t  tags_path =
                                     ngx_string("container.arguments.tags");

    /* newer nodes have a name; then a tag says nothing */

    if (ngx_zos_json_get(container, &name_path, &value) == NGX_OK
        && value.len > 2)
    {
        return ngx_zos_container_is(&value, name) ? NGX_ZOS_CONTAINER_NAME
                                                  : NGX_ZOS_CONTAINER_NONE;
    }

    if (ngx_zos_json_get(container, &tags_path, &value) != NGX_OK
        || ngx_zos_json_type(&value) != NGX_ZOS_JSON_ARRAY)
    {
        return NGX_ZOS_CONTAINER_NONE;
    }

    ngx_zos_json_iter(&it, &value);

    for (i = 0; ngx_zos_json_next(&it, &key, &tag) == NGX_OK; i++) {

        if (ngx_zos_container_is(&tag, name)) {
            return i == 0 ? NGX_ZOS_CONTAINER_FIRST_TAG
                          : NGX_ZOS_CONTAINER_ANY_TAG;
        }
    }

    return NGX_ZOS_CONTAINER_NONE;
}


/* a name has no character that JSON would escape */

static ngx_uint_t
ngx_zos_container_is(ngx_str_t *value, ngx_str_t *name)
{
    return value->len == name->len + 2 && *value->data == '"'
           && ngx_memcmp(value->data + 1, name->data, name->len) == 0;
}


ngx_uint_t
ngx_zos_container_stale(ngx_zos_flow_t *f)
{
    if (f->committed || f->retries == NGX_ZOS_CONTAINER_RETRIES) {
        return 0;
    }

    if (f->call->error == NGX_ZOS_STALE) {
        /* nothing has been sent */
        f->retries++;
        return 1;
    }

    if (!ngx_zos_container_unknown(f)) {
        return 0;
    }

    f->retries = NGX_ZOS_CONTAINER_RETRIES;

    ngx_zos_zone_forget(f->peer.zone, &f->peer.node);

    return 1;
}


ngx_uint_t
ngx_zos_container_unknown(ngx_zos_flow_t *f)
{
    return ngx_zos_flow_says(f, "container does not exist")
           || ngx_zos_flow_says(f, "invalid container id");
}


ngx_uint_t
ngx_zos_container_gone(ngx_zos_flow_t *f)
{
    ngx_str_t  *name;

    name = ngx_zos_container_name(f);

    if (ngx_zos_container_unknown(f)) {
        (void) ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "there is no container \"%V\" on node \"%V\" "
                            "any more", name, &f->peer.node);
        return 1;
    }

    if (ngx_zos_flow_says(f, "failed to dispatch command")) {
        (void) ngx_zos_fail(f, NGX_HTTP_GATEWAY_TIME_OUT, "not accepted",
                            "container \"%V\" did not take the command",
                            name);
        return 1;
    }

    return 0;
}
