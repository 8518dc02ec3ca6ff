/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* numatier guest: the options of a virtual machine that has memory of this machine's nodes. */

#include <errno.h>

#include "cli/cli.h"
#include "facts/knobs.h"
#include "facts/survey.h"
#include "guest/libvirt.h"
#include "guest/qemu.h"

/* The format, and how the answer is printed in it. */
static const struct format {
        const char *name;
        int (*print)(const struct guest *g, char **ret);
} formats[] = {
        { "qemu", guest_format_qemu },
        { "libvirt", guest_format_libvirt },
};

static const struct format *find_format(const char *name)
{
        for (size_t i = 0; name && i < ELEMENTSOF(formats); i++)
                if (streq(formats[i].name, name))
                        return &formats[i];
        fprintf(stderr, "numatier: expected --format qemu or --format libvirt\n");
        return NULL;
}

/* A list as the kernel prints it: nothing else may get into a script. */
static char *read_cpus(struct sysroot *root, unsigned node)
{
        _cleanup_(freep) char *text = NULL;
        char path[64];
        size_t n;

        snprintf(path, sizeof(path), NODE_DIR "/node%u/cpulist", node);
        if (sysroot_read_alloc(root, path, &text) < 0)
                return NULL;
        n = strspn(text, "0123456789,-");
        if (n == 0 || (text[n] != '\n' && text[n] != '\0'))
                return NULL;
        text[n] = '\0';
        return TAKE_PTR(text);
}

static char **read_all_cpus(struct sysroot *root, const struct machine *m)
{
        char **lists = calloc(m->n_nodes + 1, sizeof(*lists));

        for (size_t i = 0; lists && i < m->n_nodes; i++)
                if (m->nodes[i].has_cpu)
                        lists[i] = read_cpus(root, m->nodes[i].id);
        return lists;
}

static void free_lists(char **lists, size_t n)
{
        for (size_t i = 0; lists && i < n; i++)
                free(lists[i]);
        free(lists);
}

static int read_distances(struct sysroot *root, struct machine *m)
{
        struct messages problems = MESSAGES_INIT; /* a row that is missing gets a remark */
        int r = survey_fill_distances(root, &m->online, m, &problems);

        messages_done(&problems);
        return r;
}

/* Prints the guest. 0, or a negative errno (reported). */
static int print_guest(const struct pass *l, const struct guest_wish *w, const struct format *f)
{
        struct machine *m = l->result->machine;
        char **cpus = read_all_cpus(l->root, m);
        struct messages errors = MESSAGES_INIT;
        _cleanup_(guest_freep) struct guest *g = NULL;
        _cleanup_(freep) char *text = NULL;
        int r = cpus ? read_distances(l->root, m) : -ENOMEM;

        if (r == 0)
                r = guest_new(l->result->assignment, w, (const char *const *)cpus, &errors, &g);
        if (r == 0)
                r = f->print(g, &text);
        free_lists(cpus, m->n_nodes);
        cli_print_messages("", &errors);
        if (r < 0 && errors.n == 0)
                (void)cli_print_error(r);
        messages_done(&errors);
        if (r < 0)
                return r;
        cli_print_messages("warning: ", &g->warnings);
        fputs(text, stdout);
        return 0;
}

int verb_guest(const struct arguments *a)
{
        const struct format *f = find_format(a->format);
        struct messages errors = MESSAGES_INIT;
        struct guest_wish w = { 0 };
        struct pass l = { 0 };
        int r = f ? guest_wish_parse(a->nodes, a->cpus, a->memory, &w, &errors) : -EINVAL;

        cli_print_messages("", &errors);
        messages_done(&errors);
        if (r == 0) {
                r = pass_run(a, RECONCILE_PLAN, &l);
                if (r == 0)
                        r = print_guest(&l, &w, f);
                r = r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
                pass_done(&l);
        } else
                r = r == -ENOMEM ? cli_error(r, "cannot start") : EXIT_USAGE;
        guest_wish_done(&w);
        return r;
}
