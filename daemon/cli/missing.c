/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/missing.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

#include "cli/modfile.h"
#include "facts/module.h"

#define VERSION_MAX 64U
#define ENROL       "run \"mokutil --import /var/lib/dkms/mok.pub\", reboot and confirm"
#define SIGNED_ONLY "this kernel loads only modules with a trusted signature, and " MODULE_NAME " "
#define MAKE_LOG    "/var/lib/dkms/" MODULE_PACKAGE "/@/build/make.log"

/* The name is for scripts; each @ in the text is replaced by the detail. */
static const struct {
        const char *name, *text;
} causes[] = {
        [MISSING_UNKNOWN] = { NULL, NULL },
        [MISSING_KERNEL] = { "kernel_too_old", "this kernel (@) cannot have the module " MODULE_NAME
                                               ", which needs Linux 6.1 or later" },
        [MISSING_CONFIG] = { "kernel_config",
                             "this kernel is built @, and therefore cannot have the "
                             "module " MODULE_NAME },
        [MISSING_PACKAGE] = { "not_installed",
                              "the module " MODULE_NAME " is not installed: run \"apt install "
                              "memtier-override-dkms\", or build it from source (kmod/README.md)" },
        [MISSING_HEADERS] = { "headers_missing",
                              "the module " MODULE_NAME " cannot be built, because the headers of "
                              "this kernel are missing: run \"apt install linux-headers-@\"" },
        [MISSING_BUILD] = { "not_built", "the module " MODULE_NAME " is not built for this kernel: "
                                         "run \"dkms autoinstall\"; if it fails, see " MAKE_LOG },
        [MISSING_WORKING] = { "build_failed",
                              "the module " MODULE_NAME " could not be built: see " MAKE_LOG
                              ", then run \"dkms autoinstall\"" },
        [MISSING_LOADED] = { "not_loaded",
                             "the module " MODULE_NAME " is installed but not loaded: "
                             "run \"modprobe " MODULE_NAME "\"; if it fails, the "
                             "kernel log says why" },
        [MISSING_SIGNATURE] = { "not_signed",
                                SIGNED_ONLY "is not signed: install openssl, run \"dkms build "
                                            "--force " MODULE_PACKAGE
                                            "/@\" and \"dkms install --force " MODULE_PACKAGE
                                            "/@\", then " ENROL },
        [MISSING_SIGNATURE_BY_HAND] = { "not_signed",
                                        SIGNED_ONLY "is not signed: sign it with a key that this "
                                                    "machine trusts (kmod/README.md)" },
        [MISSING_KEY] = { "key_not_enrolled",
                          SIGNED_ONLY "is signed with a key that is not enrolled (\"@\"): " ENROL },
        [MISSING_KEY_PERHAPS] = { "not_loaded",
                                  "the module " MODULE_NAME " is installed but not loaded: run "
                                  "\"modprobe " MODULE_NAME "\"; if the kernel rejects its key "
                                  "(\"@\"), " ENROL },
        [MISSING_TRUST] = { "not_trusted", SIGNED_ONLY
                            "is not signed, or its key is not enrolled: run \"modprobe " MODULE_NAME
                            "\"; if the kernel rejects its key, " ENROL },
        [MISSING_FILE] = { "no_file", "the module " MODULE_NAME " is loaded, but its files are "
                                      "missing; the kernel log may say why" },
};

static_assert(ELEMENTSOF(causes) == MISSING_CAUSES, "one name and text a cause");

const char *missing_name(enum missing_cause c)
{
        assert(c < MISSING_CAUSES);
        return causes[c].name;
}

static void print_detail(FILE *f, const char *detail)
{
        for (const char *c = detail; *c != '\0'; c++)
                fputc(iscntrl((unsigned char)*c) ? '?' : *c, f);
}

