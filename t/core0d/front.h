/* What front.c (listeners), conn.c (bytes) and proxy.c (commands) share. */

#ifndef FRONT_H
#define FRONT_H

#include "core0d.h"

#include <openssl/ssl.h>

#define LAST_MAX  50
#define ARGS_MAX  1024      /* of a command */


typedef struct {
    long       accepted;
    long       open;
    long       peak;
    long       blocked;
    long       peak_blocked;
    long       commands;
    long       auths;
    long       tls_resumed;
    json_t    *last;
} stats_t;

typedef struct client_s  client_t;
typedef struct backend_s  backend_t;

struct listener_s {
    TAILQ_ENTRY(listener_s)         link;
    io_t                            io;
    int                             port;
    int                             tls;
    char                           *auth;       /* NULL: no password */
    fault_t                         fault;
    stats_t                         stats;
    TAILQ_HEAD(clients_s, client_s) clients;
};

struct client_s {
    TAILQ_ENTRY(client_s)   link;
    TAILQ_ENTRY(client_s)   waiting;    /* for one of the C proxy's 20 */
    io_t                    io;
    listener_t             *ls;
    SSL                    *ssl;
    redisReader            *reader;
    buf_t                   out;
    size_t                  out_at;     /* start of what is unsent */
    size_t                  sent;       /* reply bytes so far */
    redisReply             *cmd;        /* executing */
    backend_t              *backend;
    timer_node_t            timer;      /* of the fault slowflood */
    unsigned                shaking:1;
    unsigned                authed:1;
    unsigned                blocking:1; /* cmd is a blocking pop */
    unsigned                queued:1;
    unsigned                hung:1;     /* never answered: silent, authhang */
    unsigned                flooding:1;
    unsigned                gone:1;     /* left while a command executes */
    unsigned                last:1;     /* close when all is sent */
    unsigned                closed:1;
};


/* conn.c */

void conn_stop(void);
void conn_open(listener_t *ls, int fd);
void conn_close(client_t *c);
void conn_send(client_t *c, const void *data, size_t len);
void conn_arm(client_t *c);
void conn_resume(client_t *c);
void conn_flood(client_t *c, int slow);
void conn_reset(client_t *c);


/* proxy.c */

void proxy_next(client_t *c);
int command_is(const redisReply *cmd, const char *name);
const char *command_arg(const redisReply *cmd, size_t i);
void send_text(client_t *c, const char *text);
void send_error(client_t *c, const char *text);


/* upstream.c */

void upstream_command(client_t *c);
void upstream_left(client_t *c);
void upstream_stop(void);
void command_done(client_t *c);

#endif
