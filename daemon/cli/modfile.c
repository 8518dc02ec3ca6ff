/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/modfile.h"

#include <dlfcn.h>
#include <errno.h>
#include <libkmod.h>
#include <unistd.h>

#define LIBRARY "libkmod.so.2"

#define FUNCTIONS(f)                                                                               \
        f(kmod_new);                                                                               \
        f(kmod_unref);                                                                             \
        f(kmod_set_log_fn);                                                                        \
        f(kmod_list_next);                                                                         \
        f(kmod_module_new_from_name);                                                              \
        f(kmod_module_unref);                                                                      \
        f(kmod_module_get_path);                                                                   \
        f(kmod_module_get_info);                                                                   \
        f(kmod_module_info_get_key);                                                               \
        f(kmod_module_info_get_value);                                                             \
        f(kmod_module_info_free_list)

#define DECLARE(name) static typeof(name) *sym_##name
FUNCTIONS(DECLARE);

/* -ENOPKG: there is no such library here. It stays until the program ends. */
static int load_library(void)
{
        void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

        if (!library)
                return -ENOPKG;
#define LOAD(name)                                                                                 \
        sym_##name = (typeof(sym_##name))dlsym(library, #name);                                    \
        if (!sym_##name)                                                                           \
        return -ENOPKG
        FUNCTIONS(LOAD);
        return 0;
}

/* What it would print is not for the users of numatier. */
static void log_nothing(void *data, int priority, const char *file, int line, const char *function,
                        const char *format, va_list args)
{
}

static int read_info(const struct kmod_module *module, struct modfile *m)
{
        struct kmod_list *list = NULL;
        int r = 0;

        if (sym_kmod_module_get_info(module, &list) < 0)
                return 0;
        m->readable = true;
        for (const struct kmod_list *i = list; i && r == 0; i = sym_kmod_list_next(list, i)) {
                const char *key = sym_kmod_module_info_get_key(i);
                const char *value = sym_kmod_module_info_get_value(i);

                m->is_signed = m->is_signed || startswith(key, "sig");
                if (!streq(key, "signer") || *value == '\0' || m->signer)
                        continue;
                m->signer = strdup(value);
                r = m->signer ? 0 : -ENOMEM;
        }
        sym_kmod_module_info_free_list(list);
        return r;
}

static int find(struct kmod_ctx *kmod, const char *name, struct modfile *m)
{
        struct kmod_module *module;
        const char *path;
        int r;

        r = sym_kmod_module_new_from_name(kmod, name, &module);
        if (r < 0)
                return r;
        path = sym_kmod_module_get_path(module);
        m->found = path && (access(path, F_OK) == 0 || errno != ENOENT);
        if (m->found)
                r = read_info(module, m);
        sym_kmod_module_unref(module);
        return r;
}

int modfile_find(const char *directory, const char *name, struct modfile *ret)
{
        static const char *const no_configuration[] = { NULL };
        struct kmod_ctx *kmod;
        int r;

        *ret = (struct modfile){ 0 };
        r = load_library();
        if (r < 0)
                return r;
        kmod = sym_kmod_new(directory, no_configuration);
        if (!kmod)
                return -ENOMEM;
        sym_kmod_set_log_fn(kmod, log_nothing, NULL);
        r = find(kmod, name, ret);
        sym_kmod_unref(kmod);
        return r;
}

void modfile_done(struct modfile *m)
{
        free(m->signer);
        *m = (struct modfile){ 0 };
}
