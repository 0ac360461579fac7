
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Operations, flows, and the configuration.
 *
 * An operation is a const row that says all there is to say about it: the
 * router, the validation of requests, the shape of answers, the variables
 * and the OpenAPI document are made from the same rows (src/ops/).  A flow
 * runs the steps of an operation.
 */


#ifndef _NGX_ZOS_H_INCLUDED_
#define _NGX_ZOS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_core0.h>
#include <ngx_zos_zone.h>


#define NGX_ZOS_VERSION  "0.1.0"


typedef struct ngx_zos_op_s      ngx_zos_op_t;
typedef struct ngx_zos_flow_s    ngx_zos_flow_t;
typedef struct ngx_zos_member_s  ngx_zos_member_t;
typedef struct ngx_zos_field_s   ngx_zos_field_t;
typedef struct ngx_zos_route_s   ngx_zos_route_t;
typedef struct ngx_zos_ays_s     ngx_zos_ays_t;
typedef struct ngx_zos_ays_flow_s  ngx_zos_ays_flow_t;
typedef struct ngx_zos_authority_s  ngx_zos_authority_t;


struct json_t;


/* ---- the tables ---- */

typedef enum {
    NGX_ZOS_STRING = 0,
    NGX_ZOS_INTEGER,
    NGX_ZOS_NUMBER,
    NGX_ZOS_BOOLEAN,
    NGX_ZOS_STRINGS,             /* array of strings */
    NGX_ZOS_NUMBERS,             /* array of numbers */
    NGX_ZOS_OBJECT,
    NGX_ZOS_OBJECTS,             /* array of objects */
    NGX_ZOS_MAP                  /* object with names of any kind */
} ngx_zos_type_e;


/* Writes the value of a computed member; "source" is the object it is of. */
typedef ngx_int_t (*ngx_zos_member_pt)(ngx_zos_flow_t *f, ngx_str_t *source,
    ngx_zos_out_t *out);

/* A member of an answer.  Absent in the source or null: "", 0, false, []. */

struct ngx_zos_member_s {
    ngx_str_t                 name;
    ngx_uint_t                type;      /* ngx_zos_type_e */
    ngx_str_t                 from;      /* path in the source; else name */
    ngx_str_t                 item;      /* strings that sit in objects */
    const ngx_zos_member_t   *members;   /* of objects */
    ngx_zos_member_pt         get;
    unsigned                  optional:1; /* left out: absent, null, "" */
    unsigned                  nullable:1; /* get may write null for a map */
    ngx_str_t                 text;      /* description, unit */
};


typedef enum {
    NGX_ZOS_VIEW_OBJECT = 0,
    NGX_ZOS_VIEW_LIST,           /* of objects */
    NGX_ZOS_VIEW_WRAPPED,        /* a list with the one object */
    NGX_ZOS_VIEW_FIRST,          /* of a list; an empty one is 404 */
    NGX_ZOS_VIEW_BOOLEAN,
    NGX_ZOS_VIEW_NAMES,          /* a list of strings: the first member */
    NGX_ZOS_VIEW_MAP,            /* an object, unchanged */
    NGX_ZOS_VIEW_BYTES
} ngx_zos_shape_e;


typedef struct {
    ngx_str_t                 name;      /* of the schema */
    ngx_uint_t                shape;     /* ngx_zos_shape_e */
    const ngx_zos_member_t   *members;
    ngx_str_t                 sort[2];   /* paths in the source */
    ngx_str_t                 absent;    /* what an empty list lacks */

    ngx_str_t                 from;      /* path of the list in the source */

    /* the list in the source; NULL: "from", or the source is it */
    ngx_int_t               (*list)(ngx_zos_flow_t *f, ngx_str_t *source,
                                    ngx_str_t *list);

    /* elements that are not for the caller; NULL: none */
    ngx_uint_t              (*skip)(ngx_zos_flow_t *f, ngx_str_t *element);
} ngx_zos_view_t;


/* Checks a string of a request; NGX_DECLINED: it breaks the rule. */
typedef ngx_int_t (*ngx_zos_check_pt)(ngx_str_t *value);

/*
 * Checks an object whose members are valid one by one.  NULL: it is fine;
 * else the sentence that follows the name of the object, "needs an id".
 */
typedef const char *(*ngx_zos_rules_pt)(ngx_zos_flow_t *f,
    struct json_t *object);


