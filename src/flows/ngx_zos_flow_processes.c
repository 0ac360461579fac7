
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * Ending a process: SIGTERM, and after a fair chance to end, SIGKILL.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


#define NGX_ZOS_KILL_FIRST   50      /* ms, the first pause */
#define NGX_ZOS_KILL_PAUSE   200     /* ms, the longest */
#define NGX_ZOS_KILL_WAIT    1000    /* ms, after SIGKILL */


typedef struct {
    ngx_msec_t   deadline;
    ngx_uint_t   sig;
} ngx_zos_kill_t;


static ngx_int_t ngx_zos_process_signalled(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_process_check_pid(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_kill_send(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_kill_sent(ngx_zos_flow_t *f);
static ngx_int_t ngx_zos_kill_seen(ngx_zos_flow_t *f);
static ngx_uint_t ngx_zos_kill_gone(ngx_zos_flow_t *f);


const ngx_zos_step_pt  ngx_zos_steps_signal_process[] = {
    ngx_zos_process_check_pid,
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_step_command,
    ngx_zos_process_signalled,
    NULL
};


const ngx_zos_step_pt  ngx_zos_steps_kill_process[] = {
    ngx_zos_process_check_pid,
    ngx_zos_step_node,
    ngx_zos_step_container,
    ngx_zos_step_container_found,
    ngx_zos_kill_send,
    ngx_zos_kill_sent,
    ngx_zos_step_command,        /* is it still in the list? */
    ngx_zos_kill_seen,
    NULL
};


/* init, or what plays it in a container: core0 refuses it, too */

static ngx_int_t
ngx_zos_process_check_pid(ngx_zos_flow_t *f)
{
    ngx_str_t  *pid;

    static const ngx_str_t  name = ngx_string("processid");

    pid = ngx_zos_flow_arg(f, &name);

    if (pid->len == 1 && *pid->data == '1') {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "bad parameter",
                            "process 1 can't be signalled");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_zos_process_signalled(ngx_zos_flow_t *f)
{
    static const ngx_str_t  name = ngx_string("processid");

    if (ngx_zos_flow_says(f, "no such process")) {
        return ngx_zos_fail(f, NGX_HTTP_NOT_FOUND, "absent",
                            "there is no process %V",
                            ngx_zos_flow_arg(f, &name));
    }

    if (ngx_zos_flow_says(f, "not permitted")) {
        return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "failed",
                            "the node does not permit to signal this "
                            "process");
    }

    if (ngx_zos_flow_says(f, "invalid argument")) {
        return ngx_zos_fail(f, NGX_HTTP_BAD_REQUEST, "failed",
                            "the node does not know this signal");
    }

    return ngx_zos_flow_check(f);
}


static ngx_int_t
ngx_zos_kill_send(ngx_zos_flow_t *f)
{
    ngx_str_t        args, *pid;
    ngx_zos_out_t    out;
    ngx_zos_kill_t  *kill;

    static const ngx_str_t  name = ngx_string("processid");
    static const ngx_str_t  command = ngx_string("process.kill");

    kill = f->ctx;

    if (kill == NULL) {
        kill = ngx_pcalloc(f->request->pool, sizeof(ngx_zos_kill_t));
        if (kill == NULL) {
            return NGX_ERROR;
        }

        kill->sig = SIGTERM;
        f->ctx = kill;
    }

    pid = ngx_zos_flow_arg(f, &name);

    /*
     * All of it goes over one connection: behind another one the node may
     * have rebooted, and the pid be another process's.
     */

    f->keep = 1;
    f->committed = (kill->sig != SIGTERM);

    if (ngx_zos_out_init(&out, f->request->pool, 64) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_zos_out_literal(&out, "{\"pid\":");
    ngx_zos_out_str(&out, pid);
    ngx_zos_out_literal(&out, ",\"signal\":");
    ngx_zos_out_integer(&out, kill->sig);
    ngx_zos_out_literal(&out, "}");

    if (ngx_zos_out_done(&out, &args) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_zos_flow_call(f, &command, &args);
}


static ngx_int_t
ngx_zos_kill_sent(ngx_zos_flow_t *f)
{
    ngx_zos_kill_t  *kill;

    kill = f->ctx;

    if (ngx_zos_flow_says(f, "no such process")) {
        return NGX_DONE;
    }

    if (ngx_zos_flow_says(f, "not permitted")) {
        return ngx_zos_fail(f, NGX_HTTP_FORBIDDEN, "failed",
                            "the node does not permit to kill this process");
    }

    if (ngx_zos_flow_check(f) != NGX_OK) {
        return NGX_ERROR;
    }

    kill->deadline = ngx_current_msec
                     + (kill->sig == SIGTERM ? f->conf->core0.kill_grace
                                             : NGX_ZOS_KILL_WAIT);

    return ngx_zos_flow_goto(f, ngx_zos_step_command, NGX_ZOS_KILL_FIRST);
}


static ngx_int_t
ngx_zos_kill_seen(ngx_zos_flow_t *f)
{
    ngx_zos_kill_t  *kill;

    static const ngx_str_t  name = ngx_string("processid");

    if (ngx_zos_flow_list(f) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_zos_kill_gone(f)) {
        return NGX_DONE;
    }

    kill = f->ctx;

    if ((ngx_msec_int_t) (kill->deadline - ngx_current_msec) > 0) {
        return ngx_zos_flow_goto(f, ngx_zos_step_command,
                                 ngx_min(2 * f->delay, NGX_ZOS_KILL_PAUSE));
    }

    if (kill->sig == SIGTERM) {
        kill->sig = SIGKILL;

        return ngx_zos_flow_goto(f, ngx_zos_kill_send, 0);
    }

    return ngx_zos_fail(f, NGX_HTTP_INTERNAL_SERVER_ERROR, "failed",
                        "process %V survived SIGTERM and SIGKILL",
                        ngx_zos_flow_arg(f, &name));
}


/* a zombie is gone: no command line, no memory */

static ngx_uint_t
ngx_zos_kill_gone(ngx_zos_flow_t *f)
{
    int64_t              number;
    ngx_str_t            key, process, cmdline, rss;
    ngx_zos_json_iter_t  it;

    static const ngx_str_t  cmdline_path = ngx_string("cmdline");
    static const ngx_str_t  rss_path = ngx_string("rss");

    ngx_zos_json_iter(&it, &f->call->result.data);

    if (ngx_zos_json_next(&it, &key, &process) != NGX_OK) {
        return 1;
    }

    (void) ngx_zos_json_get(&process, &cmdline_path, &cmdline);
    (void) ngx_zos_json_get(&process, &rss_path, &rss);

    return cmdline.len <= 2 && rss.len
           && ngx_zos_json_integer(&rss, &number) == NGX_OK && number == 0;
}

