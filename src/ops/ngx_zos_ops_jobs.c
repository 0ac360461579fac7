
/*
 * Copyright (C) the ngx_zos authors
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos.h>
#include <ngx_zos_ops.h>


static const ngx_zos_member_t  ngx_zos_job_item_members[] = {

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .from = ngx_string("cmd.id"),
      .text = ngx_string("id of the job") },

    { .name = ngx_string("startTime"), .type = NGX_ZOS_INTEGER,
      .from = ngx_string("starttime"),
      .text = ngx_string("milliseconds since the epoch") },

    { .name = ngx_null_string }
};


static const ngx_zos_member_t  ngx_zos_job_members[] = {

    { .name = ngx_string("data"), .type = NGX_ZOS_STRING,
      .text = ngx_string("result as text; JSON where level is 20") },

    { .name = ngx_string("id"), .type = NGX_ZOS_STRING,
      .text = ngx_string("id of the job") },

    { .name = ngx_string("level"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("kind of the data, 0: none") },

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING,
      .text = ngx_string("command") },

    { .name = ngx_string("startTime"), .type = NGX_ZOS_INTEGER,
      .text = ngx_string("milliseconds since the epoch") },

    { .name = ngx_string("state"), .type = NGX_ZOS_STRING,
      .text = ngx_string("running, success, error, killed, timeout, "
                         "unknown_cmd or duplicate_id") },

    { .name = ngx_string("stderr"), .type = NGX_ZOS_STRING,
      .text = ngx_string("last lines") },

    { .name = ngx_string("stdout"), .type = NGX_ZOS_STRING,
      .text = ngx_string("last lines") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_job_list_view = {
    .name = ngx_string("JobListItem"),
    .shape = NGX_ZOS_VIEW_LIST,
    .members = ngx_zos_job_item_members,
    .sort = { ngx_string("starttime"), ngx_string("cmd.id") },
    .skip = ngx_zos_job_skip,
};


const ngx_zos_view_t  ngx_zos_job_view = {
    .name = ngx_string("JobResult"),
    .shape = NGX_ZOS_VIEW_OBJECT,
    .members = ngx_zos_job_members,
};


static const ngx_zos_arg_t  ngx_zos_job_id_args[] = {
    { .name = ngx_string("id"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("jobid") },
    { .name = ngx_null_string }
};


static const ngx_zos_arg_t  ngx_zos_job_kill_args[] = {
    { .name = ngx_string("id"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("jobid") },
    { .name = ngx_string("signal"), .from = NGX_ZOS_FROM_CONST,
      .key = ngx_string("9") },
    { .name = ngx_null_string }
};


static const ngx_zos_command_t  ngx_zos_job_list_command = {
    .name = ngx_string("job.list"),
};


static const ngx_zos_command_t  ngx_zos_job_get_command = {
    .name = ngx_string("job.list"),
    .args = ngx_zos_job_id_args,
};


static const ngx_zos_command_t  ngx_zos_job_kill_command = {
    .name = ngx_string("job.kill"),
    .args = ngx_zos_job_kill_args,
};


static const ngx_zos_command_t  ngx_zos_job_kill_all_command = {
    .name = ngx_string("job.killall"),
};


static const ngx_zos_arg_t  ngx_zos_job_signal_args[] = {
    { .name = ngx_string("id"), .from = NGX_ZOS_FROM_PATH,
      .key = ngx_string("jobid") },
    { .name = ngx_string("signal"), .from = NGX_ZOS_FROM_BODY,
      .key = ngx_string("signal"), .absent = ngx_string("15") },
    { .name = ngx_null_string }
};


static const ngx_zos_command_t  ngx_zos_job_signal_command = {
    .name = ngx_string("job.kill"),
    .args = ngx_zos_job_signal_args,
};


const ngx_zos_field_t  ngx_zos_signal_fields[] = {

    { .name = ngx_string("signal"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .min = 1, .max = 64,
      .text = ngx_string("number of the signal, 15 if left out") },

    { .name = ngx_null_string }
};


static const ngx_zos_field_t  ngx_zos_job_start_query[] = {

    { .name = ngx_string("stream"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("1: keep the output, to be watched") },

    { .name = ngx_null_string }
};


const ngx_zos_field_t  ngx_zos_job_start_fields[] = {

    { .name = ngx_string("name"), .type = NGX_ZOS_STRING, .required = 1,
      .text = ngx_string("the program, looked up in PATH") },

    { .name = ngx_string("pwd"), .type = NGX_ZOS_STRING,
      .text = ngx_string("working directory") },

    { .name = ngx_string("args"), .type = NGX_ZOS_STRINGS,
      .text = ngx_string("arguments") },

    { .name = ngx_string("environment"), .alias = ngx_string("env"),
      .type = NGX_ZOS_STRINGS, .check = ngx_zos_check_environment,
      .rule = ngx_string("must be NAME=value"),
      .text = ngx_string("NAME=value, each") },

    { .name = ngx_string("stdin"), .type = NGX_ZOS_STRING,
      .text = ngx_string("standard input") },

    { .name = ngx_string("stream"), .type = NGX_ZOS_BOOLEAN,
      .text = ngx_string("keep the output, to be watched") },

    { .name = ngx_string("max_time"), .type = NGX_ZOS_INTEGER,
      .bounded = 1, .min = 0, .max = 2147483647,
      .text = ngx_string("seconds until it is killed, 0: none") },

    { .name = ngx_null_string }
};


static const ngx_zos_view_t  ngx_zos_job_output_view = {
    .name = ngx_string("text/event-stream"),
    .shape = NGX_ZOS_VIEW_BYTES,
};


const ngx_zos_op_t  ngx_zos_ops_jobs[] = {

    {
      .name = ngx_string("listNodeJobs"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/jobs"),
      .summary = ngx_string("List the running jobs of the node"),
      .command = &ngx_zos_job_list_command,
      .view = &ngx_zos_job_list_view,
    },

    {
      .name = ngx_string("killAllNodeJobs"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/jobs"),
      .summary = ngx_string("Terminate the jobs of the node, containers and"
                            " monitors among them"),
      .flags = NGX_ZOS_OP_CHANGES,
      .command = &ngx_zos_job_kill_all_command,
      .steps = ngx_zos_steps_kill_all_jobs,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("getNodeJob"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/jobs/{jobid}"),
      .summary = ngx_string("One job, running or ended in the last 300 "
                            "seconds"),
      .command = &ngx_zos_job_get_command,
      .view = &ngx_zos_job_view,
      .steps = ngx_zos_steps_get_job,
    },

    {
      .name = ngx_string("killNodeJob"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/jobs/{jobid}"),
      .summary = ngx_string("Kill a job of the node with SIGKILL"),
      .flags = NGX_ZOS_OP_CHANGES,
      .command = &ngx_zos_job_kill_command,
      .steps = ngx_zos_steps_kill_job,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("listContainerJobs"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/jobs"),
      .summary = ngx_string("List the running jobs of the container"),
      .command = &ngx_zos_job_list_command,
      .view = &ngx_zos_job_list_view,
    },

    {
      .name = ngx_string("startContainerJob"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/jobs"),
      .summary = ngx_string("Start a program in the container as a job"),
      .flags = NGX_ZOS_OP_CHANGES,
      .query = ngx_zos_job_start_query,
      .body = ngx_zos_job_start_fields,
      .steps = ngx_zos_steps_start_job,
      .status = NGX_HTTP_ACCEPTED,
    },

    {
      .name = ngx_string("startContainerProcess"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/processes"),
      .summary = ngx_string("Start a program in the container as a job"),
      .flags = NGX_ZOS_OP_CHANGES,
      .query = ngx_zos_job_start_query,
      .body = ngx_zos_job_start_fields,
      .steps = ngx_zos_steps_start_job,
      .status = NGX_HTTP_ACCEPTED,
    },

    {
      .name = ngx_string("killAllContainerJobs"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/jobs"),
      .summary = ngx_string("Terminate the jobs of the container"),
      .flags = NGX_ZOS_OP_CHANGES,
      .command = &ngx_zos_job_kill_all_command,
      .steps = ngx_zos_steps_kill_all_jobs,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("getContainerJob"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/jobs/{jobid}"),
      .summary = ngx_string("One job of the container"),
      .command = &ngx_zos_job_get_command,
      .view = &ngx_zos_job_view,
      .steps = ngx_zos_steps_get_job,
    },

    {
      .name = ngx_string("sendSignalToJob"),
      .method = NGX_HTTP_POST,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/jobs/{jobid}"),
      .summary = ngx_string("Send a signal to a job of the container"),
      .flags = NGX_ZOS_OP_CHANGES,
      .body = ngx_zos_signal_fields,
      .command = &ngx_zos_job_signal_command,
      .steps = ngx_zos_steps_signal_job,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("killContainerJob"),
      .method = NGX_HTTP_DELETE,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/jobs/{jobid}"),
      .summary = ngx_string("Kill a job of the container with SIGKILL"),
      .flags = NGX_ZOS_OP_CHANGES,
      .command = &ngx_zos_job_kill_command,
      .steps = ngx_zos_steps_kill_job,
      .status = NGX_HTTP_NO_CONTENT,
    },

    {
      .name = ngx_string("getNodeJobOutput"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}"
                         "/jobs/{jobid}/output"),
      .summary = ngx_string("The output of a job as it comes, as "
                            "server-sent events"),
      .flags = NGX_ZOS_OP_EVENTS,
      .command = &ngx_zos_job_get_command,
      .view = &ngx_zos_job_output_view,
      .steps = ngx_zos_steps_job_output,
    },

    {
      .name = ngx_string("getContainerJobOutput"),
      .method = NGX_HTTP_GET,
      .path = ngx_string("/nodes/{nodeid}/containers/{containername}"
                         "/jobs/{jobid}/output"),
      .summary = ngx_string("The output of a job as it comes, as "
                            "server-sent events"),
      .flags = NGX_ZOS_OP_EVENTS,
      .command = &ngx_zos_job_get_command,
      .view = &ngx_zos_job_output_view,
      .steps = ngx_zos_steps_job_output,
    },

    { .name = ngx_null_string }
};
