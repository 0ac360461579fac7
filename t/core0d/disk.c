/*
 * disk.list in its two shapes, from /sys/block as lsblk reads it, and
 * info.disk from the mount table.
 */

#include "core0d.h"

#include <dirent.h>
#include <grp.h>
#include <mntent.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define SECTOR  512


/* The first line of a file of the device; to be freed, NULL: no such file. */

static char *
attribute(const char *dev, const char *file)
{
    char  *path = xprintf("/sys/class/block/%s/%s", dev, file);
    char  *s = read_line(path);

    free(path);

    return s;
}


static int64_t
attribute_int(const char *dev, const char *file)
{
    char     *s = attribute(dev, file);
    int64_t   n = s ? atoll(s) : 0;

    free(s);

    return n;
}


/* As lsblk prints it: numbers are strings, and what is unknown is null. */

static json_t *
attribute_json(const char *dev, const char *file, const char *unknown)
{
    char    *s = attribute(dev, file);
    json_t  *v = json_str(s ? s : unknown);

    free(s);

    return v;
}


static json_t *
number_text(int64_t n)
{
    char  text[32];

    snprintf(text, sizeof(text), "%lld", (long long) n);

    return json_str(text);
}


/* "none [mq-deadline] kyber": the one in brackets. */

static json_t *
scheduler(const char *dev)
{
    char    *s = attribute(dev, "queue/scheduler"), *p, *end;
    json_t  *v = json_null();

    p = s ? strchr(s, '[') : NULL;
    end = p ? strchr(p, ']') : NULL;

    if (end && strncmp(p, "[none]", 6) != 0) {
        v = json_strn(p + 1, end - p - 1);
    }

    free(s);

    return v;
}


static void
put_mount(json_t *o, const char *dev)
{
    FILE           *f = setmntent("/proc/mounts", "r");
    char           *path = xprintf("/dev/%s", dev);
    struct mntent  *m;

    json_put(o, "fstype", json_null());
    json_put(o, "mountpoint", json_null());

    while (f && (m = getmntent(f)) != NULL) {
        if (strcmp(m->mnt_fsname, path) == 0) {
            json_put(o, "fstype", json_str(m->mnt_type));
            json_put(o, "mountpoint", json_str(m->mnt_dir));
            break;
        }
    }

    if (f) {
        endmntent(f);
    }

    free(path);
}


static void
put_owner(json_t *o, const char *dev)
{
    char           *path = xprintf("/dev/%s", dev), mode[11] = "brw-rw----";
    struct stat     st;
    struct group   *gr = NULL;
    struct passwd  *pw = NULL;

    if (stat(path, &st) == 0) {
        pw = getpwuid(st.st_uid);
        gr = getgrgid(st.st_gid);
        mode[7] = st.st_mode & S_IROTH ? 'r' : '-';
        mode[5] = st.st_mode & S_IWGRP ? 'w' : '-';
        mode[4] = st.st_mode & S_IRGRP ? 'r' : '-';
    }

    json_put(o, "owner", json_str(pw ? pw->pw_name : ""));
    json_put(o, "group", json_str(gr ? gr->gr_name : ""));
    json_put(o, "mode", json_str(mode));
    free(path);
}


/* The queue of a partition is that of its disk. */

static void
put_queue(json_t *o, const char *disk)
{
    json_put(o, "alignment", json_str("0"));
    json_put(o, "min-io", attribute_json(disk, "queue/minimum_io_size", "0"));
    json_put(o, "opt-io", attribute_json(disk, "queue/optimal_io_size", "0"));
    json_put(o, "phy-sec",
             attribute_json(disk, "queue/physical_block_size", "512"));
    json_put(o, "log-sec",
             attribute_json(disk, "queue/logical_block_size", "512"));
    json_put(o, "rota", attribute_json(disk, "queue/rotational", "0"));
    json_put(o, "sched", scheduler(disk));
    json_put(o, "rq-size", attribute_json(disk, "queue/nr_requests", ""));
}


static void
put_discard(json_t *o, const char *disk)
{
    json_put(o, "disc-aln", json_str("0"));
    json_put(o, "disc-gran",
             attribute_json(disk, "queue/discard_granularity", "0"));
    json_put(o, "disc-max",
             attribute_json(disk, "queue/discard_max_bytes", "0"));
    json_put(o, "disc-zero", json_str("0"));
    json_put(o, "wsame", json_str("0"));
    json_put(o, "wwn", attribute_json(disk, "wwid", NULL));
    json_put(o, "rand", attribute_json(disk, "queue/add_random", "0"));
}


/* Members in the order of lsblk -O; parent is NULL for a whole disk. */

