/* info.cpu, info.mem and info.os from /proc and /sys. */

#include "core0d.h"

#include <ctype.h>
#include <dirent.h>
#include <sys/utsname.h>


/* Value of "name   : value" within one block of /proc/cpuinfo; to be freed. */

static char *
cpu_field(const char *block, size_t len, const char *name)
{
    size_t       n = strlen(name), width;
    const char  *p, *end = block + len;

    for (p = block; p < end; p += width + 1) {
        width = strcspn(p, "\n");

        if (strncmp(p, name, n) == 0 && (p[n] == '\t' || p[n] == ' ' ||
                                         p[n] == ':'))
        {
            p += n + strspn(p + n, "\t :");
            return xprintf("%.*s", (int) strcspn(p, "\n"), p);
        }
    }

    return xstrdup("");
}


static json_t *
cpu_text(const char *block, size_t len, const char *name)
{
    char    *s = cpu_field(block, len, name);
    json_t  *v = json_str(s);

    free(s);

    return v;
}


static double
cpu_number(const char *block, size_t len, const char *name)
{
    char    *s = cpu_field(block, len, name);
    double   n = atof(s);

    free(s);

    return n;
}


static json_t *
cpu_flags(const char *block, size_t len)
{
    char    *s = cpu_field(block, len, "flags"), *word, *save;
    json_t  *list = json_array();

    for (word = strtok_r(s, " ", &save); word;
         word = strtok_r(NULL, " ", &save))
    {
        json_array_append_new(list, json_str(word));
    }

    free(s);

    if (json_array_size(list) == 0) {
        json_decref(list);
        return json_null();
    }

    return list;
}


/* The maximum frequency when sysfs knows it. */

static double
cpu_mhz(int cpu, const char *block, size_t len)
{
    char    *path, *s;
    double   mhz;

    path = xprintf("/sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq",
                   cpu);
    s = read_line(path);
    mhz = s ? atof(s) / 1000 : cpu_number(block, len, "cpu MHz");
    free(path);
    free(s);

    return mhz;
}


static json_t *
cpu_json(const char *p, size_t len)
{
    int      cpu = (int) cpu_number(p, len, "processor");
    json_t  *o = json_object();

    json_put(o, "cpu", json_integer(cpu));
    json_put(o, "vendorId", cpu_text(p, len, "vendor_id"));
    json_put(o, "family", cpu_text(p, len, "cpu family"));
    json_put(o, "model", cpu_text(p, len, "model"));
    json_put(o, "stepping",
             json_integer((int) cpu_number(p, len, "stepping")));
    json_put(o, "physicalId", cpu_text(p, len, "physical id"));
    json_put(o, "coreId", cpu_text(p, len, "core id"));
    json_put(o, "cores", json_integer(1));
    json_put(o, "modelName", cpu_text(p, len, "model name"));
    json_put(o, "mhz", json_real(cpu_mhz(cpu, p, len)));
    json_put(o, "cacheSize",
             json_integer((int) cpu_number(p, len, "cache size")));
    json_put(o, "flags", cpu_flags(p, len));
    json_put(o, "microcode", cpu_text(p, len, "microcode"));

    return o;
}


json_t *
info_cpu_cmd(job_t *job, json_t *args)
{
    char    *text = read_text("/proc/cpuinfo", NULL), *p, *end;
    json_t  *list = json_array();

    (void) job;
    (void) args;

    for (p = text; p && strncmp(p, "processor", 9) == 0; p = end + 2) {
        end = strstr(p, "\n\n");

        if (end == NULL) {
            json_array_append_new(list, cpu_json(p, strlen(p)));
            break;
        }

        json_array_append_new(list, cpu_json(p, end - p + 1));
    }

    free(text);

    return list;
}


/* A line of /proc/meminfo in bytes. */

static int64_t
meminfo(const char *text, const char *name)
{
    char         *key = xprintf("\n%s:", name);
    const char   *p = strstr(text, key);
    int64_t       n = p ? atoll(p + strlen(key)) * 1024 : 0;

    free(key);

    return n;
}


json_t *
info_mem_cmd(job_t *job, json_t *args)
{
    char     *raw = read_text("/proc/meminfo", NULL);
    char     *text = xprintf("\n%s", raw ? raw : "");
    size_t    i;
    int64_t   total, available;
    json_t   *o = json_object();

    static const char  *rest[][2] = {
        { "free", "MemFree" }, { "active", "Active" },
        { "inactive", "Inactive" }, { "wired", "-" },
        { "buffers", "Buffers" }, { "cached", "Cached" },
        { "writeback", "Writeback" }, { "dirty", "Dirty" },
        { "writebacktmp", "WritebackTmp" }, { "shared", "Shmem" },
        { "slab", "Slab" }, { "pagetables", "PageTables" },
        { "swapcached", "SwapCached" }
    };

    (void) job;
    (void) args;

    total = meminfo(text, "MemTotal");
    available = meminfo(text, "MemAvailable");

    json_put(o, "total", json_integer(total));
    json_put(o, "available", json_integer(available));
    json_put(o, "used", json_integer(total - available));
    json_put(o, "usedPercent",
             json_real(total ? (total - available) * 100.0 / total : 0));

    for (i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
        json_put(o, rest[i][0], json_integer(meminfo(text, rest[i][1])));
    }

    free(raw);
    free(text);

    return o;
}


static int
count_processes(const container_t *ct)
{
    int             n = 0;
    DIR            *dir = opendir("/proc");
    struct dirent  *e;

    while (dir && (e = readdir(dir)) != NULL) {
        n += isdigit((unsigned char) *e->d_name)
             && (ct == NULL || container_inside(ct, atoi(e->d_name)));
    }

    if (dir) {
        closedir(dir);
    }

    return n;
}


static json_t *
file_json(const char *path)
{
    char    *s = read_line(path);
    json_t  *v = json_str(s ? s : "");

    free(s);

    return v;
}


json_t *
info_os_cmd(job_t *job, json_t *args)
{
    char            *s = read_line("/proc/uptime");
    int64_t          up = s ? atoll(s) : 0;
    json_t          *o = json_object();
    struct utsname   u;

    (void) args;

    uname(&u);
    free(s);

    json_put(o, "hostname", json_str(job->ct ? container_hostname(job->ct)
                                     : opt.hostname));
    json_put(o, "uptime", json_integer(up));
    json_put(o, "bootTime", json_integer(now_ms() / 1000 - up));
    json_put(o, "procs", json_integer(count_processes(job->ct)));
    json_put(o, "os", json_str("linux"));
    json_put(o, "platform", json_str(""));
    json_put(o, "platformFamily", json_str(""));
    json_put(o, "platformVersion", json_str(""));
    json_put(o, "kernelVersion", json_str(u.release));
    json_put(o, "virtualizationSystem", json_str(""));
    json_put(o, "virtualizationRole", json_str(""));
    json_put(o, "hostid", file_json("/sys/class/dmi/id/product_uuid"));

    return o;
}