/* the presets of templates, as bits: zos_ays_templates */

#define NGX_ZOS_2017  0x01
#define NGX_ZOS_2018  0x02


/* A member of a request body, or a query argument. */

struct ngx_zos_field_s {
    ngx_str_t                 name;
    ngx_str_t                 alias;     /* another spelling */
    ngx_uint_t                type;      /* ngx_zos_type_e */
    unsigned                  required:1;    /* and not empty */
    unsigned                  present:1;     /* required, may be empty */
    unsigned                  bounded:1; /* min and max say something */
    int64_t                   min;       /* of a number; of a length */
    int64_t                   max;
    ngx_zos_check_pt          check;
    ngx_str_t                 rule;      /* what check demands, in words */
    const ngx_str_t          *values;    /* an enumeration, or NULL */
    const ngx_zos_field_t    *fields;    /* of objects */
    ngx_zos_rules_pt          rules;     /* of each of the objects */
    ngx_str_t                 backend;   /* name in AYS, where it differs */
    ngx_uint_t                presets;   /* that know it; 0: all */
    unsigned                  secret:1;  /* never in an answer or a log */
    ngx_str_t                 text;
};


typedef enum {
    NGX_ZOS_FROM_CONST = 0,      /* key is JSON text */
    NGX_ZOS_FROM_PATH,
    NGX_ZOS_FROM_PATH_NUMBER,
    NGX_ZOS_FROM_QUERY,
    NGX_ZOS_FROM_QUERY_TAGS,     /* tag.<name>=<value>, as an object */
    NGX_ZOS_FROM_BODY,           /* a member of the validated body */
    NGX_ZOS_FROM_TEXT,           /* key is a text with "{...}", see ays.h */
    NGX_ZOS_FROM_GET             /* whatever get() writes */
} ngx_zos_from_e;


/* NGX_DECLINED: the argument is left out; NGX_ERROR: the flow failed. */
typedef ngx_int_t (*ngx_zos_arg_pt)(ngx_zos_flow_t *f, ngx_zos_out_t *out);


/*
 * An argument of a command.  What is absent in the query or the body is left
 * out, unless there is a JSON text for it.
 */

typedef struct {
    ngx_str_t                 name;
    ngx_uint_t                from;      /* ngx_zos_from_e */
    ngx_str_t                 key;
    ngx_str_t                 absent;
    ngx_zos_arg_pt            get;
    ngx_uint_t                presets;   /* that know it; 0: all */
    ngx_uint_t                role;      /* f->role that has it; 0: all */
} ngx_zos_arg_t;


typedef struct {
    ngx_str_t                 name;      /* "info.mem" */
    const ngx_zos_arg_t      *args;      /* NULL: none */
} ngx_zos_command_t;


/*
 * A step of a flow.
 *
 * NGX_OK        the next step
 * NGX_AGAIN     the next step when the call that was started is done
 * NGX_DECLINED  this step again after f->delay milliseconds
 * NGX_DONE      answered
 * NGX_ERROR     ngx_zos_fail() has said why
 */
typedef ngx_int_t (*ngx_zos_step_pt)(ngx_zos_flow_t *f);


#define NGX_ZOS_OP_CHANGES   0x01    /* must not run twice */
#define NGX_ZOS_OP_AYS       0x02    /* needs AYS */
#define NGX_ZOS_OP_EMPTY     0x04    /* the body may be missing */
#define NGX_ZOS_OP_UPLOAD    0x08    /* the body is read by a step */
#define NGX_ZOS_OP_FINISH    0x10    /* a caller who leaves is not noticed */
#define NGX_ZOS_OP_ARRAY     0x20    /* the body is the array body[0] */
#define NGX_ZOS_OP_EVENTS    0x40    /* for EventSource, which has no headers */

#define NGX_ZOS_OP_AYS_CHANGE                                                \
    (NGX_ZOS_OP_AYS|NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH)


struct ngx_zos_op_s {
    ngx_str_t                 name;      /* also label, variable, anchor */
    ngx_uint_t                method;
    ngx_str_t                 path;
    ngx_str_t                 summary;
    ngx_uint_t                flags;
    const ngx_zos_field_t    *query;
    const ngx_zos_field_t    *body;
    ngx_zos_rules_pt          rules;     /* of the body as a whole */
    const ngx_zos_command_t  *command;
    const ngx_zos_ays_t      *ays;       /* of flags & NGX_ZOS_OP_AYS */
    ngx_str_t                 media[2];  /* of flags & NGX_ZOS_OP_UPLOAD */
    const ngx_zos_view_t     *view;
    const ngx_zos_step_pt    *steps;     /* NULL: ngx_zos_steps_command */
    ngx_uint_t                status;    /* of success; 0: 200 */
};


