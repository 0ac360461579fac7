
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Gateways as a whole.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_gateway.h>

#include <jansson.h>


static ngx_int_t ngx_zos_gateway_list(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_create(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_container(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_container_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_sweep(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_swept(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_replace(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_complete(ngx_zos_flow_t *f, json_t *stored,
    const char *name);
static ngx_int_t ngx_zos_gateway_by_hand(ngx_zos_flow_t *f, json_t *stored,
    json_t *wanted);
static void ngx_zos_gateway_keep_secrets(json_t *nics, json_t *sent,
    json_t *stored);
static void ngx_zos_gateway_keep(json_t *to, json_t *sent, json_t *from,
    const char *name);
static void ngx_zos_gateway_keep_cloudinit(json_t *hosts, json_t *stored);
static json_t *ngx_zos_gateway_nic(json_t *nics, json_t *like);
static ngx_int_t ngx_zos_gateway_bridge(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_bridge_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_there_found(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_move(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_moved(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_target(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_gateway_target_found(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_list_gateways[] = {
    NGX_ZOS_STEPS_PARENTS,
    ngx_zos_gateway_list,
    ngx_zos_step_show,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_create_gateway[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_FREE,
    ngx_zos_gateway_container,
    ngx_zos_gateway_container_found,
    ngx_zos_gateway_create,
    ngx_zos_gateway_bridge,
    ngx_zos_gateway_bridge_found,
    NGX_ZOS_STEPS_CHANGE,
    NGX_ZOS_STEPS_REMOVE,
    ngx_zos_gateway_sweep,
    ngx_zos_gateway_swept,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_update_gateway[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_gateway_replace,
    ngx_zos_gateway_bridge,
    ngx_zos_gateway_bridge_found,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_delete_gateway[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_step_unused,
    ngx_zos_gateway_container,
    ngx_zos_gateway_there_found,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    NGX_ZOS_STEPS_REMOVE,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_migrate_gateway[] = {
    ngx_zos_step_own,
    NGX_ZOS_STEPS_PARENTS,
    NGX_ZOS_STEPS_SERVICE,
    ngx_zos_gateway_target,
    ngx_zos_gateway_target_found,
    ngx_zos_gateway_move,
    ngx_zos_gateway_bridge,
    ngx_zos_gateway_bridge_found,
    ngx_zos_gateway_moved,
    NGX_ZOS_STEPS_CHANGE,
    ngx_zos_step_outcome,
    ngx_zos_step_location,
    NULL
};


static const ngx_str_t  ngx_zos_gateway_node_param = ngx_string("nodeid");


/* ---- list ---- */

/* one field that AYS does not know fails the whole list */

static ngx_int_t
ngx_zos_gateway_list(ngx_zos_flow_t *f)
{
    ngx_str_t  query;

    if (ngx_zos_ays_path(f, &query, "parent=%V!%V&fields=domain,nics,"
                         "portforwards,httpproxies%s",
                         &ngx_zos_role(f, NGX_ZOS_ROLE_NODE)->actor,
                         ngx_zos_flow_arg(f, &ngx_zos_gateway_node_param),
                         f->conf->ays_templates == NGX_ZOS_2018
                         ? ",zerotiernodeid" : "")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_list(f, NGX_ZOS_ROLE_GATEWAY, &query);
}


/* ---- create ---- */

/* a gateway is in a container of its name, which must not be another's */

static ngx_int_t
ngx_zos_gateway_container(ngx_zos_flow_t *f)
{
    ngx_str_t  name;

    if (ngx_zos_target_name(f, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_CONTAINER, &name);
}


static ngx_int_t
ngx_zos_gateway_container_found(ngx_zos_flow_t *f)
{
    ngx_int_t  rc;
    ngx_str_t  name;

    rc = ngx_zos_ays_result(f, NULL);

    if (rc == NGX_DECLINED) {
        return NGX_OK;
    }

    if (rc != NGX_OK || ngx_zos_target_name(f, &name) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "exists",
                        "the cluster has a container \"%V\" already, and a "
                        "gateway needs one of its own name", &name);
}


static ngx_int_t
ngx_zos_gateway_create(ngx_zos_flow_t *f)
{
    json_t             *body;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_new(f);
    body = ngx_zos_gateway_body(f);

    if (gw == NULL || body == NULL) {
        return NGX_ERROR;
    }

    json_object_set_new(gw->wanted, "httpproxies", json_array());
    json_object_set_new(gw->wanted, "portforwards", json_array());
    json_object_set_new(gw->wanted, "advanced", json_false());

    json_object_update(gw->wanted, body);
    json_object_del(gw->wanted, "name");

    return NGX_OK;
}


/* what the gateway has made for itself goes with it, or nobody may retry */

static ngx_int_t
ngx_zos_gateway_sweep(ngx_zos_flow_t *f)
{
    ngx_str_t          path;
    ngx_zos_change_t  *change;

    change = f->ays->change;

    if (!change->failed || !change->executed || change->foreign) {
        f->step++;
        return NGX_OK;
    }

    if (ngx_zos_ays_path(f, &path, "/service/%V/%V",
                         &ngx_zos_role(f, NGX_ZOS_ROLE_CONTAINER)->role,
                         &change->name)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_zos_ays_call(f, NGX_HTTP_DELETE, &path, NULL, NULL);
}


static ngx_int_t
ngx_zos_gateway_swept(ngx_zos_flow_t *f)
{
    ngx_uint_t  status;

    status = ngx_zos_ays_status(f);

    if (status != NGX_HTTP_NO_CONTENT && status != NGX_HTTP_OK
        && status != NGX_HTTP_NOT_FOUND)
    {
        ngx_log_error(NGX_LOG_WARN, f->request->connection->log, 0,
                      "zos: the container of \"%V\" could not be removed from "
                      "AYS after the gateway could not be created",
                      &f->ays->change->name);
    }

    return NGX_OK;
}


/* ---- update ---- */

static ngx_int_t
ngx_zos_gateway_replace(ngx_zos_flow_t *f)
{
    json_t             *body, *stored;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);
    stored = ngx_zos_service_data(f);
    body = ngx_zos_gateway_body(f);

    if (gw == NULL || stored == NULL || body == NULL) {
        return NGX_ERROR;
    }

    if (ngx_zos_gateway_complete(f, stored, "httpproxies") != NGX_OK
        || ngx_zos_gateway_complete(f, stored, "portforwards") != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_gateway_keep_secrets(json_object_get(body, "nics"),
                                 ngx_zos_body(f, "nics"),
                                 json_object_get(stored, "nics"));

    json_object_update(gw->wanted, body);

    if (json_is_true(json_object_get(gw->wanted, "advanced"))
        && ngx_zos_gateway_by_hand(f, stored, gw->wanted) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return json_array_size(json_object_get(stored, "httpproxies"))
           ? ngx_zos_gateway_last_proxy(f) : NGX_OK;
}


/* nobody means to remove what he did not think of */

static ngx_int_t
ngx_zos_gateway_complete(ngx_zos_flow_t *f, json_t *stored, const char *name)
{
    if (ngx_zos_body(f, name)
        || json_array_size(json_object_get(stored, name)) == 0)
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                        "%s must be there, as the gateway has some; [] "
                        "removes them", name);
}


static ngx_int_t
ngx_zos_gateway_by_hand(ngx_zos_flow_t *f, json_t *stored, json_t *wanted)
{
    ngx_uint_t    i;
    json_t       *one, *two;

    static const char  *names[] = { "httpproxies", "portforwards", NULL };

    for (i = 0; names[i]; i++) {
        one = json_object_get(stored, names[i]);
        two = json_object_get(wanted, names[i]);

        if (!ngx_zos_gateway_covers(one, two)
            || (json_is_array(one) && !ngx_zos_gateway_covers(two, one)))
        {
            return ngx_zos_gateway_regular(f);
        }
    }

    return NGX_OK;
}


/*
 * Callers do not see secrets, and so can't send them back.  An empty one is
 * not in what AYS is to have, but says that there is to be none.
 */

static void
ngx_zos_gateway_keep_secrets(json_t *nics, json_t *sent, json_t *stored)
{
    size_t       i;
    json_t      *nic, *old, *one;
    const char  *bridge = "zerotierbridge";

    json_array_foreach(nics, i, nic) {
        one = json_array_get(sent, i);
        old = ngx_zos_gateway_nic(stored, nic);

        ngx_zos_gateway_keep(nic, one, old, "token");

        if (ngx_strcmp(ngx_zos_gateway_text(json_object_get(nic, bridge),
                                            "id"),
                       ngx_zos_gateway_text(json_object_get(old, bridge),
                                            "id"))
            == 0)
        {
            ngx_zos_gateway_keep(json_object_get(nic, bridge),
                                 json_object_get(one, bridge),
                                 json_object_get(old, bridge), "token");
        }

        ngx_zos_gateway_keep_cloudinit(
            json_object_get(json_object_get(nic, "dhcpserver"), "hosts"),
            json_object_get(json_object_get(old, "dhcpserver"), "hosts"));
    }
}


static void
ngx_zos_gateway_keep(json_t *to, json_t *sent, json_t *from, const char *name)
{
    json_t  *value;

    value = json_object_get(from, name);

    if (value && !json_is_string(json_object_get(sent, name))
        && json_object_get(to, name) == NULL)
    {
        json_object_set(to, name, value);
    }
}


static void
ngx_zos_gateway_keep_cloudinit(json_t *hosts, json_t *stored)
{
    size_t       i, j;
    json_t      *host, *old;
    const char  *mac;

    json_array_foreach(hosts, i, host) {
        mac = ngx_zos_gateway_text(host, "macaddress");

        json_array_foreach(stored, j, old) {
            if (ngx_strcasecmp((u_char *) ngx_zos_gateway_text(old,
                                                               "macaddress"),
                               (u_char *) mac)
                == 0)
            {
                ngx_zos_gateway_keep(host, NULL, old, "cloudinit");
                break;
            }
        }
    }
}


/* the one that has been this one before */

static json_t *
ngx_zos_gateway_nic(json_t *nics, json_t *like)
{
    size_t       i, j;
    json_t      *nic;

    static const char  *names[] = { "name", "type", "id", NULL };

    json_array_foreach(nics, i, nic) {

        for (j = 0; names[j]; j++) {
            if (ngx_strcmp(ngx_zos_gateway_text(nic, names[j]),
                           ngx_zos_gateway_text(like, names[j]))
                != 0)
            {
                break;
            }
        }

        if (names[j] == NULL) {
            return nic;
        }
    }

    return NULL;
}


/* ---- bridges ---- */

static ngx_int_t
ngx_zos_gateway_bridge(ngx_zos_flow_t *f)
{
    json_t             *nic;
    ngx_str_t           name;
    ngx_zos_gateway_t  *gw;

    gw = f->ctx;

    for ( ;; gw->nic++) {
        nic = json_array_get(json_object_get(gw->wanted, "nics"), gw->nic);

        if (nic == NULL) {
            f->step++;
            return NGX_OK;
        }

        if (ngx_strcmp(ngx_zos_gateway_text(nic, "type"), "bridge") == 0) {
            break;
        }
    }

    name.data = (u_char *) ngx_zos_gateway_text(nic, "id");
    name.len = ngx_strlen(name.data);

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_BRIDGE, &name);
}


static ngx_int_t
ngx_zos_gateway_bridge_found(ngx_zos_flow_t *f)
{
    json_t             *nic;
    ngx_int_t           rc;
    ngx_str_t           name, bridge;
    ngx_zos_gateway_t  *gw;

    gw = f->ctx;
    nic = json_array_get(json_object_get(gw->wanted, "nics"), gw->nic);

    name.data = (u_char *) ngx_zos_gateway_text(nic, "id");
    name.len = ngx_strlen(name.data);

    rc = ngx_zos_ays_result(f, &bridge);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED || !ngx_zos_ays_is(&bridge, &name, &gw->node)) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "nics[%uz] needs a bridge \"%V\" on node \"%V\"",
                            gw->nic, &name, &gw->node);
    }

    gw->nic++;

    return ngx_zos_flow_goto(f, ngx_zos_gateway_bridge, 0);
}


/* ---- delete ---- */

/* the container was removed by itself: there is nothing to uninstall */

static ngx_int_t
ngx_zos_gateway_there_found(ngx_zos_flow_t *f)
{
    ngx_int_t  rc;

    rc = ngx_zos_ays_result(f, NULL);

    if (rc == NGX_DECLINED) {
        return ngx_zos_change_skip(f, ngx_zos_step_remove);
    }

    return rc;
}


/* ---- migrate ---- */

static ngx_int_t
ngx_zos_gateway_target(ngx_zos_flow_t *f)
{
    ngx_str_t  node;

    static const ngx_str_t  format = ngx_string("{body.node}");

    if (ngx_zos_text(f, &format, &node) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_ays_get(f, NGX_ZOS_ROLE_NODE, &node);
}


static ngx_int_t
ngx_zos_gateway_target_found(ngx_zos_flow_t *f)
{
    ngx_int_t  rc;

    rc = ngx_zos_ays_result(f, NULL);

    if (rc == NGX_DECLINED) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad body",
                            "node \"%s\" is not known to AYS",
                            json_string_value(ngx_zos_body(f, "node")));
    }

    return rc;
}


static ngx_int_t
ngx_zos_gateway_move(ngx_zos_flow_t *f)
{
    json_t             *node;
    ngx_str_t           name;
    ngx_zos_gateway_t  *gw;

    gw = ngx_zos_gateway_stored(f);
    if (gw == NULL) {
        return NGX_ERROR;
    }

    node = ngx_zos_body(f, "node");
    name.data = (u_char *) json_string_value(node);
    name.len = json_string_length(node);

    if (name.len == gw->node.len
        && ngx_memcmp(name.data, gw->node.data, name.len) == 0)
    {
        /* it is there */
        return ngx_zos_change_skip(f, ngx_zos_step_outcome);
    }

    gw->node = name;

    return NGX_OK;
}


/* nothing else changes, whatever the templates make of that */

static ngx_int_t
ngx_zos_gateway_moved(ngx_zos_flow_t *f)
{
    ngx_zos_gateway_t  *gw;

    gw = f->ctx;

    json_object_clear(gw->wanted);
    json_object_set_new(gw->wanted, "node",
                        json_stringn((char *) gw->node.data, gw->node.len));

    return NGX_OK;
}
