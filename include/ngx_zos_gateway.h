
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Gateways: containers that route, with a firewall, DHCP and HTTP proxies.
 *
 * A gateway is one service with lists in it, and a list in a blueprint is all
 * that there is to be.  So every change reads the service, works out the
 * whole new state of it and sends that, while nobody else may do so; what is
 * stored and not shown to callers is kept.
 */


#ifndef _NGX_ZOS_GATEWAY_H_INCLUDED_
#define _NGX_ZOS_GATEWAY_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays.h>


/* What a change is after; f->ctx of those who have one. */

typedef struct {
    struct json_t            *wanted;    /* members of the service's data */
    ngx_str_t                 node;      /* where its bridges have to be */
    size_t                    nic;       /* the next one to be looked at */
} ngx_zos_gateway_t;


/* Nothing but the node of the path is wanted yet; NULL: out of memory. */
ngx_zos_gateway_t *ngx_zos_gateway_new(ngx_zos_flow_t *f);

/* The state as it was read, in f->ctx, to be changed; NULL: out of memory. */
ngx_zos_gateway_t *ngx_zos_gateway_stored(ngx_zos_flow_t *f);

/* All of the body, as AYS is to have it; NULL: out of memory. */
struct json_t *ngx_zos_gateway_body(ngx_zos_flow_t *f);

/* NGX_ERROR, and said so: files that were written by hand are in force. */
ngx_int_t ngx_zos_gateway_regular(ngx_zos_flow_t *f);

/* NGX_ERROR, and said so: templates that can't take the last proxy away. */
ngx_int_t ngx_zos_gateway_last_proxy(ngx_zos_flow_t *f);

/* The blueprint, and whether it came to that: of all the changes. */
ngx_int_t ngx_zos_gateway_blueprint(ngx_zos_flow_t *f, ngx_zos_out_t *out);
ngx_int_t ngx_zos_gateway_verify(ngx_zos_flow_t *f, struct json_t *data);

/* All that is wanted is stored; lists are as long, in any order. */
ngx_uint_t ngx_zos_gateway_covers(struct json_t *stored,
    struct json_t *wanted);

/* A member that is a text; "" if it is none. */
const char *ngx_zos_gateway_text(struct json_t *object, const char *name);

/* IPv4 addresses and hosts are the same, however they are spelled. */
ngx_uint_t ngx_zos_gateway_same_ip(const char *one, const char *two);
ngx_uint_t ngx_zos_gateway_same_host(const char *one, const char *two);


/* ---- rules: src/ngx_zos_gateway_rules.c ---- */

/* Of a nic: a name that does not begin with a digit. */
ngx_int_t ngx_zos_check_interface(ngx_str_t *value);

/* Of a proxy: "example.com", also with a port, a path or a wildcard. */
ngx_int_t ngx_zos_check_host(ngx_str_t *value);

/* A text that can be a YAML mapping. */
ngx_int_t ngx_zos_check_mapping(ngx_str_t *value);

#define ngx_zos_rule_host                                                    \
    ngx_string("must be a host, also with a port, a path or a wildcard, 255 " \
               "characters at most")
#define ngx_zos_rule_mapping                                                 \
    ngx_string("must be a YAML mapping")

/* They also spell addresses in the one way that is stored. */
const char *ngx_zos_forward_rules(ngx_zos_flow_t *f, struct json_t *forward);
const char *ngx_zos_host_rules(ngx_zos_flow_t *f, struct json_t *host);
const char *ngx_zos_gateway_nic_rules(ngx_zos_flow_t *f, struct json_t *nic);
const char *ngx_zos_gateway_rules(ngx_zos_flow_t *f, struct json_t *gateway);


/* ---- fields and views: src/ops/ngx_zos_ops_gateway_types.c ---- */

extern const ngx_zos_field_t  ngx_zos_gateway_create_fields[];
extern const ngx_zos_field_t  ngx_zos_gateway_update_fields[];
extern const ngx_zos_field_t  ngx_zos_gateway_migrate_fields[];
extern const ngx_zos_field_t  ngx_zos_gateway_stored_fields[];
extern const ngx_zos_field_t  ngx_zos_forward_fields[];
extern const ngx_zos_field_t  ngx_zos_host_fields[];
extern const ngx_zos_field_t  ngx_zos_proxy_fields[];

extern const ngx_zos_view_t   ngx_zos_gateway_list_view;
extern const ngx_zos_view_t   ngx_zos_gateway_view;
extern const ngx_zos_view_t   ngx_zos_forward_list_view;
extern const ngx_zos_view_t   ngx_zos_host_list_view;
extern const ngx_zos_view_t   ngx_zos_proxy_list_view;
extern const ngx_zos_view_t   ngx_zos_proxy_view;
extern const ngx_zos_view_t   ngx_zos_advanced_view;


/* ---- parts of views: src/flows/ ---- */

/* The hosts of the nic in the path; 404 if there is no such server. */
ngx_int_t ngx_zos_host_list(ngx_zos_flow_t *f, ngx_str_t *source,
    ngx_str_t *list);

/* All the proxies but the one in the path. */
ngx_uint_t ngx_zos_proxy_skip(ngx_zos_flow_t *f, ngx_str_t *proxy);


/* ---- steps: src/flows/ ---- */

/* A step that works out the new state, and all that comes of it. */
#define NGX_ZOS_STEPS_GATEWAY_CHANGE(change)                                 \
    ngx_zos_step_own,                                                        \
    NGX_ZOS_STEPS_PARENTS,                                                   \
    NGX_ZOS_STEPS_SERVICE,                                                   \
    change,                                                                  \
    NGX_ZOS_STEPS_CHANGE,                                                    \
    ngx_zos_step_outcome

extern const ngx_zos_step_pt  ngx_zos_steps_list_gateways[];
extern const ngx_zos_step_pt  ngx_zos_steps_create_gateway[];
extern const ngx_zos_step_pt  ngx_zos_steps_update_gateway[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_gateway[];
extern const ngx_zos_step_pt  ngx_zos_steps_migrate_gateway[];
extern const ngx_zos_step_pt  ngx_zos_steps_add_forward[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_forward[];
extern const ngx_zos_step_pt  ngx_zos_steps_add_host[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_host[];
extern const ngx_zos_step_pt  ngx_zos_steps_add_proxy[];
extern const ngx_zos_step_pt  ngx_zos_steps_delete_proxy[];
extern const ngx_zos_step_pt  ngx_zos_steps_get_advanced[];
extern const ngx_zos_step_pt  ngx_zos_steps_set_advanced[];


#endif /* _NGX_ZOS_GATEWAY_H_INCLUDED_ */