/* All of them, NULL-ended: src/ops/ */

typedef struct {
    ngx_str_t                 name;      /* of the resource */
    const ngx_zos_op_t       *ops;       /* up to one without a name */
} ngx_zos_ops_t;


extern const ngx_zos_ops_t    ngx_zos_ops[];


/* ---- path parameters: src/ngx_zos_param.c ---- */

typedef struct {
    ngx_str_t                 name;
    ngx_zos_check_pt          check;
    ngx_str_t                 rule;
    ngx_str_t                 pattern;   /* for the OpenAPI document */
    ngx_str_t                 text;
} ngx_zos_param_t;


const ngx_zos_param_t *ngx_zos_param(ngx_str_t *name);
ngx_int_t ngx_zos_check_name(ngx_str_t *value);
ngx_int_t ngx_zos_check_job_id(ngx_str_t *value);


/* ---- configuration ---- */

/* A node that the configuration names. */

typedef struct {
    ngx_str_t                 id;
    ngx_str_t                 hostname;
    ngx_str_t                 host;      /* as written, without the port */
    ngx_str_t                 password;
    ngx_flag_t                ssl;       /* may be unset */
    in_port_t                 port;
    ngx_addr_t               *addrs;     /* as resolved at start */
    ngx_uint_t                naddrs;
    ngx_str_t                 address;   /* without the port */
    unsigned                  named:1;   /* host is a name */
    unsigned                  found:1;   /* looked up in AYS */
} ngx_zos_node_t;


/* The gateway's own token: src/ngx_zos_token.c */

typedef struct {
    ngx_str_t                 file;      /* data is NULL: no zos_token */
    ngx_str_t                 value;
    time_t                    expires;
    ngx_str_t                 url;       /* data is NULL: never renewed */
    time_t                    before;    /* s */
    ngx_msec_t                timeout;
    ngx_str_t                 trusted;   /* PEM */
    unsigned                  warned:1;
} ngx_zos_token_conf_t;


typedef struct {
    ngx_shm_zone_t           *zone;
    ngx_zos_token_conf_t      token;
    ngx_array_t               nodes;     /* ngx_zos_node_t, sorted by id */
    ngx_zos_route_t          *routes;
    ngx_uint_t                nops;
    ngx_int_t                 masked[2]; /* indexes of variables */
} ngx_zos_main_conf_t;


typedef struct {
    ngx_flag_t                enable;
    size_t                    body_max;
    ngx_array_t              *operations;  /* ngx_str_t: patterns; or unset */
    u_char                   *allowed;     /* by operation's number, or NULL */

    ngx_str_t                 organization;      /* or "off" */
    struct ngx_zos_jwt_key_s *auth_key;
    time_t                    auth_max_validity;
    ngx_flag_t                auth_query;
    ngx_zos_authority_t      *authority; /* of these; NULL: off */
    ngx_array_t              *origins;   /* ngx_str_t; NULL: none, {}: any */

    ngx_str_t                 ays;       /* prefix of the location; or none */
    ngx_msec_t                node_valid;
    ngx_str_t                 ays_repository;
    ngx_uint_t                ays_templates;     /* NGX_ZOS_2017, _2018 */
    size_t                    ays_max_reply;
    ngx_msec_t                ays_timeout;
    ngx_msec_t                ays_run_timeout;
    ngx_msec_t                ays_run_interval[2];   /* first, longest */
    ngx_str_t                 ays_retries;
    ngx_array_t              *ftp_allow; /* ngx_cidr_t; NULL: none, {}: any */
    ngx_msec_t                ftp_timeout;
    ngx_zos_core0_conf_t      core0;
} ngx_zos_loc_conf_t;


extern ngx_module_t  ngx_zos_module;


/* ---- routes: src/ngx_zos_route.c ---- */

#define NGX_ZOS_MAX_PARAMS  6


typedef struct {
    ngx_str_t                 name;
    ngx_str_t                 value;     /* decoded */
} ngx_zos_arg_value_t;


