/* jobs.h: the jobs that a node for measurements has taken */

#ifndef JOBS_H
#define JOBS_H

#include <stddef.h>


#define ID_MAX     64
#define REPLY_MAX  2048         /* no single reply is longer */


typedef struct {
    const char   *data;
    size_t        len;
} str_t;


typedef enum { UNKNOWN, MEM, LIST, DISPATCH } kind_t;


typedef struct {
    char          id[ID_MAX];
    size_t        len;          /* 0: its result was taken */
    kind_t        kind;
    int           container;    /* the number of the one it ran in, or 0 */
    char          inner[ID_MAX + 1];    /* the job that was dispatched */
} job_t;


/*
 * One that has not been taken yet, NULL when there is none.  It is good until
 * the next one is added.
 */
job_t *find_job(const str_t *id);

/* Takes a command object: its jobs, if it has an id. */
void add_jobs(const str_t *json);

/* Writes the result's envelope into text of REPLY_MAX: its length. */
int print_envelope(char *text, const job_t *job);


#endif
