
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * nginx as a library: a cycle of fuzz.conf without a worker, and one binary
 * for all targets, which its name chooses among.
 */


#include "fuzz.h"
#include <ngx_event.h>

#include <libgen.h>
#include <sanitizer/lsan_interface.h>


static void fuzz_start(void);
static void fuzz_enter(char *prefix);
static void fuzz_leave(char *prefix);


void *__real_ngx_alloc(size_t size, ngx_log_t *log);
void *__real_ngx_memalign(size_t alignment, size_t size, ngx_log_t *log);

void *__wrap_ngx_alloc(size_t size, ngx_log_t *log);
void *__wrap_ngx_memalign(size_t alignment, size_t size, ngx_log_t *log);
int __wrap_RAND_bytes(unsigned char *bytes, int n);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


ngx_uint_t     fuzz_allocations = FUZZ_PLENTY;
size_t         fuzz_allocated;
ngx_cycle_t   *fuzz_cycle;

static int             fuzz_cwd;
static fuzz_target_pt  fuzz_target;


static const struct {
    const char      *name;
    fuzz_target_pt   target;
} fuzz_targets[] = {
    { "resp", fuzz_resp },
    { "result", fuzz_result },
    { "ays", fuzz_ays },
    { "route", fuzz_route },
    { "body", fuzz_body },
    { "multipart", fuzz_multipart },
    { "jwt", fuzz_jwt },
    { "openapi", fuzz_openapi },
    { NULL, NULL }
};


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char        *name;
    ngx_uint_t   i;

    name = basename((*argv)[0]);

    for (i = 0; fuzz_targets[i].name; i++) {
        if (strcmp(fuzz_targets[i].name, name) == 0) {
            fuzz_target = fuzz_targets[i].target;
        }
    }

    if (fuzz_target == NULL) {
        fprintf(stderr, "fuzz: no target is called \"%s\"\n", name);
        exit(2);
    }

    /* what nginx keeps for as long as it runs is no leak */

    __lsan_disable();
    fuzz_start();
    __lsan_enable();

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char     *copy;
    ngx_str_t   input;

    /* halves of surrogate pairs are replaced where they are */

    copy = malloc(size);
    fuzz_assert(copy || size == 0);

    if (size) {
        memcpy(copy, data, size);
    }

    input.data = copy;
    input.len = size;

    /* whatever the last run left in the zone has expired */

    ngx_current_msec += 86400000;

    fuzz_allocated = 0;
    fuzz_allocations = FUZZ_PLENTY;

    fuzz_target(&input);

    fuzz_allocations = FUZZ_PLENTY;

    free(copy);

    return 0;
}


void
fuzz_broken(const char *file, int line, const char *condition)
{
    fprintf(stderr, "fuzz: %s:%d: %s\n", file, line, condition);

    if (fuzz_answer.body.len) {
        fprintf(stderr, "fuzz: answered %.*s\n",
                (int) ngx_min(fuzz_answer.body.len, 2000),
                fuzz_answer.body.data);
    }

    abort();
}


/* as main() does, up to where it would listen and fork */

static void
fuzz_start(void)
{
    static ngx_log_t    log;
    static ngx_cycle_t  init;
    static char        *argv[] = { "fuzz", NULL };
    static char         prefix[] = FUZZ_DIR "/run.XXXXXX\0";

    static ngx_open_file_t  none = { .fd = NGX_INVALID_FILE };

    log.file = &none;
    log.log_level = NGX_LOG_EMERG;

    fuzz_cwd = open(".", O_RDONLY|O_DIRECTORY);
    fuzz_assert(fuzz_cwd != -1);

    ngx_strerror_init();
    ngx_time_init();
    ngx_regex_init();
    ngx_pid = ngx_getpid();

    ngx_ssl_init(&log);

    init.log = &log;
    ngx_cycle = &init;

    init.pool = ngx_create_pool(1024, &log);
    fuzz_assert(init.pool);

    ngx_argc = 1;
    ngx_argv = argv;
    ngx_os_argv = argv;

    fuzz_enter(prefix);

    init.prefix.data = (u_char *) prefix;
    init.prefix.len = strlen(prefix);
    prefix[init.prefix.len] = '/';
    init.prefix.len++;
    init.conf_prefix = init.prefix;

    ngx_str_set(&init.conf_file, FUZZ_CONF);
    ngx_str_set(&init.error_log, "/dev/null");

    fuzz_assert(ngx_os_init(&log) == NGX_OK);
    fuzz_assert(ngx_crc32_table_init() == NGX_OK);
    ngx_slab_sizes_init();
    fuzz_assert(ngx_preinit_modules() == NGX_OK);

    ngx_process = NGX_PROCESS_SINGLE;

    fuzz_cycle = ngx_init_cycle(&init);

    if (fuzz_cycle == NULL) {
        fprintf(stderr, "fuzz: fuzz.conf is not valid\n");
        exit(2);
    }

    ngx_cycle = fuzz_cycle;
    ngx_use_stderr = 0;

    fuzz_leave(prefix);

    ngx_queue_init(&ngx_posted_events);
    ngx_queue_init(&ngx_posted_accept_events);
    ngx_queue_init(&ngx_posted_next_events);

    fuzz_assert(ngx_event_timer_init(&log) == NGX_OK);

    fuzz_assert(ngx_zos_module.init_process(fuzz_cycle) == NGX_OK);
}


/* a directory for what the configuration wants to have files for */

static void
fuzz_enter(char *prefix)
{
    fuzz_assert(mkdtemp(prefix));
    fuzz_assert(chdir(prefix) == 0);

    fuzz_jwt_key("auth.pem");
}


/* ... which nobody needs any more when it has been read */

static void
fuzz_leave(char *prefix)
{
    unlink("auth.pem");
    unlink("fuzz.sock");
    rmdir("client_body_temp");

    fuzz_assert(fchdir(fuzz_cwd) == 0);
    fuzz_assert(rmdir(prefix) == 0);
}


void *
__wrap_ngx_alloc(size_t size, ngx_log_t *log)
{
    if (fuzz_allocations == 0) {
        return NULL;
    }

    if (fuzz_allocations != FUZZ_PLENTY) {
        fuzz_allocations--;
    }

    fuzz_allocated += size;

    return __real_ngx_alloc(size, log);
}


void *
__wrap_ngx_memalign(size_t alignment, size_t size, ngx_log_t *log)
{
    if (fuzz_allocations == 0) {
        return NULL;
    }

    if (fuzz_allocations != FUZZ_PLENTY) {
        fuzz_allocations--;
    }

    fuzz_allocated += size;

    return __real_ngx_memalign(alignment, size, log);
}


int
__wrap_RAND_bytes(unsigned char *bytes, int n)
{
    memset(bytes, 0, n);

    return 1;
}


ngx_uint_t
fuzz_byte(ngx_str_t *input)
{
    if (input->len == 0) {
        return 0;
    }

    input->len--;

    return *input->data++;
}


ngx_str_t
fuzz_until(ngx_str_t *input, u_char ch)
{
    u_char     *p, *last;
    ngx_str_t   text;

    last = input->data + input->len;
    p = input->len ? ngx_strlchr(input->data, last, ch) : NULL;

    text.data = input->data;
    text.len = (p ? p : last) - input->data;

    input->data += text.len + (p ? 1 : 0);
    input->len -= text.len + (p ? 1 : 0);

    return text;
}


ngx_uint_t
fuzz_is(const ngx_str_t *one, const char *two)
{
    return one->len == strlen(two)
           && memcmp(one->data, two, one->len) == 0;
}