typedef struct {
    const ngx_zos_op_t       *op;
    ngx_uint_t                number;    /* of the operation */
    ngx_uint_t                methods;   /* that the path knows, allowed here */
    ngx_uint_t                nargs;
    ngx_zos_arg_value_t       args[NGX_ZOS_MAX_PARAMS];
} ngx_zos_match_t;


ngx_int_t ngx_zos_route_init(ngx_conf_t *cf, ngx_zos_main_conf_t *zmcf);

/*
 * "path" is raw: not decoded, not merged, without the query.  "allowed" may
 * be NULL.  NGX_OK: match->op.  NGX_DECLINED: no such path.  NGX_ABORT: not
 * with this method, see match->methods.  NGX_ERROR: not a valid encoding.
 * NGX_BUSY: out of memory.
 */
ngx_int_t ngx_zos_route(ngx_pool_t *pool, ngx_zos_route_t *root,
    ngx_str_t *path, ngx_uint_t method, u_char *allowed,
    ngx_zos_match_t *match);


/* ---- flows: src/ngx_zos_flow.c ---- */

struct ngx_zos_flow_s {
    ngx_http_request_t       *request;
    ngx_zos_loc_conf_t       *conf;
    const ngx_zos_op_t       *op;
    ngx_zos_match_t           match;

    const ngx_zos_step_pt    *step;
    ngx_msec_t                delay;
    ngx_event_t               timer;
    ngx_zos_call_t           *call;      /* the last one started */
    ngx_resolver_ctx_t       *resolver;
    in_port_t                 port;      /* of the host that is resolved */

    ngx_uint_t                role;      /* of the target; 0: as op->ays */
    ngx_str_t                 service;   /* the target as it was read */
    ngx_zos_ays_flow_t       *ays;       /* state of the AYS steps */

    ngx_zos_node_t           *node;
    ngx_zos_peer_t            peer;
    ngx_uint_t                container; /* its number; 0: the node itself */
    ngx_uint_t                epoch;     /* that the number is of */
    ngx_uint_t                retries;   /* after a stale number */
    struct json_t            *json;      /* the body, the request pool's */
    ngx_msec_t                deadline;  /* for all the calls; 0: none */
    void                     *ctx;       /* of the operation's own steps */

    /* called once, however the flow ends; nothing to be waited for there */
    void                    (*end)(ngx_zos_flow_t *f);

    /* the answer */

    ngx_uint_t                status;
    ngx_str_t                 body;
    ngx_str_t                 location;
    ngx_str_t                 error;     /* a short reason, for the log */

    /* for the variables */

    ngx_str_t                 user;      /* the caller's name, verified */
    ngx_str_t                 job;       /* that was started */
    ngx_uint_t                ncalls;
    ngx_msec_t                backend_time;
    ngx_uint_t                cache;     /* ngx_zos_cache_e */

    unsigned                  waiting:1;
    unsigned                  finished:1;
    unsigned                  admitted:1; /* as of a call */
    unsigned                  headers:1; /* of the answer are sent */
    unsigned                  keep:1;    /* the connection, for the next call */
    unsigned                  committed:1; /* no way back to the number */
    unsigned                  gone:1;    /* the caller, but the flow goes on */
    unsigned                  answered:1; /* already; the flow goes on */
    unsigned                  lacking:1; /* out of memory: a JSON value that
                                            seems to be absent is not */
};


typedef enum {
    NGX_ZOS_CACHE_NONE = 0,
    NGX_ZOS_CACHE_STATIC,
    NGX_ZOS_CACHE_HIT,
    NGX_ZOS_CACHE_MISS
} ngx_zos_cache_e;


/* As a content handler returns; NGX_DONE while the flow goes on. */
ngx_int_t ngx_zos_flow_start(ngx_zos_flow_t *f);

/* From an event that a step has waited for; nothing may follow. */
void ngx_zos_flow_resume(ngx_zos_flow_t *f);

/* From here on a caller who leaves ends the flow. */
ngx_int_t ngx_zos_flow_watch(ngx_http_request_t *r);

/* The JSON object of a command's arguments. */
ngx_int_t ngx_zos_flow_args(ngx_zos_flow_t *f, const ngx_zos_arg_t *arg,
    ngx_str_t *text);

