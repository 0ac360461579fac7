
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * What operations ask of AYS, and the steps that do it.
 *
 * AYS keeps the wanted state of the cluster as services.  A service has a
 * role and a name, unique in the repository, and a parent.  Its names are
 * global, so an operation is bound to its path by the chain of parents: node,
 * storage pool, filesystem...  Each of them is compared before anything is
 * read, shown or changed.
 *
 * A change is a blueprint: the wanted values of a service and actions to be
 * scheduled; then a run, which takes all that is scheduled in the repository.
 */


#ifndef _NGX_ZOS_AYS_H_INCLUDED_
#define _NGX_ZOS_AYS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>


/* Roles by what they mean; a preset has the names: src/ngx_zos_role.c. */

typedef enum {
    NGX_ZOS_ROLE_NONE = 0,
    NGX_ZOS_ROLE_NODE,
    NGX_ZOS_ROLE_CONTAINER,
    NGX_ZOS_ROLE_BRIDGE,
    NGX_ZOS_ROLE_STORAGEPOOL,
    NGX_ZOS_ROLE_FILESYSTEM,
    NGX_ZOS_ROLE_SNAPSHOT,
    NGX_ZOS_ROLE_ZEROTIER,
    NGX_ZOS_ROLE_GATEWAY,
    NGX_ZOS_ROLE_VM,
    NGX_ZOS_ROLE_VDISK,
    NGX_ZOS_ROLE_VDISKSTORAGE,
    NGX_ZOS_ROLE_IMAGE,
    NGX_ZOS_ROLE_CLUSTER,        /* block */
    NGX_ZOS_ROLE_OBJECT_CLUSTER,
    NGX_ZOS_ROLE_STORAGE_SERVER, /* ardb, storage_engine */
    NGX_ZOS_ROLE_ZEROSTOR,
    NGX_ZOS_ROLE_BACKUP,
    NGX_ZOS_ROLE_GRAFANA,
    NGX_ZOS_ROLE_DASHBOARD,
    NGX_ZOS_ROLE_HEALTHCHECK,
    NGX_ZOS_ROLE_WEBHOOK
} ngx_zos_role_e;


typedef struct {
    ngx_str_t                 actor;     /* "node.zero-os" */
    ngx_str_t                 role;      /* "node" */
} ngx_zos_role_t;


/* Of the location's preset.  An empty one: the preset has no such role. */
const ngx_zos_role_t *ngx_zos_role(ngx_zos_flow_t *f, ngx_uint_t role);


/*
 * A service by role and name.  The name is a text with "{nodeid}" for a path
 * parameter and "{body.name}" for a member of the body that is a string.
 */

typedef struct {
    ngx_uint_t                role;      /* ngx_zos_role_e */
    ngx_str_t                 name;
} ngx_zos_service_t;


/* The compared services above the target, the root first. */

#define NGX_ZOS_MAX_PARENTS  3


struct ngx_zos_ays_s {
    ngx_zos_service_t         parents[NGX_ZOS_MAX_PARENTS];
    ngx_zos_service_t         target;    /* of a list: the role alone */

    ngx_uint_t                presets;   /* that have it, as bits; 0: all */

    /* of a list */

    ngx_str_t                 fields;    /* "flist,hostname,status" */
    ngx_str_t                 consume;   /* a text: "node!{nodeid}" */

    /* of a change: the blueprint */

    const ngx_zos_arg_t      *args;      /* values of the target; or NULL */
    ngx_str_t                 action;    /* of the target; or none */
    ngx_str_t                 action_2017;   /* where that differs */
    ngx_str_t                 text;      /* what is done, "install" if empty */
    unsigned                  force:1;   /* also if it is ok already */
    unsigned                  run:1;     /* a run without an action */
    unsigned                  hold:1;    /* the lane, until all is done */

    /*
     * Writes the whole blueprint, a JSON object, where it is more than the
     * target with args and one action; or NULL.
     */
    ngx_int_t               (*blueprint)(ngx_zos_flow_t *f,
                                         ngx_zos_out_t *out);

    /*
     * Whether the service has what the change asked for; it is read again
     * afterwards where this is set.  NGX_DECLINED: it has not, 409.
     */
    ngx_int_t               (*verify)(ngx_zos_flow_t *f, struct json_t *data);

