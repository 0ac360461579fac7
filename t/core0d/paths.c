/* filesystem.*: what works on paths. */

#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>


/*
 * The directory that holds the last name of a path, and that name.  -1: no
 * such directory, or the path names no entry (EBUSY), as "/" and "a/..".
 */

static int
parent_of(const container_t *ct, const char *path, char **name)
{
    int    fd;
    char  *copy = xstrdup(path), *slash;

    while (*copy && copy[strlen(copy) - 1] == '/') {
        copy[strlen(copy) - 1] = '\0';
    }

    slash = strrchr(copy, '/');
    *name = xstrdup(slash ? slash + 1 : copy);

    if (**name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
    {
        errno = EBUSY;
        fd = -1;

    } else {
        copy[slash ? slash - copy : 0] = '\0';
        fd = open_in(ct, copy, O_PATH|O_DIRECTORY, 0);
    }

    free(copy);

    if (fd == -1) {
        free(*name);
        *name = NULL;
    }

    return fd;
}


json_t *
files_exists_cmd(job_t *job, json_t *args)
{
    int  fd = open_in(job->ct, json_string_at(args, "path", ""), O_PATH, 0);

    if (fd == -1) {
        return json_flag(errno != ENOENT);
    }

    close(fd);

    return json_true();
}


static int
remove_entries(int fd)
{
    int             rc = 0;
    DIR            *dir = fdopendir(fd);
    struct dirent  *e;

    while (rc == 0 && (e = readdir(dir)) != NULL) {
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) {
            rc = remove_at(dirfd(dir), e->d_name);
        }
    }

    closedir(dir);

    return rc;
}


/* Recursive; never follows a symlink; something absent is a success. */

int
remove_at(int dir, const char *name)
{
    int  fd;

    if (unlinkat(dir, name, 0) == 0 || errno == ENOENT) {
        return 0;
    }

    if (errno != EISDIR && errno != EPERM) {
        return -1;
    }

    fd = openat(dir, name, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);
    if (fd == -1 || remove_entries(fd) == -1) {
        return -1;
    }

    return unlinkat(dir, name, AT_REMOVEDIR);
}


json_t *
files_remove_cmd(job_t *job, json_t *args)
{
    int          dir, rc;
    char        *name;
    const char  *path = json_string_at(args, "path", "");

    dir = parent_of(job->ct, path, &name);
    if (dir == -1) {
        return errno == ENOENT ? json_null()
               : job_fail_errno(job, "unlinkat", path);
    }

    rc = remove_at(dir, name);
    free(name);
    close(dir);

    return rc == 0 ? json_null() : job_fail_errno(job, "unlinkat", path);
}


static json_t *
entry_json(int dir, const char *name)
{
    json_t       *o;
    struct stat   st;

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
        return NULL;
    }

    o = json_object();
    json_put(o, "name", json_str(name));
    json_put(o, "size", json_integer(st.st_size));
    json_put(o, "mode", json_integer(st.st_mode & 0777));
    json_put(o, "is_dir", json_flag(S_ISDIR(st.st_mode)));

    return o;
}


static int
not_dots(const struct dirent *e)
{
    return strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
}


json_t *
files_list_cmd(job_t *job, json_t *args)
{
    int              fd, i, n;
    json_t          *list, *o;
    const char      *path = json_string_at(args, "path", "");
    struct dirent  **names;

    fd = open_in(job->ct, path, O_RDONLY, 0);
    if (fd == -1) {
        return job_fail_errno(job, "open", path);
    }

    n = scandirat(fd, ".", &names, not_dots, alphasort);

    if (n == -1) {
        close(fd);
        return job_fail(job, 500, "readdirent: %s", errno_text(ENOTDIR));
    }

    list = json_array();

    for (i = 0; i < n; i++) {
        o = entry_json(fd, names[i]->d_name);

        if (o) {
            json_array_append_new(list, o);
        }

        free(names[i]);
    }

    free(names);
    close(fd);

    return list;
}


/* One step of mkdir -p: 0 when the directory is there afterwards. */