/* A query argument, decoded.  NGX_DECLINED: absent. */
ngx_int_t ngx_zos_flow_query_arg(ngx_zos_flow_t *f, const ngx_str_t *name,
    ngx_str_t *value);

ngx_str_t *ngx_zos_flow_arg(ngx_zos_flow_t *f, const ngx_str_t *name);

/* For what ngx_zos_flow_call() has no arguments for; NULL: out of memory. */
ngx_zos_call_t *ngx_zos_flow_new_call(ngx_zos_flow_t *f);

/* The last call and its result are not needed any more. */
void ngx_zos_flow_free_call(ngx_zos_flow_t *f);

/* What a call that is done tells of the node, and the time that it took. */
void ngx_zos_flow_note_call(ngx_zos_flow_t *f, ngx_zos_call_t *call);

/* Starts a call; the result is in f->call at the next step. */
ngx_int_t ngx_zos_flow_call(ngx_zos_flow_t *f, const ngx_str_t *command,
    const ngx_str_t *args);
ngx_int_t ngx_zos_flow_lookup(ngx_zos_flow_t *f, ngx_str_t *id);
ngx_int_t ngx_zos_flow_range(ngx_zos_flow_t *f, ngx_str_t *id,
    ngx_str_t *stream, ngx_int_t from, ngx_int_t to);

/* NGX_ERROR, and said why, if the last call failed. */
ngx_int_t ngx_zos_flow_check(ngx_zos_flow_t *f);

ngx_int_t ngx_zos_fail(ngx_zos_flow_t *f, ngx_uint_t status, char *reason,
    const char *fmt, ...);

extern const ngx_zos_step_pt  ngx_zos_steps_command[];

/* This step again when the call that was started is done; to be returned. */
ngx_int_t ngx_zos_flow_again(ngx_zos_flow_t *f);

/* Goes on at another step of the operation; to be returned. */
ngx_int_t ngx_zos_flow_goto(ngx_zos_flow_t *f, ngx_zos_step_pt step,
    ngx_msec_t delay);

/* The result of the last call is JSON of this type; else fails, 502. */
ngx_int_t ngx_zos_flow_expect(ngx_zos_flow_t *f, ngx_zos_json_type_e type);

/* ... is an array; null is how Go spells an empty one. */
ngx_int_t ngx_zos_flow_list(ngx_zos_flow_t *f);

/* The text of a failure has these words in it. */
ngx_uint_t ngx_zos_flow_says(ngx_zos_flow_t *f, char *words);

ngx_int_t ngx_zos_step_node(ngx_zos_flow_t *f);

/*
 * The address of a host in f->peer, by the location's resolver.  Returns as a
 * step; NGX_DECLINED: the location has none.
 */
ngx_int_t ngx_zos_flow_resolve(ngx_zos_flow_t *f, ngx_str_t *host,
    in_port_t port);

/*
 * The number of the container in the path, if there is one: two steps.  An
 * operation that changes something asks the node, and keeps the connection.
 */