    /* why it has not, if that can be told; NULL: another one has undone it */
    const char             *(*unchanged)(ngx_zos_flow_t *f,
                                         struct json_t *data);

    /* of the service's data: those that are secret, which AYS may repeat */

    const ngx_zos_field_t    *stored;

    ngx_str_t                 location;  /* a text, for the answer */
};


/*
 * A text with "{...}" filled in, in the request's memory.  What is filled in
 * is not escaped.
 */
ngx_int_t ngx_zos_text(ngx_zos_flow_t *f, const ngx_str_t *format,
    ngx_str_t *text);


/*
 * The steps of the regular kinds of operations.  Irregular ones are arrays of
 * their own that have the macros below among steps that they add, in
 * src/flows/.
 */

extern const ngx_zos_step_pt  ngx_zos_steps_ays_list[];
extern const ngx_zos_step_pt  ngx_zos_steps_ays_get[];
extern const ngx_zos_step_pt  ngx_zos_steps_ays_create[];
extern const ngx_zos_step_pt  ngx_zos_steps_ays_action[];
extern const ngx_zos_step_pt  ngx_zos_steps_ays_update[];
extern const ngx_zos_step_pt  ngx_zos_steps_ays_delete[];


/* All the parents are there and are each other's; 404 if not. */
#define NGX_ZOS_STEPS_PARENTS                                                \
    ngx_zos_step_parent,                                                     \
    ngx_zos_step_parent_found

/* The target is there, a child of the last parent: f->service.  404. */
#define NGX_ZOS_STEPS_SERVICE                                                \
    ngx_zos_step_service,                                                    \
    ngx_zos_step_service_found

/* No service has the target's role and name; 409. */
#define NGX_ZOS_STEPS_FREE                                                   \
    ngx_zos_step_free,                                                       \
    ngx_zos_step_free_found

/* The blueprint of op->ays, its jobs and its run; waits for the end. */
#define NGX_ZOS_STEPS_CHANGE                                                 \
    ngx_zos_step_lane,                                                       \
    ngx_zos_step_blueprint,                                                  \
    ngx_zos_step_blueprint_created,                                          \
    ngx_zos_step_execute,                                                    \
    ngx_zos_step_executed,                                                   \
    ngx_zos_step_run,                                                        \
    ngx_zos_step_run_created,                                                \
    ngx_zos_step_archive,                                                    \
    ngx_zos_step_archived,                                                   \
    ngx_zos_step_job,                                                        \
    ngx_zos_step_job_found,                                                  \
    ngx_zos_step_job_whose,                                                  \
    ngx_zos_step_job_whose_found,                                            \
    ngx_zos_step_poll,                                                       \
    ngx_zos_step_polled,                                                     \
    ngx_zos_step_state,                                                      \
    ngx_zos_step_state_found,                                                \
    ngx_zos_step_verify,                                                     \
    ngx_zos_step_verified

/* Deletes the target's service, when it failed or is to go. */
#define NGX_ZOS_STEPS_REMOVE                                                 \
    ngx_zos_step_remove,                                                     \
    ngx_zos_step_removed


/*
 * What the body names is there: ngx_zos_ref() said what that is.  400 if it
 * is not.
 */
#define NGX_ZOS_STEPS_REFS                                                   \
    ngx_zos_step_ref,                                                        \
    ngx_zos_step_ref_found