static int
make_step(const container_t *ct, const char *path)
{
    int    dir, rc;
    char  *name;

    dir = open_in(ct, path, O_PATH|O_DIRECTORY, 0);
    if (dir != -1) {
        close(dir);
        return 0;
    }

    if (errno != ENOENT) {
        return -1;
    }

    dir = parent_of(ct, path, &name);
    if (dir == -1) {
        return -1;
    }

    rc = mkdirat(dir, name, 0755);
    free(name);
    close(dir);

    return rc;
}


json_t *
files_mkdir_cmd(job_t *job, json_t *args)
{
    char        *copy, *p;
    const char  *path = json_string_at(args, "path", "");

    copy = xprintf("%s/", path);

    for (p = copy + 1; *copy && (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';

        if (make_step(job->ct, copy) == -1) {
            job_fail_errno(job, "mkdir", copy);
            free(copy);
            return NULL;
        }

        *p = '/';
    }

    free(copy);

    return json_null();
}


json_t *
files_move_cmd(job_t *job, json_t *args)
{
    int          from, to = -1, rc = -1, err;
    char        *name = NULL, *new_name = NULL;
    const char  *path = json_string_at(args, "path", "");
    const char  *dest = json_string_at(args, "destination", "");

    from = parent_of(job->ct, path, &name);

    if (from != -1) {
        to = parent_of(job->ct, dest, &new_name);
    }

    if (to != -1) {
        rc = renameat(from, name, to, new_name);
    }

    err = errno;
    close(from);
    close(to);
    free(name);
    free(new_name);

    return rc == 0 ? json_null()
           : job_fail(job, 500, "rename %s %s: %s", path, dest,
                      errno_text(err));
}


typedef struct {
    int      own;           /* chown, else chmod */
    mode_t   mode;
    uid_t    uid;
    gid_t    gid;
    int      recursive;
} change_t;


/* Takes the descriptor (O_PATH), to which /proc gives a name for use. */

static int
change(int fd, const change_t *ch)
{
    int             rc, kid;
    DIR            *dir;
    char           *self = xprintf("/proc/self/fd/%d", fd);
    struct dirent  *e;

    rc = ch->own ? chown(self, ch->uid, ch->gid) : chmod(self, ch->mode);
    dir = rc == 0 && ch->recursive ? opendir(self) : NULL;

    while (dir && rc == 0 && (e = readdir(dir)) != NULL) {
        if (!not_dots(e) || e->d_type == DT_LNK) {
            continue;
        }

        kid = openat(fd, e->d_name, O_PATH|O_NOFOLLOW|O_CLOEXEC);
        rc = kid == -1 ? -1 : change(kid, ch);
    }

    if (dir) {
        closedir(dir);
    }

    free(self);
    close(fd);

    return rc;
}


json_t *
files_chmod_cmd(job_t *job, json_t *args)
{
    int          fd;
    change_t     ch = { 0 };
    const char  *path = json_string_at(args, "path", "");

    ch.mode = json_int_at(args, "mode", 0) & 07777;
    ch.recursive = json_is_true(json_object_get(args, "recursive"));
    fd = open_in(job->ct, path, O_PATH, 0);

    return fd != -1 && change(fd, &ch) == 0 ? json_null()
           : job_fail_errno(job, "chmod", path);
}


json_t *
files_chown_cmd(job_t *job, json_t *args)
{
    int             fd;
    change_t        ch = { .own = 1 };
    const char     *path = json_string_at(args, "path", "");
    const char     *user = json_string_at(args, "user", "");
    const char     *group = json_string_at(args, "group", "");
    struct group   *gr = getgrnam(group);
    struct passwd  *pw = getpwnam(user);

    if (*user && pw == NULL) {
        return job_fail(job, 500, "user: unknown user %s", user);
    }

    if (*group && gr == NULL) {
        return job_fail(job, 500, "group: unknown group %s", group);
    }

    ch.uid = pw ? pw->pw_uid : (uid_t) -1;
    ch.gid = gr ? gr->gr_gid : (gid_t) -1;
    ch.recursive = json_is_true(json_object_get(args, "recursive"));
    fd = open_in(job->ct, path, O_PATH, 0);

    return fd != -1 && change(fd, &ch) == 0 ? json_null()
           : job_fail_errno(job, "chown", path);
}