ngx_int_t ngx_zos_step_container(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_container_found(ngx_zos_flow_t *f);

/* The last call failed because the number was wrong: src/flows/. */
ngx_uint_t ngx_zos_container_stale(ngx_zos_flow_t *f);

/* core0 says that there is no container of this number. */
ngx_uint_t ngx_zos_container_unknown(ngx_zos_flow_t *f);

/* ... and was so again; or the container does not listen.  Fails the flow. */
ngx_uint_t ngx_zos_container_gone(ngx_zos_flow_t *f);

/* Waits until all that has been sent has left: src/ngx_zos_drain.c. */
ngx_int_t ngx_zos_step_drain(ngx_zos_flow_t *f);

ngx_int_t ngx_zos_step_command(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_step_project(ngx_zos_flow_t *f);


/* ---- views: src/ngx_zos_view.c ---- */

/* NGX_DECLINED: the source is not of the documented shape. */
ngx_int_t ngx_zos_view(ngx_zos_flow_t *f, const ngx_zos_view_t *view,
    ngx_str_t *source, ngx_str_t *text);


/* ---- answers: src/ngx_zos_reply.c ---- */

/* The flow's answer; as an output filter returns. */
ngx_int_t ngx_zos_reply(ngx_zos_flow_t *f);

/*
 * A JSON text with 200 instead of the flow's answer, the body of the request
 * is discarded; as a content handler returns.
 */
ngx_int_t ngx_zos_reply_text(ngx_zos_flow_t *f, ngx_str_t *text);

/*
 * The header of the answer, with f->status; its length and what is special
 * about it are there.  "type" may be NULL.  Returns as the filters.
 */
ngx_int_t ngx_zos_send_header(ngx_zos_flow_t *f, const ngx_str_t *type);

ngx_int_t ngx_zos_add_header(ngx_http_request_t *r, char *name,
    ngx_str_t *value);

/* Fails the flow with what its last call came to. */
ngx_int_t ngx_zos_core0_failure(ngx_zos_flow_t *f);


/* ---- request bodies: src/ngx_zos_body.c, src/ngx_zos_schema.c ---- */

/* Reads and validates the body, then starts the flow. */
ngx_int_t ngx_zos_body_read(ngx_zos_flow_t *f);

/*
 * The next of the body, in memory.  What another module has read before, as
 * mirror does, may be in a file: that comes piece by piece, all of them in
 * *piece, NULL at first.  NULL: it can't be read.
 */
ngx_buf_t *ngx_zos_body_buf(ngx_http_request_t *r, ngx_buf_t **piece);

/* All that it gave has been taken. */
void ngx_zos_body_next(ngx_http_request_t *r);

/*
 * NGX_ERROR, and said which member breaks which rule; "what" names the object
 * where it is not the body, which is NULL.
 */
ngx_int_t ngx_zos_schema(ngx_zos_flow_t *f, const char *what,
    const ngx_zos_field_t *fields, ngx_zos_rules_pt rules,
    struct json_t *object);

/* A member of the body as JSON text.  NGX_DECLINED: it is left out. */
ngx_int_t ngx_zos_body_member(ngx_zos_flow_t *f, const ngx_zos_arg_t *arg,
    ngx_str_t *text);

/* The location's preset of templates knows the member. */
ngx_uint_t ngx_zos_schema_known(ngx_zos_flow_t *f,
    const ngx_zos_field_t *field);

/* A member by its field, under whichever of its names; NULL: absent, null. */
struct json_t *ngx_zos_schema_get(struct json_t *object,
    const ngx_zos_field_t *field);


/* ---- the rest, one function each ---- */

ngx_int_t ngx_zos_handler(ngx_http_request_t *r);

/* A flow for the request, with nothing looked at yet. */
ngx_zos_flow_t *ngx_zos_request_flow(ngx_http_request_t *r);

/* f->match, as ngx_zos_route() returns; nothing is said about it. */
ngx_int_t ngx_zos_request_route(ngx_zos_flow_t *f);

/* Fails the flow: the path has f->match.methods only. */
ngx_int_t ngx_zos_request_no_method(ngx_zos_flow_t *f);

/* The n-th header of that name, from 0.  NGX_DECLINED: there is none. */
ngx_int_t ngx_zos_request_header(ngx_http_request_t *r, char *name,
    ngx_uint_t n, ngx_str_t *value);

/* The failed flow's answer, without reading the body. */
ngx_int_t ngx_zos_refuse(ngx_zos_flow_t *f);

ngx_int_t ngx_zos_openapi_handler(ngx_http_request_t *r);
ngx_int_t ngx_zos_add_variables(ngx_conf_t *cf);


/* ---- nodes that AYS knows: src/ngx_zos_lookup.c ---- */

/*
 * What is known of the node, {"name":...,"data":{...}}.  Returns as a step;
 * NGX_OK: it is there.
 */
ngx_int_t ngx_zos_lookup(ngx_zos_flow_t *f, ngx_str_t *id,
    ngx_str_t *service);

/* f->node out of it. */
ngx_int_t ngx_zos_lookup_node(ngx_zos_flow_t *f, ngx_str_t *id,
    ngx_str_t *service);

/* Its address stopped answering, or it is to go. */
void ngx_zos_lookup_drop(ngx_zos_flow_t *f, ngx_str_t *id);

/* The flow ends while it looks. */
void ngx_zos_lookup_unlock(ngx_zos_flow_t *f);


/* ---- the node directory: src/ngx_zos_dir.c ---- */

char *ngx_zos_dir_add(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_zos_dir_sort(ngx_zos_main_conf_t *zmcf);
ngx_zos_node_t *ngx_zos_dir_find(ngx_zos_main_conf_t *zmcf, ngx_str_t *id);


#endif /* _NGX_ZOS_H_INCLUDED_ */