char *missing_print(const struct missing *m)
{
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        assert(m->cause < MISSING_CAUSES && causes[m->cause].text);
        for (const char *c = causes[m->cause].text; *c != '\0'; c++)
                if (*c == '@')
                        print_detail(f, m->detail ?: "unknown");
                else
                        fputc(*c, f);
        if (fclose(f) == 0)
                return text;
        free(text);
        return NULL;
}

void missing_done(struct missing *m)
{
        free(m->detail);
        *m = (struct missing){ 0 };
}

static int set(struct missing *m, enum missing_cause cause, const char *detail)
{
        m->cause = cause;
        m->detail = detail ? strdup(detail) : NULL;
        return detail && !m->detail ? -ENOMEM : 0;
}

static int set_option(struct missing *m, const char *option)
{
        const char *unwanted = startswith(option, "!");
        char detail[128];

        (void)snprintf(detail, sizeof(detail), "%s %s", unwanted ? "with" : "without",
                       unwanted ?: option);
        return set(m, MISSING_CONFIG, detail);
}

/* The module is not among those of this kernel. The configuration comes first: if it is at fault,
 * nothing that could be installed helps. */
static int find_why_not_installed(struct sysroot *root, const char *release, struct missing *m)
{
        char version[VERSION_MAX];
        const char *option;
        int r;

        if (module_suits_config(root, release, &option) == 0)
                return set_option(m, option);
        r = module_has_source(root, version, sizeof(version));
        if (r <= 0)
                return r == 0 ? set(m, MISSING_PACKAGE, NULL) : 0;
        r = module_has_headers(root, release);
        if (r <= 0)
                return r == 0 ? set(m, MISSING_HEADERS, release) : 0;
        return set(m, module_has_build_log(root, version) == 1 ? MISSING_WORKING : MISSING_BUILD,
                   version);
}

static int find_why_not_trusted(struct sysroot *root, const struct modfile *file, struct missing *m)
{
        char version[VERSION_MAX];
        int r;

        if (!file->readable)
                return set(m, MISSING_TRUST, NULL);
        if (!file->is_signed)
                return module_has_source(root, version, sizeof(version)) == 1
                               ? set(m, MISSING_SIGNATURE, version)
                               : set(m, MISSING_SIGNATURE_BY_HAND, NULL);
        r = file->signer ? module_key_is_known(root, file->signer) : -ENODATA;
        return r > 0    ? set(m, MISSING_LOADED, NULL)
               : r == 0 ? set(m, MISSING_KEY, file->signer)
                        : set(m, MISSING_KEY_PERHAPS, file->signer);
}

static int find_why_not_loaded(struct sysroot *root, const struct modfile *file, struct missing *m)
{
        return module_must_be_signed(root) == 1 ? find_why_not_trusted(root, file, m)
                                                : set(m, MISSING_LOADED, NULL);
}

static int find_file(const struct input *in, const char *release, struct modfile *ret)
{
        _cleanup_(freep) char *directory = NULL;

        if (asprintf(&directory, "%s/lib/modules/%s", in->root ?: "", release) < 0) {
                directory = NULL;
                return -ENOMEM;
        }
        return modfile_find(directory, MODULE_NAME, ret);
}

static int find_in_modules(const struct input *in, struct sysroot *root, const char *release,
                           struct missing *m)
{
        _cleanup_(modfile_done) struct modfile file = { 0 };
        int r;

        r = module_has_index(root, release);
        if (r > 0)
                r = find_file(in, release, &file);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        return file.found ? find_why_not_loaded(root, &file, m)
                          : find_why_not_installed(root, release, m);
}

int missing_find(const struct input *in, struct sysroot *root, const struct machine *m,
                 struct missing *ret)
{
        int r;

        *ret = (struct missing){ 0 };
        if (in->machine || !m->kernel)
                return 0;
        r = module_suits_kernel(m->kernel);
        if (r <= 0)
                return r == 0 ? set(ret, MISSING_KERNEL, m->kernel) : 0;
        return m->module_loaded ? set(ret, MISSING_FILE, NULL)
                                : find_in_modules(in, root, m->kernel, ret);
}
