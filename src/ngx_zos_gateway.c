
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The state that a change of a gateway is after, as a blueprint, and compared
 * with what has become of it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_change.h>
#include <ngx_zos_gateway.h>

#include <jansson.h>


static ngx_uint_t ngx_zos_gateway_covers_list(json_t *stored, json_t *wanted);


ngx_zos_gateway_t *
ngx_zos_gateway_new(ngx_zos_flow_t *f)
{
    ngx_zos_gateway_t       *gw;

    static const ngx_str_t   node = ngx_string("nodeid");

    gw = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_gateway_t));
    if (gw == NULL) {
        return NULL;
    }

    gw->node = *ngx_zos_flow_arg(f, &node);
    gw->wanted = ngx_zos_keep_json(f, json_object());

    if (gw->wanted == NULL) {
        return NULL;
    }

    json_object_set_new(gw->wanted, "node",
                        json_stringn((char *) gw->node.data, gw->node.len));

    f->ctx = gw;

    return gw;
}


ngx_zos_gateway_t *
ngx_zos_gateway_stored(ngx_zos_flow_t *f)
{
    json_t             *data, *value;
    ngx_uint_t          i;
    ngx_zos_gateway_t  *gw;

    static const char  *names[] = {
        "nics", "httpproxies", "portforwards", NULL
    };

    data = ngx_zos_service_data(f);
    gw = ngx_zos_gateway_new(f);

    if (data == NULL || gw == NULL) {
        return NULL;
    }

    value = json_object_get(data, "node");

    if (json_is_string(value) && json_string_length(value)) {
        /* another one would be a migration */
        json_object_set(gw->wanted, "node", value);
    }

    for (i = 0; names[i]; i++) {
        value = json_object_get(data, names[i]);

        if (json_is_array(value)) {
            json_object_set(gw->wanted, names[i], value);

        } else {
            json_object_set_new(gw->wanted, names[i], json_array());
        }
    }

    json_object_set_new(gw->wanted, "domain",
                        json_string(ngx_zos_gateway_text(data, "domain")));
    json_object_set_new(gw->wanted, "advanced",
                        json_boolean(json_is_true(json_object_get(data,
                                                               "advanced"))));

    return gw;
}


json_t *
ngx_zos_gateway_body(ngx_zos_flow_t *f)
{
    json_t                 *body, *value;
    const ngx_zos_field_t  *field;

    body = ngx_zos_keep_json(f, json_object());

    for (field = f->op->body; body && field->name.len; field++) {
        value = ngx_zos_body_clean(f, (char *) field->name.data);

        if (value
            && json_object_set(body, (char *) field->name.data, value) != 0)
        {
            f->lacking = 1;
        }
    }

    return body;
}


const char *
ngx_zos_gateway_text(json_t *object, const char *name)
{
    const char  *text;

    text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}


ngx_uint_t
ngx_zos_gateway_same_ip(const char *one, const char *two)
{
    return ngx_inet_addr((u_char *) one, ngx_strlen(one))
           == ngx_inet_addr((u_char *) two, ngx_strlen(two));
}


ngx_uint_t
ngx_zos_gateway_same_host(const char *one, const char *two)
{
    return ngx_strcasecmp((u_char *) one, (u_char *) two) == 0;
}


ngx_int_t
ngx_zos_gateway_regular(ngx_zos_flow_t *f)
{
    ngx_zos_gateway_t  *gw;

    gw = f->ctx;

    if (!json_is_true(json_object_get(gw->wanted, "advanced"))) {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "advanced",
                        "the gateway is in advanced mode: its firewall and "
                        "its proxies are files written by hand");
}


ngx_int_t
ngx_zos_gateway_last_proxy(ngx_zos_flow_t *f)
{
    ngx_zos_gateway_t  *gw;

    gw = f->ctx;

    if (f->conf->ays_templates != NGX_ZOS_2017
        || json_array_size(json_object_get(gw->wanted, "httpproxies")))
    {
        return NGX_OK;
    }

    return ngx_zos_fail(f, NGX_HTTP_CONFLICT, "conflict",
                        "the templates of 2017 can't take away the last proxy "
                        "of a gateway");
}


ngx_int_t
ngx_zos_gateway_blueprint(ngx_zos_flow_t *f, ngx_zos_out_t *out)
{
    ngx_str_t              key, name;
    ngx_zos_gateway_t     *gw;
    const ngx_zos_role_t  *role;

    gw = f->ctx;
    role = ngx_zos_role(f, NGX_ZOS_ROLE_GATEWAY);

    if (ngx_zos_target_name(f, &name) != NGX_OK
        || ngx_zos_ays_path(f, &key, "%V__%V", &role->actor, &name) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(out, "{");
    ngx_zos_out_string(out, &key);
    ngx_zos_out_literal(out, ":");
    ngx_zos_out_json(out, gw->wanted);

    if (f->op->ays->action.len) {
        ngx_zos_out_literal(out, ",\"actions\":[{\"action\":");
        ngx_zos_out_string(out, &f->op->ays->action);
        ngx_zos_out_literal(out, ",\"actor\":");
        ngx_zos_out_string(out, &role->actor);
        ngx_zos_out_literal(out, ",\"service\":");
        ngx_zos_out_string(out, &name);
        ngx_zos_out_literal(out, ",\"force\":false}]");
    }

    ngx_zos_out_literal(out, "}");

    return NGX_OK;
}


ngx_int_t
ngx_zos_gateway_verify(ngx_zos_flow_t *f, json_t *data)
{
    ngx_zos_gateway_t  *gw;

    gw = f->ctx;

    return ngx_zos_gateway_covers(data, gw->wanted) ? NGX_OK : NGX_DECLINED;
}


/* AYS adds members of its own, and leaves out what is empty */

ngx_uint_t
ngx_zos_gateway_covers(json_t *stored, json_t *wanted)
{
    json_t      *value;
    const char  *name;

    if (json_is_array(wanted)) {
        return ngx_zos_gateway_covers_list(stored, wanted);
    }

    if (json_is_object(wanted)) {

        json_object_foreach(wanted, name, value) {
            if (!ngx_zos_gateway_covers(json_object_get(stored, name), value))
            {
                return 0;
            }
        }

        return 1;
    }

    if (stored == NULL || json_is_null(stored)) {
        return json_is_false(wanted) || json_is_null(wanted)
               || (json_is_string(wanted) && json_string_length(wanted) == 0);
    }

    return json_equal(stored, wanted);
}


/* in any order; as a rule it is the same one */

static ngx_uint_t
ngx_zos_gateway_covers_list(json_t *stored, json_t *wanted)
{
    size_t   i, j, n;
    json_t  *item;

    n = json_array_size(wanted);

    if (json_array_size(stored) != n) {
        return 0;
    }

    json_array_foreach(wanted, i, item) {

        if (ngx_zos_gateway_covers(json_array_get(stored, i), item)) {
            continue;
        }

        for (j = 0; j < n; j++) {
            if (ngx_zos_gateway_covers(json_array_get(stored, j), item)) {
                break;
            }
        }

        if (j == n) {
            return 0;
        }
    }

    return 1;
}
