
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * core0, the agent on every node: a JSON command is pushed on a queue of its
 * Redis endpoint, and the JSON result is popped from a queue of its own.
 *
 * Layers, top-down: a call (src/ngx_zos_core0.c) is one command and its
 * result; a pool (src/ngx_zos_pool.c) hands out the connections to one node;
 * a connection (src/ngx_zos_conn.c) carries bytes and replies.  None of them
 * knows of HTTP.
 *
 * A connection belongs to one call from the push to the result, since a
 * blocking pop holds up whatever is behind it.
 */


#ifndef _NGX_ZOS_CORE0_H_INCLUDED_
#define _NGX_ZOS_CORE0_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>
#include <ngx_zos_resp.h>
#include <ngx_zos_json.h>


/*
 * How a call ended.  src/ngx_zos_reply.c maps these to statuses.
 */

typedef enum {
    NGX_ZOS_OK = 0,
    NGX_ZOS_BUSY,                /* a limit of the gateway itself */
    NGX_ZOS_RESOLVE,             /* the name of the node has no address */
    NGX_ZOS_CONNECT,             /* refused, unreachable, reset */
    NGX_ZOS_CONNECT_TIMEOUT,
    NGX_ZOS_TLS,                 /* handshake or verification */
    NGX_ZOS_AUTH,                /* the credentials were refused */
    NGX_ZOS_CLOSED,              /* in the middle of a call */
    NGX_ZOS_PROTOCOL,            /* not what core0 answers */
    NGX_ZOS_TOO_LARGE,           /* more than zos_core0_max_reply */
    NGX_ZOS_NOT_ACCEPTED,        /* core0 did not take the command */
    NGX_ZOS_TIMEOUT,             /* ... or took it and gave no result */
    NGX_ZOS_UNKNOWN_COMMAND,     /* this generation does not have it */
    NGX_ZOS_FAILED,              /* core0 says so: see state, code, data */
    NGX_ZOS_STALE,               /* the container's number may be another's */
    NGX_ZOS_INTERNAL             /* out of memory */
} ngx_zos_error_e;


typedef enum {
    NGX_ZOS_CORE0_AUTH_OFF = 0,
    NGX_ZOS_CORE0_AUTH_PASSWORD,
    NGX_ZOS_CORE0_AUTH_TOKEN
} ngx_zos_core0_auth_e;


typedef struct {
    ngx_ssl_t           *ssl;            /* NULL: not used, not made */
    ngx_str_t            name;           /* verified instead of the host */
    ngx_flag_t           verify;
} ngx_zos_tls_t;


typedef struct {
    ngx_msec_t           connect_timeout;
    ngx_msec_t           accept_timeout;
    ngx_msec_t           timeout;
    ngx_msec_t           kill_grace;
    ngx_msec_t           keepalive_timeout;
    ngx_uint_t           max_conns;
    ngx_uint_t           queue;
    ngx_uint_t           keepalive;
    size_t               max_reply;
    ngx_flag_t           ssl;
    ngx_uint_t           auth;           /* ngx_zos_core0_auth_e */

    ngx_zos_tls_t       *tls;
    ngx_flag_t           ssl_verify;
    ngx_uint_t           ssl_protocols;
    ngx_str_t            ssl_ciphers;
    ngx_str_t            ssl_name;
    ngx_str_t            ssl_trusted_certificate;
} ngx_zos_core0_conf_t;


/* Whom to connect to; connections are shared by peers equal in all of it. */

typedef struct {
    ngx_str_t            node;           /* its id */
    ngx_str_t            host;           /* as written, without the port */
    ngx_str_t            password;       /* empty: no AUTH */
    ngx_uint_t           token;          /* its generation; 0: is none */
    struct sockaddr     *sockaddr;
    socklen_t            socklen;
    ngx_str_t            address;        /* sockaddr as text */
    ngx_zos_tls_t       *tls;            /* NULL: plain */
    ngx_shm_zone_t      *zone;           /* where connections are counted */
} ngx_zos_peer_t;


typedef struct ngx_zos_conn_s    ngx_zos_conn_t;
typedef struct ngx_zos_pool_s    ngx_zos_pool_t;
typedef struct ngx_zos_waiter_s  ngx_zos_waiter_t;
typedef struct ngx_zos_call_s    ngx_zos_call_t;


/* ---- connections ---- */

typedef void (*ngx_zos_conn_ready_pt)(ngx_zos_conn_t *zc);
typedef void (*ngx_zos_conn_failed_pt)(ngx_zos_conn_t *zc,
    ngx_zos_error_e error);

/*
 * Takes the reply over.  NGX_DONE: the connection was closed, or is somebody
 * else's by now; it must not be touched any more.
 */
typedef ngx_int_t (*ngx_zos_conn_reply_pt)(ngx_zos_conn_t *zc,
    ngx_zos_resp_t *reply);


struct ngx_zos_conn_s {
    ngx_peer_connection_t     peer;
    ngx_zos_peer_t           *to;
    ngx_pool_t               *mem;       /* its own; TLS lives there too */