static json_t *
device_json(const char *dev, const char *parent)
{
    size_t       i;
    json_t      *o = json_object();
    const char  *disk = parent ? parent : dev;

    static const char  *unknown[] = { "label", "uuid", "parttype",
                                      "partlabel", "partuuid", "partflags" };

    json_put(o, "name", json_str(dev));
    json_put(o, "kname", json_str(dev));
    json_put(o, "maj:min", attribute_json(dev, "dev", ""));
    put_mount(o, dev);

    for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        json_put(o, unknown[i], json_null());
    }

    json_put(o, "ra", attribute_json(disk, "queue/read_ahead_kb", "128"));
    json_put(o, "ro", attribute_json(dev, "ro", "0"));
    json_put(o, "rm", attribute_json(disk, "removable", "0"));
    json_put(o, "hotplug", json_str("0"));
    json_put(o, "model", attribute_json(disk, "device/model", ""));
    json_put(o, "serial", attribute_json(disk, "serial", ""));
    json_put(o, "size", number_text(attribute_int(dev, "size") * SECTOR));
    json_put(o, "state", attribute_json(disk, "device/state", NULL));
    put_owner(o, dev);
    put_queue(o, disk);
    json_put(o, "type", json_str(parent ? "part" : "disk"));
    put_discard(o, disk);
    json_put(o, "pkname", json_str(parent));
    json_put(o, "hctl", json_null());
    json_put(o, "tran", json_str(""));
    json_put(o, "subsystems", json_str("block"));
    json_put(o, "rev", attribute_json(disk, "device/rev", NULL));
    json_put(o, "vendor", attribute_json(disk, "device/vendor", NULL));

    return o;
}


static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


/* Names in a directory that begin with "start", sorted; to be freed. */

static char **
names_in(const char *path, const char *start)
{
    DIR            *dir = opendir(path);
    char          **names = xalloc(sizeof(char *));
    size_t          n = 0;
    struct dirent  *e;

    while (dir && (e = readdir(dir)) != NULL) {
        if (*e->d_name == '.'
            || strncmp(e->d_name, start, strlen(start)) != 0)
        {
            continue;
        }

        names[n++] = xstrdup(e->d_name);
        names = realloc(names, (n + 1) * sizeof(char *));
        names[n] = NULL;
    }

    if (dir) {
        closedir(dir);
    }

    qsort(names, n, sizeof(char *), by_name);

    return names;
}


static void
names_free(char **names)
{
    size_t  i;

    for (i = 0; names[i]; i++) {
        free(names[i]);
    }

    free(names);
}


static int
is_virtual(const char *name)
{
    return strncmp(name, "loop", 4) == 0 || strncmp(name, "ram", 3) == 0
           || strncmp(name, "zram", 4) == 0;
}


static json_t *
partitions_of(const char *disk)
{
    char    *path = xprintf("/sys/block/%s", disk);
    char   **names = names_in(path, disk);
    size_t   i;
    json_t  *list = json_array();

    for (i = 0; names[i]; i++) {
        json_array_append_new(list, device_json(names[i], disk));
    }

    names_free(names);
    free(path);

    return list;
}


/* A, B: {"blockdevices":[...]}, partitions nested, numbers as strings. */

static void
put_nested(json_t *list, const char *disk)
{
    json_t  *o = device_json(disk, NULL), *kids = partitions_of(disk);

    if (json_array_size(kids)) {
        json_put(o, "children", kids);
    } else {
        json_decref(kids);
    }

    json_array_append_new(list, o);
}


static void
put_extent(json_t *o, const char *dev, int table)
{
    int64_t  start = attribute_int(dev, "start") * SECTOR;
    int64_t  size = attribute_int(dev, "size") * SECTOR;

    json_object_del(o, "size");
    json_put(o, "start", json_integer(start));
    json_put(o, "end", json_integer(start + size - (size > 0)));
    json_put(o, "size", json_integer(size));
    json_put(o, "blocksize", json_integer(SECTOR));
    json_put(o, "table", json_str(table ? "gpt" : ""));
    json_put(o, "free", json_array());
}


/* C: one flat array, with the extents as numbers. */

static void
put_flat(json_t *list, const char *disk)
{
    size_t   i;
    json_t  *o = device_json(disk, NULL), *kids = partitions_of(disk), *kid;

    put_extent(o, disk, json_array_size(kids) > 0);
    json_array_append_new(list, o);

    json_array_foreach(kids, i, kid) {
        put_extent(kid, json_string_at(kid, "name", ""), 0);
    }

    json_array_extend(list, kids);
    json_decref(kids);
}


json_t *
disk_list_cmd(job_t *job, json_t *args)
{
    int      all;
    char   **names = names_in("/sys/block", "");
    size_t   i;
    json_t  *list = json_array();

    (void) job;
    (void) args;

    for (all = 0; all < 2 && json_array_size(list) == 0; all++) {
        for (i = 0; names[i]; i++) {
            if (!all && is_virtual(names[i])) {
                continue;
            }

            if (opt.gen == GEN_C) {
                put_flat(list, names[i]);
            } else {
                put_nested(list, names[i]);
            }
        }
    }

    names_free(names);

    return opt.gen == GEN_C ? list : json_pack("{so}", "blockdevices", list);
}


/* A lists every mount; the later ones only those of a device. */

json_t *
info_disk_cmd(job_t *job, json_t *args)
{
    FILE           *f;
    char           *path;
    json_t         *list = json_array(), *o;
    struct mntent  *m;

    (void) args;

    path = xprintf("/proc/%d/mounts",
                   (int) (job->ct ? container_pid(job->ct) : getpid()));
    f = setmntent(path, "r");
    free(path);

    while (f && (m = getmntent(f)) != NULL) {
        if (opt.gen != GEN_A && strncmp(m->mnt_fsname, "/dev/", 5) != 0) {
            continue;
        }

        o = json_object();
        json_put(o, "device", json_str(m->mnt_fsname));
        json_put(o, "mountpoint", json_str(m->mnt_dir));
        json_put(o, "fstype", json_str(m->mnt_type));
        json_put(o, "opts", json_str(m->mnt_opts));
        json_array_append_new(list, o);
    }

    if (f) {
        endmntent(f);
    }

    return list;
}
