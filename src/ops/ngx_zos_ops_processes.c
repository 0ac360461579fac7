
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static const ngx_zos_member_t  ngx_zos_cpu_stats_members[] = {

    { .name = ngx_string("guestnice"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("idle"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("iowait"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("irq"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("nice"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("softirq"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("steal"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("stolen"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("system"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_string("user"), .type = NGX_ZOS_NUMBER,
      .text = ngx_string("seconds") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_process_members[] = {

    { .name = ngx_string("cmdline"), .type = NGX_ZOS_STRING,
      .text = ngx_string("command line") },

    { .name = ngx_string("cpu"), .type = NGX_ZOS_OBJECT,
      .members = ngx_zos_cpu_stats_members,
      .text = ngx_string("CPU time") },

    { .name = ngx_string("pid"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("process id") },

    { .name = ngx_string("rss"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("swap"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_string("vms"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("bytes") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_process_list_view = {
    .name = ngx_string("Process"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_process_members,
    .sort = { ngx_string("pid") },
};


static const ngx_zos_view_t  ngx_zos_process_view = {
    .name = ngx_string("Process"),
    .shape = NGX_ZOS_VIEW_FIRST,
    .members = ngx_zos_process_members,
    .absent = ngx_string("there is no such process"),
};


static const ngx_zos_arg_t  ngx_zos_process_pid_args[] = {
    { .name = ngx_string("pid"), .from = NGX_ZOS_FROM_PATH_NUMBER,
      .key = ngx_string("processid") },
    { .name = ngx_null_string }
};


static const ngx_zos_command_t  ngx_zos_process_list_command = {
    .name = ngx_string("process.list"),
};


static const ngx_zos_command_t  ngx_zos_process_get_command = {
    .name = ngx_string("process.list"),
    .args = ngx_zos_process_pid_args,
};


static const ngx_zos_arg_t  ngx_zos_process_signal_args[] = {
    { .name = ngx_string("pid"), .from = NGX_ZOS_FROM_PATH_NUMBER,
      .key = ngx_string("processid") },
    { .name = ngx_string("signal"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("signal"), .absent = ngx_string("15") },
    { .name = ngx_null_string }
};


static const ngx_zos_command_t  ngx_zos_process_signal_command = {
    .name = ngx_string("process.kill"),
    .args = ngx_zos_process_signal_args,
};


const ngx_zos_op_t  ngx_zos_ops_processes[] = {

    {
      .name = ngx_string("listNodeProcesses"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/processes"),
      .summary = ngx_string("List the processes of the node"),
      .command = &ngx_zos_process_list_command,
      .view = &ngx_zos_process_list_view,
    },

    {
      .name = ngx_string("getNodeProcess"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/processes/{processid}"),
      .summary = ngx_string("One process of the node"),
      .command = &ngx_zos_process_get_command,
      .view = &ngx_zos_process_view,
    },

    {
      .name = ngx_string("killNodeProcess"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/processes/{processid}"),
      .summary = ngx_string("End a process of the node: SIGTERM, then "
                            "SIGKILL"),
      .flags = NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .command = &ngx_zos_process_get_command,
      .steps = ngx_zos_steps_kill_process,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listContainerProcesses"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/processes"),
      .summary = ngx_string("List the processes of the container"),
      .command = &ngx_zos_process_list_command,
      .view = &ngx_zos_process_list_view,
    },

    {
      .name = ngx_string("getContainerProcess"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/processes/{processid}"),
      .summary = ngx_string("One process of the container"),
      .command = &ngx_zos_process_get_command,
      .view = &ngx_zos_process_view,
    },

    {
      .name = ngx_string("killContainerProcess"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/processes/{processid}"),
      .summary = ngx_string("End a process of the container: SIGTERM, "
                            "then SIGKILL"),
      .flags = NGX_ZOS_OP_CHANGES|NGX_ZOS_OP_FINISH,
      .command = &ngx_zos_process_get_command,
      .steps = ngx_zos_steps_kill_process,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("sendSignalToProcess"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/processes/{processid}"),
      .summary = ngx_string("Send a signal to a process of the container"),
      .flags = NGX_ZOS_OP_CHANGES,
      .body = ngx_zos_signal_fields,
      .command = &ngx_zos_process_signal_command,
      .steps = ngx_zos_steps_signal_process,
      .status = NGX_HTTP_NO_CONTENT,
    },

    { .name = ngx_null_string }
};
