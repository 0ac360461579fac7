/*
 * Virtual machines (--vms N): vm1 ... vmN, named as their REST ids, with
 * counters that move, in the shapes that each generation reports.
 */

#include "core0d.h"


static void
vm_uuid(int i, char out[37])
{
    snprintf(out, 37, "0f6d2a60-8c8e-4f0b-a9fb-%012x", i);
}


json_t *
kvm_list_cmd(job_t *job, json_t *args)
{
    int      i;
    char     uuid[37], name[16];
    json_t  *list = json_array(), *o;

    (void) job;
    (void) args;

    for (i = 1; i <= opt.vms; i++) {
        vm_uuid(i, uuid);
        snprintf(name, sizeof(name), "vm%d", i);
        o = json_object();
        json_put(o, "id", json_integer(i));
        json_put(o, "uuid", json_str(uuid));
        json_put(o, "name", json_str(name));
        json_put(o, "state", json_str("running"));
        json_put(o, "vnc", json_integer(5899 + i));

        if (opt.gen == GEN_C) {
            json_put(o, "tags", json_null());
            json_put(o, "ifctargets", json_pack("[s]", "tap0"));
            json_put(o, "default_ip", json_str(""));
            json_put(o, "params", json_object());
        }

        json_array_append_new(list, o);
    }

    return list;
}


static json_t *
rates(const char *a, double va, const char *b, double vb, const char *c,
    double vc, const char *d, double vd)
{
    json_t  *o = json_object();

    json_put(o, a, json_real(va));
    json_put(o, b, json_real(vb));
    json_put(o, c, json_real(vc));
    json_put(o, d, json_real(vd));

    return o;
}


/* Plausible rates that differ between machines and from call to call. */

static double
moving(int vm, int span)
{
    return vm + (double) (now_ms() / 100 % span) / 10;
}


static void
put_vcpu(json_t *to, const char *name, int vm)
{
    json_t  *o = json_object();

    json_put(o, "state", json_integer(1));
    json_put(o, "time", json_real(moving(vm, 50) / 100));
    json_put(to, name, o);
}


/* A puts everything under vcpu; B in the places that the go-client reads. */

json_t *
kvm_infops_cmd(job_t *job, json_t *args)
{
    int          i;
    char         uuid[37];
    json_t      *o, *vcpu, *net, *block;
    const char  *wanted = json_string_at(args, "uuid", "");

    (void) job;

    if (opt.gen == GEN_C) {
        o = json_pack("{ss}", "id", wanted);
        vcpu = aggregator_select("", o);
        json_decref(o);
        return vcpu;
    }

    o = json_object();

    for (i = 1; i <= opt.vms; i++) {
        vm_uuid(i, uuid);

        if (strcmp(uuid, wanted) != 0) {
            continue;
        }

        vcpu = json_object();
        net = opt.gen == GEN_A ? vcpu : json_object();
        block = opt.gen == GEN_A ? vcpu : json_object();
        put_vcpu(vcpu, "0", i);
        json_put(net, "tap0", rates("rxbytes", moving(i, 4000),
                 "rxpkts", moving(i, 30), "txbytes", moving(i, 2000),
                 "txpkts", moving(i, 20)));
        json_put(block, "vda", rates("rdbytes", moving(i, 900),
                 "rdtimes", moving(i, 10), "wrbytes", moving(i, 8000),
                 "wrtimes", moving(i, 10)));
        json_put(o, "vcpu", vcpu);

        if (opt.gen != GEN_A) {
            json_put(o, "net", net);
            json_put(o, "block", block);
        }
    }

    return o;
}


/* Totals for C: the aggregator makes rates of them. */

void
kvm_sample(void)
{
    int      i;
    size_t   k;
    char    *id;
    double   t = (now_ms() - opt.started) / 1000.0;

    static const struct {
        const char  *metric, *suffix;
        char         op;
        double       rate;
    } series[] = {
        { "kvm.cpu.time", "", 'D', 0.02 }, { "kvm.memory.max", "", 'A', 0 },
        { "kvm.vcpu.state", "", 'A', 0 }, { "kvm.vcpu.time", "", 'D', 0.02 },
        { "kvm.net.rxbytes", ".52:54:00:12:34:56", 'D', 1250 },
        { "kvm.net.rxpackets", ".52:54:00:12:34:56", 'D', 10 },
        { "kvm.net.txbytes", ".52:54:00:12:34:56", 'D', 300 },
        { "kvm.net.txpackets", ".52:54:00:12:34:56", 'D', 4 },
        { "kvm.disk.rdbytes", ".vda", 'D', 0 },
        { "kvm.disk.wrbytes", ".vda", 'D', 4106 },
        { "kvm.disk.iops.read", ".vda", 'D', 0 },
        { "kvm.disk.iops.write", ".vda", 'D', 5 }
    };

    for (i = 1; i <= opt.vms && opt.gen == GEN_C; i++) {
        for (k = 0; k < sizeof(series) / sizeof(series[0]); k++) {
            id = xprintf("vm%d%s", i, series[k].suffix);
            aggregator_feed(series[k].metric, id, "virt", series[k].op,
                series[k].op == 'D' ? t * series[k].rate * i
                : strcmp(series[k].metric, "kvm.memory.max") == 0 ? 2048 : 1);
            free(id);
        }
    }
}
