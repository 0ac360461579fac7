/* info.nic, bridge.list and info.port. */

#include "core0d.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/stat.h>


static char *
nic_line(const char *name, const char *file)
{
    char  *path = xprintf("/sys/class/net/%s/%s", name, file);
    char  *s = read_line(path);

    free(path);

    return s ? s : xstrdup("");
}


static json_t *
nic_flags(unsigned flags)
{
    size_t   i;
    json_t  *list = json_array();

    static const struct {
        unsigned      bit;
        const char   *name;
    } names[] = {
        { IFF_UP, "up" }, { IFF_BROADCAST, "broadcast" },
        { IFF_LOOPBACK, "loopback" }, { IFF_POINTOPOINT, "pointtopoint" },
        { IFF_MULTICAST, "multicast" }
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (flags & names[i].bit) {
            json_array_append_new(list, json_str(names[i].name));
        }
    }

    return list;
}


static int
mask_bits(const unsigned char *mask, size_t len)
{
    int     n = 0;
    size_t  i;

    for (i = 0; i < len; i++) {
        n += __builtin_popcount(mask[i]);
    }

    return n;
}


/* NULL when the entry is no IP address. */

static json_t *
addr_json(const struct ifaddrs *ifa)
{
    int                         family, bits;
    char                        ip[INET6_ADDRSTRLEN], text[64];
    json_t                     *o;
    const struct sockaddr_in   *in = (void *) ifa->ifa_addr;
    const struct sockaddr_in6  *in6 = (void *) ifa->ifa_addr;

    family = ifa->ifa_addr ? ifa->ifa_addr->sa_family : AF_UNSPEC;

    if ((family != AF_INET && family != AF_INET6) || !ifa->ifa_netmask) {
        return NULL;
    }

    inet_ntop(family, family == AF_INET ? (const void *) &in->sin_addr
              : (const void *) &in6->sin6_addr, ip, sizeof(ip));

    in = (void *) ifa->ifa_netmask;
    in6 = (void *) ifa->ifa_netmask;
    bits = family == AF_INET ? mask_bits((void *) &in->sin_addr, 4)
           : mask_bits((void *) &in6->sin6_addr, 16);

    snprintf(text, sizeof(text), "%s/%d", ip, bits);
    o = json_object();
    json_put(o, "addr", json_str(text));

    return o;
}


static json_t *
nic_addrs(const struct ifaddrs *all, const char *name)
{
    json_t                *list = json_array(), *o;
    const struct ifaddrs  *ifa;

    for (ifa = all; ifa; ifa = ifa->ifa_next) {
        o = strcmp(ifa->ifa_name, name) == 0 ? addr_json(ifa) : NULL;

        if (o) {
            json_array_append_new(list, o);
        }
    }

    return list;
}


/* The kernel's "-1" for unknown becomes 4294967295, as in the real agent. */

static json_t *
nic_json(const struct ifaddrs *all, const char *name)
{
    char    *mtu = nic_line(name, "mtu"), *speed = nic_line(name, "speed");
    char    *mac = nic_line(name, "address"), *bits = nic_line(name, "flags");
    json_t  *o = json_object();

    json_put(o, "mtu", json_integer(atoi(mtu)));
    json_put(o, "name", json_str(name));
    json_put(o, "hardwareaddr",
             json_str(strcmp(mac, "00:00:00:00:00:00") ? mac : ""));
    json_put(o, "flags", nic_flags(strtoul(bits, NULL, 16)));
    json_put(o, "addrs", nic_addrs(all, name));
    json_put(o, "speed", json_integer((uint32_t) atoi(speed)));
    free(mtu);
    free(speed);
    free(mac);
    free(bits);

    return o;
}


json_t *
info_nic_cmd(job_t *job, json_t *args)
{
    json_t               *list = json_array();
    struct ifaddrs       *all = NULL;
    struct if_nameindex  *names = if_nameindex(), *n;

    (void) job;
    (void) args;

    if (getifaddrs(&all) == -1) {
        all = NULL;
    }

    for (n = names; n && n->if_name; n++) {
        json_array_append_new(list, nic_json(all, n->if_name));
    }

    if_freenameindex(names);
    freeifaddrs(all);

    return list;
}


json_t *
bridge_list_cmd(job_t *job, json_t *args)
{
    char                 *path;
    json_t               *list = json_array();
    struct stat           st;
    struct if_nameindex  *names = if_nameindex(), *n;

    (void) job;
    (void) args;

    for (n = names; n && n->if_name; n++) {
        path = xprintf("/sys/class/net/%s/bridge", n->if_name);

        if (stat(path, &st) == 0) {
            json_array_append_new(list, json_str(n->if_name));
        }

        free(path);
    }

    if_freenameindex(names);

    return list;
}


/* "0100007F:1F90" of /proc/net/tcp as text; words are in host order. */

static void
port_ip(const char *hex, int v6, char *ip, size_t size)
{
    int        i;
    uint32_t   word[4] = { 0 };

    for (i = 0; i < (v6 ? 4 : 1); i++) {
        sscanf(hex + i * 8, "%8x", &word[i]);
    }

    inet_ntop(v6 ? AF_INET6 : AF_INET, word, ip, size);
}


static json_t *
port_json(const char *network, const char *line)
{
    int        v6 = strchr(network, '6') != NULL;
    char       local[64], ip[INET6_ADDRSTRLEN];
    json_t    *o;
    unsigned   state, port;

    if (sscanf(line, " %*d: %63s %*s %x", local, &state) != 2
        || (network[0] == 't' && state != 0x0a)
        || sscanf(strchr(local, ':') + 1, "%x", &port) != 1)
    {
        return NULL;
    }

    port_ip(local, v6, ip, sizeof(ip));
    o = json_object();
    json_put(o, "network", json_str(network));
    json_put(o, "port", json_integer(port));
    json_put(o, "ip", json_str(ip));
    json_put(o, "pid", json_integer(0));

    return o;
}


/* The owners (pid) are left out: nothing asks for them. */

json_t *
info_port_cmd(job_t *job, json_t *args)
{
    char    *path, *text, *p;
    size_t   i;
    json_t  *list = json_array(), *o;

    static const char  *networks[] = { "tcp", "tcp6", "udp", "udp6" };

    (void) job;
    (void) args;

    for (i = 0; i < 4; i++) {
        path = xprintf("/proc/net/%s", networks[i]);
        text = read_text(path, NULL);

        for (p = text; p && (p = strchr(p, '\n')) != NULL && p[1]; ) {
            o = port_json(networks[i], ++p);

            if (o) {
                json_array_append_new(list, o);
            }
        }

        free(path);
        free(text);
    }

    o = json_object();
    json_put(o, "network", json_str("unix"));
    json_put(o, "unix", json_str(opt.redis));
    json_put(o, "pid", json_integer(getpid()));
    json_array_append_new(list, o);

    return list;
}
