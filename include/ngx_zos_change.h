
/*
 * Copyright (C) the ngx_zos authors
 */

/*
 * The state of a change: what its steps know of the blueprint, the jobs, the
 * run, and how it ended.  A failure behind the blueprint does not end the
 * flow at once, as there is something to be cleared up: it is put aside, and
 * becomes the answer at ngx_zos_step_outcome().
 */


#ifndef _NGX_ZOS_CHANGE_H_INCLUDED_
#define _NGX_ZOS_CHANGE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <ngx_zos_ays_client.h>


typedef struct ngx_zos_change_s  ngx_zos_change_t;


typedef struct {
    ngx_str_t                 name;      /* of the service */
    ngx_str_t                 key;
} ngx_zos_lock_t;


struct ngx_zos_change_s {
    ngx_str_t                 name;      /* of the target */

    /* locks in the zone; not held when empty */

    uint64_t                  owner;
    ngx_str_t                 own;       /* of the target */
    ngx_str_t                 lane;      /* of the repository */
    ngx_array_t              *others;    /* ngx_zos_lock_t; or NULL */
    ngx_event_t               renewal;   /* of all */
    ngx_zos_flow_t           *flow;

    ngx_msec_t                deadline;
    ngx_msec_t                pause;     /* until the next look */
    ngx_uint_t                tries;

    ngx_str_t                 blueprint; /* name */
    ngx_str_t                 msg;       /* a remark about its execution */
    ngx_str_t                 jobs;      /* JSON array: of processChange */
    ngx_uint_t                job;       /* the next one to be looked at */
    ngx_str_t                 changed;   /* key: the service that one was of */
    ngx_str_t                 run;       /* key */

    /* the failure that was put aside */

    ngx_uint_t                status;
    ngx_str_t                 body;
    ngx_str_t                 error;

    unsigned                  fresh:1;   /* the target was not there before */
    unsigned                  made:1;    /* the blueprint was */
    unsigned                  executed:1;
    unsigned                  taken:1;   /* our job is in our run */
    unsigned                  failed:1;
    unsigned                  foreign:1; /* the target is another's */
    unsigned                  late:1;    /* the deadline has passed */
    unsigned                  part:1;    /* others follow in this flow */

    /* where a flow that fails goes on, with the failure put aside; or NULL */
    ngx_zos_step_pt           rescue;
};


/* NULL: out of memory. */
ngx_zos_change_t *ngx_zos_change(ngx_zos_flow_t *f);

/*
 * Nobody else changes this service either, until the flow ends.  As a step
 * returns: NGX_DECLINED while another one has it.  Those who need several
 * take them in one order.  The name is not copied.
 */
ngx_int_t ngx_zos_change_own(ngx_zos_flow_t *f, ngx_uint_t role,
    ngx_str_t *name);

/*
 * Begins another change in the same flow: of the target of another row, which
 * has the same steps.  The name is not copied.
 */
void ngx_zos_change_next(ngx_zos_flow_t *f, const ngx_zos_op_t *op,
    ngx_str_t *name);

/* A step has failed.  NGX_OK: the flow goes on; NGX_DECLINED: it ends. */
ngx_int_t ngx_zos_change_rescue(ngx_zos_flow_t *f);

/* The failure that was just said is put aside; NGX_OK. */
ngx_int_t ngx_zos_change_aside(ngx_zos_flow_t *f);

/* This step waits: NGX_DECLINED; or the deadline has passed: NGX_ERROR. */
ngx_int_t ngx_zos_change_pause(ngx_zos_flow_t *f, ngx_zos_step_pt step);

void ngx_zos_change_unlock(ngx_zos_flow_t *f, ngx_str_t *lock);
void ngx_zos_change_release(ngx_zos_flow_t *f);

/* The service's role and name as the tables and the flow have it. */
ngx_uint_t ngx_zos_target_role(ngx_zos_flow_t *f);
ngx_int_t ngx_zos_target_name(ngx_zos_flow_t *f, ngx_str_t *name);

/* A job of a run, as texts of the request's memory. */

typedef struct {
    ngx_str_t                 key;
    ngx_str_t                 service;
    ngx_str_t                 service_key;
    ngx_str_t                 actor;     /* empty: AYS does not say */
    ngx_str_t                 action;
    ngx_str_t                 state;
    ngx_str_t                 text;      /* JSON of all of it */
} ngx_zos_run_job_t;


/*
 * The job of our action on our service; any, where there is no action.
 * NGX_DECLINED: the run has none.
 */
ngx_int_t ngx_zos_run_own_job(ngx_zos_flow_t *f, ngx_str_t *run,
    ngx_zos_run_job_t *job);

/* A look that had no answer is to be repeated: its failure is taken back. */
ngx_uint_t ngx_zos_run_lost(ngx_zos_flow_t *f, ngx_int_t rc);

/* Why a run failed, for callers; or empty. */
void ngx_zos_run_reason(ngx_zos_flow_t *f, ngx_str_t *run,
    ngx_str_t *reason);

/* Answers 202 with the run at once, if the caller prefers that. */
ngx_int_t ngx_zos_change_accept(ngx_zos_flow_t *f);

/* JSON text as YAML 1.1 can read it; in place, or in the pool. */
ngx_int_t ngx_zos_yaml(ngx_pool_t *pool, ngx_str_t *text);

/* The action of op->ays in the location's preset; may be empty. */
const ngx_str_t *ngx_zos_action(ngx_zos_flow_t *f);

/* Skips the steps before this one; to be returned. */
ngx_int_t ngx_zos_change_skip(ngx_zos_flow_t *f, ngx_zos_step_pt step);


#endif /* _NGX_ZOS_CHANGE_H_INCLUDED_ */