    void                     *reader;
    size_t                    fed;       /* bytes of the reply being read */
    size_t                    max_reply;
    ngx_str_t                 unsent;

    ngx_zos_conn_ready_pt     ready;
    ngx_zos_conn_failed_pt    failed;
    ngx_zos_conn_reply_pt     reply;
    void                     *data;      /* the waiter, then the call */

    ngx_zos_pool_t           *pool;
    ngx_queue_t               queue;
    void                     *cell;      /* its place in the node's count */
    ngx_msec_t                since;     /* it has had that */
    ngx_uint_t                uses;

    unsigned                  connected:1;
    unsigned                  reading:1;
    unsigned                  closed:1;
};


/*
 * NGX_OK or NGX_AGAIN: "ready" or "failed" will be called, maybe before the
 * return.  NGX_ERROR: out of memory, neither will.
 */
ngx_int_t ngx_zos_conn_open(ngx_zos_conn_t *zc, ngx_msec_t timeout);

/* "data" must stay until the first reply to it.  Fails by calling "failed". */
void ngx_zos_conn_send(ngx_zos_conn_t *zc, ngx_str_t *data);

void ngx_zos_conn_close(ngx_zos_conn_t *zc);
void ngx_zos_conn_log(ngx_zos_conn_t *zc, ngx_log_t *log);
void ngx_zos_conn_read_handler(ngx_event_t *rev);
void ngx_zos_conn_write_handler(ngx_event_t *wev);


/* ---- TLS: src/ngx_zos_tls.c ---- */

/* The context of conf->tls. */
ngx_int_t ngx_zos_tls_create(ngx_conf_t *cf, ngx_zos_core0_conf_t *conf);
ngx_int_t ngx_zos_tls_start(ngx_zos_conn_t *zc);
ngx_int_t ngx_zos_tls_verify(ngx_zos_conn_t *zc);


/* ---- pools ---- */

struct ngx_zos_waiter_s {
    ngx_zos_peer_t           *peer;
    ngx_zos_core0_conf_t     *conf;
    ngx_log_t                *log;
    void                    (*ready)(ngx_zos_waiter_t *w, ngx_zos_conn_t *zc);
    void                    (*failed)(ngx_zos_waiter_t *w,
                                      ngx_zos_error_e error);

    /* the pool's */

    ngx_queue_t               queue;
    ngx_zos_pool_t           *pool;
    ngx_zos_conn_t           *conn;      /* being opened for it */
    unsigned                  fresh:1;   /* no idle connection, please */
    unsigned                  admitted:1; /* part of something under way */
};


/* Calls "ready" or "failed", maybe before it returns. */
void ngx_zos_pool_get(ngx_zos_waiter_t *w);

/* A connection could be had now, and nobody waits for one. */
ngx_uint_t ngx_zos_pool_spare(ngx_zos_peer_t *peer,
    ngx_zos_core0_conf_t *conf);

/* The waiter no longer wants what it asked for; not after "ready". */
void ngx_zos_pool_cancel(ngx_zos_waiter_t *w);

/* A connection with nothing outstanding goes back, any other is dropped. */
void ngx_zos_pool_put(ngx_zos_conn_t *zc, ngx_zos_core0_conf_t *conf);
void ngx_zos_pool_drop(ngx_zos_conn_t *zc);

ngx_int_t ngx_zos_peer_copy(ngx_pool_t *mem, ngx_zos_peer_t *to,
    ngx_zos_peer_t *peer);

ngx_ssl_session_t **ngx_zos_pool_session(ngx_zos_conn_t *zc);

void ngx_zos_pool_init_worker(ngx_cycle_t *cycle);
void ngx_zos_pool_close_idle(void);

/* ... to this node; NULL: to all. */
void ngx_zos_pool_close_node(ngx_str_t *node);

/* The token's generation from now on: nothing older is kept. */
void ngx_zos_pool_token(ngx_uint_t generation);


/* ---- calls ---- */

/*
 * What a command came to.  All of it is the call's memory: it goes with
 * ngx_zos_call_free().
 */

typedef struct {
    ngx_str_t            state;          /* "SUCCESS", ... */
    ngx_str_t            data;           /* checked JSON when level is 20 */
    ngx_str_t            text;           /* why not, for people; maybe empty */
    ngx_str_t            command;
    ngx_str_t            id;
    ngx_str_t            out;            /* streams[0], as JSON text */
    ngx_str_t            err;            /* streams[1], as JSON text */
    ngx_str_t            raw;            /* data as JSON text */
    int64_t              level;
    int64_t              code;           /* 0: none */
    int64_t              starttime;      /* ms */
    int64_t              container;      /* 0: the node itself */
} ngx_zos_result_t;


#define NGX_ZOS_CALL_REPLIES  3


struct ngx_zos_call_s {
    ngx_pool_t             *pool;        /* its own */
    ngx_log_t              *log;
    void                  (*handler)(ngx_zos_call_t *call);
    ngx_socket_t            fd;          /* -1: debug logs of timers look */
    void                   *data;

    /* set by the caller */

