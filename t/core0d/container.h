/* What container.c (life) and corexcmd.c (commands) share. */

#ifndef CONTAINER_H
#define CONTAINER_H

#include "core0d.h"

struct container_s {
    TAILQ_ENTRY(container_s)  link;
    int                       id;
    json_t                   *arguments;    /* as corex.list shows them */
    char                     *dir;          /* private, goes with us */
    char                     *root;         /* its files on the host */
    const char               *hostname;     /* borrowed from arguments */
    pid_t                     pid;          /* of coreX, on the host */
    io_t                      io;           /* socket to coreX */
    int                       root_fd;      /* -1 until ready */
    int                       isolated;     /* it has namespaces */
    char                      ns[64];       /* its pid namespace */
    job_t                    *creating;     /* awaits "ready" */
    int64_t                   cpu_ticks;
    int64_t                   cpu_at;
};

typedef TAILQ_HEAD(containers_s, container_s)  containers_t;
extern containers_t  containers;

container_t *container_start(int id, json_t *arguments, const json_t *env);
container_t *container_get(int64_t id);
void container_accept(container_t *ct, int seq);

#endif