ngx_int_t ngx_zos_step_ref(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_ref_found(ngx_zos_flow_t *f);

/*
 * A service of this role and name must be there, with this parent unless
 * that is NULL; "member" names it in the body.  The texts are not copied.
 */
ngx_int_t ngx_zos_ref(ngx_zos_flow_t *f, ngx_uint_t role, ngx_str_t *name,
    ngx_str_t *parent, const char *member);

/* ... of all the bridges in a list of nics, on the node of the path. */
ngx_int_t ngx_zos_ref_bridges(ngx_zos_flow_t *f, struct json_t *nics);

/* Numbers of the node's containers are no longer good. */
ngx_int_t ngx_zos_step_forget(ngx_zos_flow_t *f);

ngx_int_t ngx_zos_step_parent(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_parent_found(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_service(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_service_found(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_free(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_free_found(ngx_zos_flow_t *f);

/* Starts the list of op->ays; the array is then ngx_zos_ays_result(f). */
ngx_int_t ngx_zos_step_list(ngx_zos_flow_t *f);

/* The view of the operation over the last result: a list or a service. */
ngx_int_t ngx_zos_step_show(ngx_zos_flow_t *f);

/* One change of a service at a time, in all workers: before it is read. */
ngx_int_t ngx_zos_step_own(ngx_zos_flow_t *f);

/* 409 while other services consume the target. */
ngx_int_t ngx_zos_step_unused(ngx_zos_flow_t *f);

ngx_int_t ngx_zos_step_lane(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_blueprint(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_blueprint_created(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_execute(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_executed(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_run(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_run_created(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_archive(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_archived(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_job(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_job_found(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_job_whose(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_job_whose_found(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_poll(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_polled(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_state(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_state_found(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_verify(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_verified(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_remove(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_removed(ngx_zos_flow_t *f);

/* Fails the flow with what went wrong in the change, if anything did. */
ngx_int_t ngx_zos_step_outcome(ngx_zos_flow_t *f);

/* The Location of op->ays; what has no other answer ends with it. */
ngx_int_t ngx_zos_step_location(ngx_zos_flow_t *f);


/* ---- single calls, for the steps of irregular operations ---- */

/* A text of pieces, in the request's memory. */
ngx_int_t ngx_zos_ays_path(ngx_zos_flow_t *f, ngx_str_t *path,
    const char *fmt, ...);

/* Each starts one; NGX_AGAIN.  "query" is without "?", and escaped. */
ngx_int_t ngx_zos_ays_get(ngx_zos_flow_t *f, ngx_uint_t role,
    ngx_str_t *name);
ngx_int_t ngx_zos_ays_list(ngx_zos_flow_t *f, ngx_uint_t role,
    ngx_str_t *query);

/*
 * The result of the last call.  NGX_OK: 2xx, and the value (checked JSON) is
 * *result, in the call's memory: gone with the next call; an answer without
 * one is all right where none is asked for.  NGX_DECLINED: 404, nothing said
 * yet, no *result.  NGX_ERROR: failed, and said why.
 */
ngx_int_t ngx_zos_ays_result(ngx_zos_flow_t *f, ngx_str_t *result);

/*
 * The result of the last call, a list, as an object of its services' data by
 * name, the request pool's; NULL: said why.
 */
struct json_t *ngx_zos_named_result(ngx_zos_flow_t *f);

/* The view of the operation over a value made of several results; a step. */
ngx_int_t ngx_zos_show_json(ngx_zos_flow_t *f, struct json_t *source);

/* A service that was got has this name and, if not NULL, this parent. */
ngx_uint_t ngx_zos_ays_is(ngx_str_t *service, ngx_str_t *name,
    ngx_str_t *parent);


/* ---- the target, after NGX_ZOS_STEPS_SERVICE ---- */

/* Its data as JSON values, the request pool's; NULL: it can't be had. */
struct json_t *ngx_zos_service_data(ngx_zos_flow_t *f);

/*
 * A text of AYS, with flags of jansson.  A new reference; NULL: jansson does
 * not take it, or it has too many values.
 */
struct json_t *ngx_zos_json_load(ngx_str_t *text, size_t flags);

/* Writes a JSON value. */
void ngx_zos_out_json(ngx_zos_out_t *out, struct json_t *value);

/* A member of the validated body by its documented name; NULL: absent. */
struct json_t *ngx_zos_body(ngx_zos_flow_t *f, const char *name);

/* ... with the members that its fields know, under the names of AYS. */
struct json_t *ngx_zos_body_clean(ngx_zos_flow_t *f, const char *name);

/*
 * The same value, where absent, null, false, "", 0, [] and an object of such
 * members are all nothing: AYS fills in what a blueprint leaves out.
 */
ngx_uint_t ngx_zos_json_alike(struct json_t *one, struct json_t *two);

/* The nic of a list that has the type and the id of this one; or NULL. */
struct json_t *ngx_zos_find_nic(struct json_t *nics, struct json_t *nic);

/*
 * YAML as a JSON value, which is the caller's; NULL: why not, a text that
 * stays, and where.  "error" is NULL when memory is out.
 */
struct json_t *ngx_zos_yaml_load(ngx_str_t *text, const char **error,
    ngx_uint_t *line);

/* Keeps a new value for the time of the request; returns it. */
struct json_t *ngx_zos_keep_json(ngx_zos_flow_t *f, struct json_t *value);


/* of the many that are children of a node */

#define NGX_ZOS_ON_NODE                                                      \
    .parents = { { NGX_ZOS_ROLE_NODE, ngx_string("{nodeid}") } }


/* ... of a vdisk storage, which the 2018 templates alone have */

#define NGX_ZOS_ON_VDISKSTORAGE                                              \
    .presets = NGX_ZOS_2018,                                                 \
    .parents = { { NGX_ZOS_ROLE_VDISKSTORAGE,                                \
                   ngx_string("{vdiskstorageid}") } }


/* ---- tables' parts that more than one has: src/ops/ ---- */

extern const ngx_zos_field_t  ngx_zos_nic_fields[];      /* of a container */
extern const ngx_str_t        ngx_zos_vdisk_types[];
extern const ngx_zos_arg_t    ngx_zos_vdisk_resize_args[];
extern const char            *ngx_zos_nic_rules(ngx_zos_flow_t *f,
                                                struct json_t *nic);


/* ---- rules that more than one table has: src/ngx_zos_rules.c ---- */

ngx_int_t ngx_zos_check_ip(ngx_str_t *value);        /* v4 or v6 */
ngx_int_t ngx_zos_check_ipv4(ngx_str_t *value);
ngx_int_t ngx_zos_check_ipv6(ngx_str_t *value);
ngx_int_t ngx_zos_check_cidr(ngx_str_t *value);
ngx_int_t ngx_zos_check_mac(ngx_str_t *value);       /* 6 bytes, colons */
ngx_int_t ngx_zos_check_url(ngx_str_t *value);
ngx_int_t ngx_zos_check_ftp(ngx_str_t *value);       /* with a port */
ngx_int_t ngx_zos_check_port_mapping(ngx_str_t *value);  /* "8080:80" */


/* The parts of a URL as ngx_zos_check_ftp() has it; nothing is decoded. */

typedef struct {
    ngx_str_t                 scheme;    /* "ftp://", or empty */
    ngx_str_t                 user;
    ngx_str_t                 password;
    ngx_str_t                 host;
    in_port_t                 port;
    ngx_str_t                 path;      /* without slashes around it */
    ngx_str_t                 place;     /* host, port and path */
} ngx_zos_ftp_url_t;


ngx_int_t ngx_zos_ftp_url(ngx_str_t *value, ngx_zos_ftp_url_t *url);

/* The address lies in the network; the networks share an address. */
ngx_uint_t ngx_zos_in_cidr(const char *ip, const char *cidr);
ngx_uint_t ngx_zos_cidr_overlap(ngx_str_t *one, ngx_str_t *two);

ngx_uint_t ngx_zos_is_text(ngx_str_t *one, const char *two);

#define ngx_zos_rule_name                                                    \
    ngx_string("must be a name of letters, digits, \"-\", \"_\" and \".\"")
#define ngx_zos_rule_ip                                                      \
    ngx_string("must be an IP address")
#define ngx_zos_rule_ipv4                                                    \
    ngx_string("must be an IPv4 address")
#define ngx_zos_rule_ipv6                                                    \
    ngx_string("must be an IPv6 address")
#define ngx_zos_rule_cidr                                                    \
    ngx_string("must be an address with a prefix, like 192.168.1.1/24")
#define ngx_zos_rule_mac                                                     \
    ngx_string("must be a MAC address, like 52:54:00:12:34:56")
#define ngx_zos_rule_url                                                     \
    ngx_string("must be an absolute URL")
#define ngx_zos_rule_port_mapping                                            \
    ngx_string("must be two ports, like 8080:80")


#endif /* _NGX_ZOS_AYS_H_INCLUDED_ */