    ngx_zos_peer_t         *peer;
    ngx_zos_core0_conf_t   *conf;
    ngx_msec_t              limit;       /* for all of it; 0: none */
    ngx_uint_t              container;   /* 0: the node itself */
    ngx_uint_t              epoch;       /* that its number is of; 0: any */
    ngx_uint_t              max_time;    /* s, of the job; 0: none */
    ngx_str_t               prefix;      /* of the id */
    ngx_str_t               queue;       /* on the node; empty: none */
    ngx_str_t               block;       /* an argument more, as base64 */
    unsigned                stream:1;    /* core0 keeps the job's output */
    unsigned                changes:1;   /* must not run twice */
    unsigned                start:1;     /* don't wait for the job itself */
    unsigned                keep:1;      /* keep the connection for the next */
    unsigned                admitted:1;  /* the queue's limits are not for it */

    /* NULL, or called when nothing pushed from now on comes before it */
    void                  (*placed_handler)(ngx_zos_call_t *call);

    /* the outcome, when the handler is called */

    unsigned                placed:1;
    unsigned                finished:1;
    ngx_zos_error_e         error;
    ngx_zos_result_t        result;
    ngx_zos_resp_t          reply[NGX_ZOS_CALL_REPLIES];
    ngx_msec_t              elapsed;
    ngx_str_t               id;          /* of the job on the node */

    /* private */

    ngx_zos_waiter_t        waiter;
    ngx_zos_conn_t         *conn;
    ngx_event_t             timer;
    ngx_event_t             limiter;
    ngx_event_t             done;
    ngx_msec_t              started;
    ngx_msec_t              asked;       /* the pop that is blocking now */
    ngx_msec_t              sent;
    ngx_str_t               command;     /* without its id */
    ngx_str_t               wait;        /* id of the result waited for */
    ngx_str_t               push;        /* with the command in it */
    ngx_str_t               pushed;      /* the command as it was sent */
    ngx_str_t               bytes;       /* what was sent after it */
    ngx_uint_t              state;
    ngx_uint_t              nreplies;
    ngx_uint_t              expected;
    ngx_str_t               query;       /* Redis commands that only read */
    unsigned                kept:1;
    unsigned                accepted:1;
    unsigned                inner:1;
    unsigned                retried:1;
};


/* NULL: out of memory. */
ngx_zos_call_t *ngx_zos_call_create(ngx_zos_peer_t *peer,
    ngx_zos_core0_conf_t *conf, ngx_log_t *log);

/*
 * "args" is the JSON text of an object.  The handler is called once, later,
 * never from within.  NGX_ERROR: out of memory, it won't be.  A call whose
 * "keep" is set may be given another command then, which goes over the same
 * connection or fails.
 *
 * Commands with the same queue run one after the other on the node, in the
 * order in which they are pushed: the next one may be given when this one is
 * "placed".  Its handler is called for that, later, too, unless the call has
 * finished by then.
 */
ngx_int_t ngx_zos_call_command(ngx_zos_call_t *call, const ngx_str_t *command,
    const ngx_str_t *args);

/* What it waited behind in its queue is done: its own time begins. */
void ngx_zos_call_renew(ngx_zos_call_t *call);

/*
 * The result of a job that somebody else may still want: nothing is consumed.
 * reply[0] is the length of the acceptance list, reply[1] the envelope.
 */
ngx_int_t ngx_zos_call_lookup(ngx_zos_call_t *call, ngx_str_t *id);

/*
 * Records "from" to "to" of a stream, 1000 at most, in reply[0]; and after
 * them what ngx_zos_call_lookup() gives of the job.
 */
ngx_int_t ngx_zos_call_range(ngx_zos_call_t *call, ngx_str_t *id,
    ngx_str_t *stream, ngx_int_t from, ngx_int_t to);

/*
 * Reads an envelope into call->result, and sets call->error.  Of what is no
 * envelope, or that of another job, nothing is left: the id is empty.
 */
void ngx_zos_call_decode(ngx_zos_call_t *call, ngx_str_t *text,
    ngx_str_t *id);

/* Why it failed, in the words of $zos_error. */
const char *ngx_zos_reason(ngx_zos_error_e error);

/* Ends it in whatever state it is; the connection is dropped at once. */
void ngx_zos_call_free(ngx_zos_call_t *call);


/* ---- what outlives its request: src/ngx_zos_detached.c ---- */

#define NGX_ZOS_DETACHED_MAX  2


typedef struct {
    const ngx_str_t        *command;
    ngx_str_t               args;
    ngx_str_t               queue;       /* as of a call */
} ngx_zos_detached_t;


/*
 * Commands to be run one after the other for nobody, whatever each comes to;
 * all that is passed is copied.  Only tried: a node that can't be reached
 * ends it.
 */
void ngx_zos_detached(ngx_zos_peer_t *peer, ngx_zos_core0_conf_t *conf,
    ngx_uint_t container, ngx_zos_detached_t *commands, ngx_uint_t n);


#endif /* _NGX_ZOS_CORE0_H_INCLUDED_ */
