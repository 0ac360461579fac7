/* The table of commands: who knows them, where, and what runs them. */

#include "core0d.h"

#define REVISION  "5b1f2c9e7d0c4a6b8e9f00112233445566778899"
#define BRANCH  "master"


static json_t  async_mark;
json_t         *job_async = &async_mark;


/* Returns NULL, so that a builtin can end with "return job_fail(...)". */

json_t *
job_fail(job_t *job, unsigned code, const char *fmt, ...)
{
    va_list  args;

    free(job->error);
    va_start(args, fmt);

    if (vasprintf(&job->error, fmt, args) < 0) {
        abort();
    }

    va_end(args);
    job->code = code;

    return NULL;
}


/* As Go's PathError: "open /x: no such file or directory". */

json_t *
job_fail_errno(job_t *job, const char *what, const char *path)
{
    return job_fail(job, 500, "%s %s: %s", what, path, errno_text(errno));
}


static json_t *
ping_cmd(job_t *job, json_t *args)
{
    (void) job;
    (void) args;

    return json_str("PONG Version: " BRANCH " @Revision: " REVISION);
}


static json_t *
version_cmd(job_t *job, json_t *args)
{
    json_t  *o = json_object();

    (void) job;
    (void) args;

    json_put(o, "branch", json_str(BRANCH));
    json_put(o, "revision", json_str(REVISION));
    json_put(o, "dirty", json_false());

    return o;
}


/* The caller never sees a result: everything it could be read from is gone. */

static json_t *
reboot_cmd(job_t *job, json_t *args)
{
    static timer_node_t  soon;

    (void) job;
    (void) args;

    soon.handler = (void (*)(void *)) node_reboot;
    timer_set(&soon, 0);

    return job_async;
}


/* Machines of the tests have none of these: as a node without any. */

static json_t *
none_cmd(job_t *job, json_t *args)
{
    (void) job;
    (void) args;

    return json_array();
}


static json_t *
nft_cmd(job_t *job, json_t *args)
{
    json_t  *list = json_array();

    (void) job;
    (void) args;

    if (opt.gen == GEN_C) {
        json_array_append_new(list, json_str("tcp dport 6379 accept"));
    }

    return list;
}


static json_t *
cgroup_cmd(job_t *job, json_t *args)
{
    (void) job;
    (void) args;

    return json_pack("{s[s]}", "devices", "corex");
}


static json_t *
dmi_cmd(job_t *job, json_t *args)
{
    (void) args;

    return job_fail(job, 1001, "(ERROR): [# dmidecode 3.4\nScanning /dev/mem"
                    " for entry point. /dev/mem: No such file or directory\n"
                    "]");
}


static json_t *
set_level_cmd(job_t *job, json_t *args)
{
    const char  *level = json_string_at(args, "level", "");

    if (*level == '\0' || strchr("CEWNID", *level) == NULL) {
        return job_fail(job, 500, "invalid log level: %s", level);
    }

    return json_null();
}


static json_t *
monitor_cmd(job_t *job, json_t *args)
{
    const char  *domain = json_string_at(args, "domain", "");

    if (strcmp(domain, "cpu") && strcmp(domain, "memory")
        && strcmp(domain, "disk") && strcmp(domain, "network"))
    {
        return job_fail(job, 500, "invalid monitoring domain: %s", domain);
    }

    return json_null();
}


static const builtin_t  table[] = {
    { "core.ping", GEN_ALL, ON_BOTH, ping_cmd },
    { "core.state", GEN_ALL, ON_BOTH, core_state_cmd },
    { "core.reboot", GEN_ALL, ON_HOST, reboot_cmd },
    { "core.subscribe", GEN_C, ON_BOTH|NEEDS_ARGS, core_subscribe_cmd },
    { "core.system", GEN_ALL, ON_BOTH|NEEDS_ARGS|PROCESS, NULL },
    { "bash", GEN_ALL, ON_BOTH|NEEDS_ARGS|PROCESS, NULL },
    { "info.cpu", GEN_ALL, ON_BOTH, info_cpu_cmd },
    { "info.mem", GEN_ALL, ON_BOTH, info_mem_cmd },
    { "info.nic", GEN_ALL, ON_BOTH, info_nic_cmd },
    { "info.disk", GEN_ALL, ON_BOTH, info_disk_cmd },
    { "info.os", GEN_ALL, ON_BOTH, info_os_cmd },
    { "info.port", GEN_ALL, ON_BOTH, info_port_cmd },
    { "info.version", GEN_ALL, ON_BOTH, version_cmd },
    { "info.dmi", GEN_C, ON_BOTH, dmi_cmd },
    { "process.list", GEN_ALL, ON_BOTH|NEEDS_ARGS, process_list_cmd },
    { "process.kill", GEN_ALL, ON_BOTH|NEEDS_ARGS, process_kill_cmd },
    { "job.list", GEN_ALL, ON_BOTH|NEEDS_ARGS, job_list_cmd },
    { "job.kill", GEN_ALL, ON_BOTH|NEEDS_ARGS, job_kill_cmd },
    { "job.killall", GEN_ALL, ON_BOTH, job_killall_cmd },
    { "disk.list", GEN_ALL, ON_HOST, disk_list_cmd },
    { "bridge.list", GEN_ALL, ON_HOST, bridge_list_cmd },
    { "btrfs.list", GEN_ALL, ON_HOST, none_cmd },
    { "nft.list", GEN_B|GEN_C, ON_HOST, nft_cmd },
    { "cgroup.list", GEN_C, ON_HOST, cgroup_cmd },
    { "logger.set_level", GEN_ALL, ON_HOST|NEEDS_ARGS, set_level_cmd },
    { "monitor", GEN_ALL, ON_HOST|NEEDS_ARGS, monitor_cmd },
    { "kvm.list", GEN_ALL, ON_HOST, kvm_list_cmd },
    { "kvm.infops", GEN_ALL, ON_HOST|NEEDS_ARGS, kvm_infops_cmd },
    { "corex.create", GEN_ALL, ON_HOST|NEEDS_ARGS, container_create_cmd },
    { "corex.list", GEN_ALL, ON_HOST, container_list_cmd },
    { "corex.find", GEN_ALL, ON_HOST|NEEDS_ARGS, container_find_cmd },
    { "corex.dispatch", GEN_ALL, ON_HOST|NEEDS_ARGS, container_dispatch_cmd },
    { "corex.terminate", GEN_ALL, ON_HOST|NEEDS_ARGS,
      container_terminate_cmd },
    { "filesystem.open", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_open_cmd },
    { "filesystem.read", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_read_cmd },
    { "filesystem.write", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_write_cmd },
    { "filesystem.close", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_close_cmd },
    { "filesystem.exists", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_exists_cmd },
    { "filesystem.remove", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_remove_cmd },
    { "filesystem.list", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_list_cmd },
    { "filesystem.mkdir", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_mkdir_cmd },
    { "filesystem.move", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_move_cmd },
    { "filesystem.chmod", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_chmod_cmd },
    { "filesystem.chown", GEN_ALL, ON_BOTH|NEEDS_ARGS, files_chown_cmd },
    { "aggregator.query", GEN_B|GEN_C, ON_HOST|NEEDS_ARGS,
      aggregator_query_cmd },
    { NULL, 0, 0, NULL }
};


const builtin_t *
builtin_find(const char *name, int inside)
{
    const builtin_t  *b;

    for (b = table; b->name; b++) {
        if (strcmp(b->name, name) == 0 && (b->gens & opt.gen)
            && (b->flags & (inside ? ON_CORE : ON_HOST)))
        {
            return b;
        }
    }

    return NULL;
}
