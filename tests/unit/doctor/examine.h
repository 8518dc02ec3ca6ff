/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A machine and what doctor finds on it. */

#include "doctor/doctor.h"
#include "reconcile.h"
#include "testing.h"

/* The policy of the package, as far as it matters: see conf/numatierd.conf. */
#define VENDOR                                                                                     \
        "[tier hbm]\nmin-bandwidth=2x\nmax-latency=2x\n[tier dram]\nmax-latency=1.5x\n"            \
        "min-bandwidth=0.5x\n[tier cxl]\nmax-latency=5x\n[tier far]\n"

#define KERNEL(release)  "proc/sys/kernel/osrelease: " release "\n"
#define DEMOTION(value)  "sys/kernel/mm/numa/demotion_enabled: " #value "\n"
#define BALANCING(value) "proc/sys/kernel/numa_balancing: " #value "\n"
#define BLOCKS(text)                                                                               \
        "sys/devices/system/memory/block_size_bytes: 8000000\ncaptured/memory-blocks:\n" text
#define NO_SWAP "proc/swaps: Filename Type Size Used Priority\n"

/* One node. */
#define LAPTOP                                                                                     \
        KERNEL("6.12.95")                                                                          \
        NODE "online: 0\n" NODE "possible: 0\n" NODE "has_memory: 0\n" NODE "has_cpu: 0\n" NODE    \
             "has_generic_initiator:\n" NODE "node0/distance: 10\n" MEMINFO(0, 16777216) TIER      \
                "memory_tier4/nodelist: 0\n" DEMOTION(false) BALANCING(0)                          \
                        NO_SWAP BLOCKS("  0-127 node 0 online kernel\n")

/* Two sockets with DRAM only. */
#define SOCKETS                                                                                    \
        KERNEL("6.12.95")                                                                          \
        NODE "online: 0-1\n" NODE "possible: 0-1\n" NODE "has_memory: 0-1\n" NODE                  \
             "has_cpu: 0-1\n" NODE "has_generic_initiator:\n" NODE "node0/distance: 10 21\n" NODE  \
             "node1/distance: 21 10\n" MEMINFO(0, 16777216) MEMINFO(1, 16777216) TIER              \
                "memory_tier4/nodelist: 0-1\n" DEMOTION(false) BALANCING(1) NO_SWAP BLOCKS(        \
                        "  0-127 node 0 online kernel\n  128-255 node 1 online kernel\n")

static struct sysroot *root;
static struct policy *policy;
static struct state *state;
static struct snapshot *snapshot;
static struct health *health;
static struct onliners onliners;
static struct service_files services;
static struct block_devices *devices;
static struct wanted *wanted;
static struct messages problems;
static struct subject subject;
static struct diagnosis found;

static void forget(void)
{
        diagnosis_done(&found);
        onliners_done(&onliners);
        onliners = (struct onliners){ 0 };
        service_files_done(&services);
        free(wanted);
        wanted = NULL;
        devices = block_devices_free(devices);
        health = health_free(health);
        snapshot = snapshot_unref(snapshot);
        state = state_free(state);
        policy = policy_unref(policy);
        root = sysroot_free(root);
        messages_done(&problems);
        subject = (struct subject){ 0 };
}

/* Reads the machine; a test may change the subject before examine_again(). */
static void examine_again(void)
{
        diagnosis_done(&found);
        assert(doctor_examine(&subject, &found) == 0);
}

/* The name of the policy's file is its place. */
static void examine_policy(const char *machine, const char *file, const char *text)
{
        struct messages errors = MESSAGES_INIT;

        forget();
        root = root_from(machine);
        assert(policy_new(&policy) == 0);
        assert(policy_parse(policy, text, strlen(text), file, &errors) == 0);
        assert(policy_finish(policy, &errors) == 0);
        assert(state_new(&state) == 0);
        sysroot_read_all(root);
        assert(reconcile(root, policy, TIERS_READ, RECONCILE_PLAN, state, NULL, &snapshot) == 0);
        assert(health_read(root, &problems, &health) == 0);
        assert(onliners_read(root, &problems, &onliners) == 0);
        assert(service_files_read(root, NULL, &problems, &services) == 0);
        if (health->blocks) {
                assert(block_devices_read(root, health->blocks, snapshot->machine, &problems,
                                          &devices) == 0);
                assert(wanted_decide(policy, snapshot->machine, health->blocks, devices, &wanted) ==
                       0);
        }
        subject.snapshot = snapshot;
        subject.health = health;
        subject.onliners = &onliners;
        subject.services = &services;
        subject.devices = devices;
        subject.wanted = wanted;
        examine_again();
}

static void examine(const char *machine, const char *text)
{
        examine_policy(machine, "/usr/lib/numatier/numatierd.conf", text);
}

static const struct finding *get_finding(const char *id)
{
        for (size_t i = 0; i < found.n_findings; i++)
                if (streq(found.findings[i].id, id))
                        return &found.findings[i];
        return NULL;
}

static inline void print_findings(void)
{
        for (size_t i = 0; i < found.n_findings; i++)
                fprintf(stderr, "%s %s: %s\n", severity_name(found.findings[i].severity),
                        found.findings[i].id, found.findings[i].title);
}

static inline void assert_found_at(int line, const char *id, enum severity s, const char *text)
{
        const struct finding *f = get_finding(id);

        if (f && f->severity == s &&
            (strstr(f->title, text) || strstr(f->consequence, text) || strstr(f->remedy, text))) {
                assert(f->n_evidence > 0);
                return;
        }
        print_findings();
        if (f)
                fprintf(stderr, "%s\n%s\n", f->consequence, f->remedy);
        fprintf(stderr, "line %d: no %s %s with \"%s\"\n", line, severity_name(s), id, text);
        abort();
}

/* There is such a finding, with this text in its title, consequence or remedy. */
#define assert_found(id, s, text) assert_found_at(__LINE__, id, SEVERITY_##s, text)

static inline void assert_not_found_at(int line, const char *id)
{
        if (!get_finding(id))
                return;
        print_findings();
        fprintf(stderr, "line %d: %s\n", line, id);
        abort();
}

#define assert_not_found(id) assert_not_found_at(__LINE__, id)

static inline void assert_healthy_at(int line)
{
        if (found.n_findings == 0 && found.unchecked.n == 0 && problems.n == 0)
                return;
        print_findings();
        for (size_t i = 0; i < problems.n; i++)
                fprintf(stderr, "%s\n", problems.items[i]);
        fprintf(stderr, "line %d: not healthy\n", line);
        abort();
}

#define assert_healthy() assert_healthy_at(__LINE__)

/* Whether the evidence has this file, with this text in its value. */
static inline bool has_evidence(const char *id, const char *path, const char *value)
{
        const struct finding *f = get_finding(id);

        for (size_t i = 0; f && i < f->n_evidence; i++)
                if (streq(f->evidence[i].path, path) && strstr(f->evidence[i].value, value))
                        return true;
        return false;
}
