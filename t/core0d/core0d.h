/*
 * core0d: a stand-in for the Zero-OS node agent core0.  See main.c for the
 * options and the faults, and the head of each file for its duty.
 */

#ifndef CORE0D_H
#define CORE0D_H

#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <unistd.h>
#include <hiredis/async.h>
#include <jansson.h>

#define GEN_A  1
#define GEN_B  2
#define GEN_C  4
#define GEN_ALL  (GEN_A|GEN_B|GEN_C)

#define RESULT_TTL  "300"


typedef struct container_s  container_t;
typedef struct job_s  job_t;
typedef struct listener_s  listener_t;


/* util.c: growing buffer, clocks, texts, small files */

typedef struct {
    char    *data;
    size_t   len;
    size_t   size;
} buf_t;

void *xalloc(size_t size);
char *xstrdup(const char *s);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void buf_add(buf_t *b, const void *data, size_t len);
void buf_puts(buf_t *b, const char *s);
void buf_printf(buf_t *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_shift(buf_t *b, size_t len);
void buf_free(buf_t *b);
int64_t now_ns(void);
int64_t now_ms(void);
int64_t mono_ms(void);
void uuid_make(char out[37]);
char *read_text(const char *path, size_t *len);
char *read_line(const char *path);
const char *errno_text(int err);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int set_nonblock(int fd);


/* loop.c: epoll, timers, deferred frees */

typedef struct {
    int        fd;
    uint32_t   events;
    void     (*handler)(void *data, uint32_t events);
    void      *data;
} io_t;

typedef struct {
    int64_t    at;
    size_t     pos;         /* place in the heap, 0: not set */
    void     (*handler)(void *data);
    void      *data;
} timer_node_t;

int loop_init(void);
void loop_run(void);
void loop_stop(void);
void loop_end(void);
void io_set(io_t *io, uint32_t events);
void io_del(io_t *io);
void timer_set(timer_node_t *t, int64_t ms);
void timer_del(timer_node_t *t);
void loop_free_later(void *p);


/* json.c: JSON text as Go's encoder writes it */

void json_quote(buf_t *b, const char *s, size_t len);
void json_write(buf_t *b, const json_t *v);
char *json_text(const json_t *v);
json_t *json_str(const char *s);
json_t *json_strn(const char *s, size_t len);
json_t *json_flag(int value);
void json_put(json_t *o, const char *key, json_t *v);
const char *json_string_at(const json_t *o, const char *key, const char *def);
int64_t json_int_at(const json_t *o, const char *key, int64_t def);


/* redis.c: connections to the redis behind us */

redisAsyncContext *redis_open(void *data,
    void (*down)(const redisAsyncContext *ac, int status));


/* options and global state (main.c) */

typedef struct {
    const char    *redis;           /* path of the unix socket */
    int            gen;             /* GEN_A, GEN_B or GEN_C */
    const char    *hostname;
    const char    *state;           /* private directory, absolute */
    const char    *root;            /* state/root: the files of the host */
    const char    *exe;             /* this program */
    const char    *cert;
    const char    *key;
    const char    *control;
    int            vms;
    int64_t        started;
} options_t;

extern options_t  opt;

void node_reboot(void);


/* faults.c */

typedef enum {
    FAULT_NONE = 0, FAULT_SILENT, FAULT_NOAGENT, FAULT_STUCK, FAULT_LATE,
    FAULT_SLOW, FAULT_TURNS, FAULT_DRIP, FAULT_BREAK, FAULT_RESET,
    FAULT_GARBAGE, FAULT_ERROR,
    FAULT_OVERSIZE, FAULT_FLOOD, FAULT_SLOWFLOOD, FAULT_ENVELOPE,
    FAULT_NOAUTH, FAULT_AUTHHANG, FAULT_NULLS, FAULT_DATA, FAULT_STATE
} fault_kind_e;

typedef struct {
    fault_kind_e   kind;
    int64_t        number;      /* MS, N or BYTES */
    unsigned       played;      /* so often; of turns */
    char          *text;        /* TEXT, KIND, JSON or STATE:CODE:TEXT */
    char          *only;        /* command name, NULL: every command */
} fault_t;

int fault_parse(fault_t *f, const char *spec);
void fault_free(fault_t *f);
int fault_play(fault_t *f, const char *text, size_t len);


/* front.c: listeners and their clients */

int conn_init(void);
listener_t *front_listen(char *spec);
void front_ready(void);
void front_close_all(void);
void front_stop(void);
int front_fault(int port, const char *spec);
json_t *front_stats(int port);
void front_reset_stats(void);


/* agent.c: takes commands from redis, answers with envelopes */

typedef struct {
    const char    *state;
    int            level;
    unsigned       code;
    const char    *data;
    size_t         len;
    const char    *critical;
    const char    *out;             /* NULL: no streams */
    size_t         out_len;
    const char    *err;
    size_t         err_len;
    int64_t        start;
    int64_t        time;
} result_t;

void agent_start(void);
void agent_stop(void);
void agent_redis(const char *verb, ...);
void agent_redisn(int argc, const char **argv, const size_t *len);
void agent_flag(const char *id);
void agent_push(json_t *cmd, int core, const result_t *res);
void agent_push_text(const char *id, const char *text, size_t len);
void agent_delay(const char *id, int64_t ms);
int64_t agent_delay_of(const char *id);
void agent_note(json_t *cmd, int core);
json_t *agent_notes(void);
void agent_reset(void);
int agent_command_ok(const json_t *cmd);


/* builtin.c: the table of commands */

#define ON_HOST  1
#define ON_CORE  2          /* inside containers */
#define ON_BOTH  3
#define NEEDS_ARGS  4
#define PROCESS  8          /* a program, not a builtin */

typedef json_t *(*builtin_pt)(job_t *job, json_t *args);

typedef struct {
    const char    *name;
    int            gens;
    int            flags;
    builtin_pt     run;
} builtin_t;

const builtin_t *builtin_find(const char *name, int inside);
json_t *job_fail(job_t *job, unsigned code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
json_t *job_fail_errno(job_t *job, const char *what, const char *path);
extern json_t  *job_async;  /* what a builtin returns that ends later */


/* output.c: what a program prints */

#define LINES_MAX  1000

typedef struct {
    char         **line;        /* ring of the newest lines */
    size_t        *len;
    size_t         first;
    size_t         count;
    size_t         limit;
} lines_t;

typedef struct {
    io_t           io;
    job_t         *job;
    int            level;       /* 1 stdout, 2 stderr */
    int            multi;       /* level of an open multi-line message, 0 */
    buf_t          in;          /* bytes without a line end yet */
    buf_t          text;        /* of the open multi-line message */
    lines_t        lines;
} channel_t;

void channel_open(channel_t *ch, job_t *job, int level, int fd);
void channel_close(channel_t *ch);
void channel_drain(channel_t *ch);
void channel_join(channel_t *ch, buf_t *out, int closing);


/* jobs.c: life of a job */

typedef enum { JOB_QUEUED, JOB_RUNNING, JOB_SLEEPING } phase_e;

#define BACKLOG  10

struct job_s {
    TAILQ_ENTRY(job_s)  link;
    char              *id;
    char              *command;
    char              *queue;
    json_t            *cmd;
    json_t            *args;        /* borrowed from cmd, may be NULL */
    container_t       *ct;          /* NULL: the host */
    int                core;        /* 0, or the container's number */
    const builtin_t   *builtin;
    phase_e            phase;
    unsigned           stream:1;
    unsigned           boot:1;      /* an entry of the boot, no result */
    unsigned           guarded:1;   /* job.killall leaves it alone */
    unsigned           killed:1;    /* by job.kill or job.killall */
    unsigned           timed_out:1;
    unsigned           exited:1;
    int                runs;
    int64_t            max_time;
    int64_t            max_restart;
    int64_t            recurring;
    int64_t            start;       /* ms since epoch */
    timer_node_t       limit;       /* max_time */
    timer_node_t       again;       /* restart or recurring run */
    timer_node_t       wait;        /* of a builtin that ends later */
    pid_t              pid;         /* as the host sees it, 0: none */
    int                status;      /* of waitpid */
    channel_t          out;
    channel_t          err;
    char              *critical;
    buf_t              payload;
    int                payload_level;
    char              *error;       /* text of a failed builtin */
    unsigned           code;
    buf_t              backlog[BACKLOG];    /* newest messages */
    size_t             backlog_n;
    int64_t            cpu_ticks;   /* last sample of job.list */
    int64_t            cpu_at;
    char              *watch;       /* core.subscribe: id of the job */
    pid_t              inside;      /* pid as the container sees it */
    int                seq;         /* of a message to coreX, 0: none */
    int                awaits;      /* corex.terminate: the container */
    json_t            *inner;       /* corex.dispatch: the command, ours */
};

typedef TAILQ_HEAD(job_list_s, job_s)  job_list_t;
extern job_list_t  jobs;

void jobs_init(void);
void job_submit(json_t *cmd, container_t *ct);
job_t *job_find(const char *id, const container_t *ct);
void job_end(job_t *job, json_t *value);
void job_exited(job_t *job, int status);
void job_channel_done(job_t *job);
void job_unstartable(job_t *job, const char *text);
void job_signal(job_t *job, int sig);
void job_drop(job_t *job);
void job_entry(const char *id, pid_t pid);
void jobs_drop(const container_t *ct);
void jobs_stop(void);
json_t *job_list_cmd(job_t *job, json_t *args);
json_t *job_kill_cmd(job_t *job, json_t *args);
json_t *job_killall_cmd(job_t *job, json_t *args);
json_t *core_state_cmd(job_t *job, json_t *args);
json_t *jobs_summary(void);


/* spawn.c, program.c: starting programs */

void spawn_job(job_t *job);
void spawn_reap(void);
void spawn_kill_all(void);
pid_t parent_pid(pid_t pid);

/* {"argv":[...],"env":["K=V",...],"dir":""}, ready to be executed */

typedef struct {
    char         **argv;
    char         **env;
    char          *dir;
} program_t;

program_t *program_make(const json_t *o);
void program_free(program_t *p);
void program_run(program_t *p, const int fd[3], int report);


/* stream.c */

void job_message(job_t *job, int level, int flags, const char *text,
    size_t len);
json_t *core_subscribe_cmd(job_t *job, json_t *args);
void stream_job_ended(job_t *job, int ok);


/* info.c, nic.c, disk.c, process.c, aggregator.c, kvm.c */

json_t *info_cpu_cmd(job_t *job, json_t *args);
json_t *info_mem_cmd(job_t *job, json_t *args);
json_t *info_os_cmd(job_t *job, json_t *args);
json_t *info_nic_cmd(job_t *job, json_t *args);
json_t *info_disk_cmd(job_t *job, json_t *args);
json_t *info_port_cmd(job_t *job, json_t *args);
json_t *bridge_list_cmd(job_t *job, json_t *args);
json_t *disk_list_cmd(job_t *job, json_t *args);
json_t *process_list_cmd(job_t *job, json_t *args);
json_t *process_kill_cmd(job_t *job, json_t *args);
json_t *aggregator_query_cmd(job_t *job, json_t *args);
json_t *kvm_list_cmd(job_t *job, json_t *args);
json_t *kvm_infops_cmd(job_t *job, json_t *args);

typedef struct {
    int64_t        rss;
    int64_t        vms;
    int64_t        swap;
    int64_t        ticks;
} usage_t;

int process_usage(pid_t pid, usage_t *u);
pid_t process_host_pid(const container_t *ct, pid_t pid);
double cpu_percent(int64_t *ticks, int64_t *at, int64_t now_ticks);
json_t *usage_json(double cpu, const usage_t *u);
long cpu_count(void);
void aggregator_init(void);
void aggregator_feed(const char *metric, const char *id, const char *type,
    char op, double value);
json_t *aggregator_select(const char *key, const json_t *tags);
void kvm_sample(void);


/* container.c, corexcmd.c, corex.c, files.c, paths.c */

int container_number(const container_t *ct);
pid_t container_pid(const container_t *ct);
const char *container_hostname(const container_t *ct);
pid_t container_inside(const container_t *ct, pid_t host);
int container_root(const container_t *ct);
int container_reaped(pid_t pid);
void container_spawn(job_t *job, const json_t *program, const int fd[3]);
void container_free(container_t *ct);
void containers_drop(void);
void containers_reset(void);
void directory_remove(const char *path);
void dispatch_accepted(job_t *job, container_t *ct);
int corex_main(int argc, char **argv);
int next_seq(void);
void files_drop(const container_t *ct);
json_t *files_open_cmd(job_t *job, json_t *args);
json_t *files_read_cmd(job_t *job, json_t *args);
json_t *files_write_cmd(job_t *job, json_t *args);
json_t *files_close_cmd(job_t *job, json_t *args);
json_t *files_exists_cmd(job_t *job, json_t *args);
json_t *files_remove_cmd(job_t *job, json_t *args);
json_t *files_list_cmd(job_t *job, json_t *args);
json_t *files_mkdir_cmd(job_t *job, json_t *args);
json_t *files_move_cmd(job_t *job, json_t *args);
json_t *files_chmod_cmd(job_t *job, json_t *args);
json_t *files_chown_cmd(job_t *job, json_t *args);
json_t *container_create_cmd(job_t *job, json_t *args);
json_t *container_list_cmd(job_t *job, json_t *args);
json_t *container_find_cmd(job_t *job, json_t *args);
json_t *container_dispatch_cmd(job_t *job, json_t *args);
json_t *container_terminate_cmd(job_t *job, json_t *args);


/* control.c */

int control_start(void);
void control_stop(void);

#endif
