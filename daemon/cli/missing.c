/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/missing.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>

#include "cli/modfile.h"
#include "facts/module.h"

#define VERSION_MAX 64U
#define THE_MODULE  "the module " MODULE_NAME " "
#define SIGNED_ONLY "this kernel loads only modules with a trusted signature, and " MODULE_NAME " "
#define MODPROBE    "modprobe " MODULE_NAME
#define NOT_LOADED  THE_MODULE "is installed but not loaded: run \"" MODPROBE "\""
#define INSTALL     "\"dkms install " MODULE_PACKAGE "/@\""
#define ENROL                                                                                      \
        "run \"mokutil --import /var/lib/dkms/mok.pub\", reboot, and confirm on the screen "       \
        "before Linux starts"
#define MAKE_LOG "/var/lib/dkms/" MODULE_PACKAGE "/@/build/make.log"

/* The name is for scripts; each @ in the text is replaced by the detail. */
static const struct {
        const char *name, *text;
} causes[] = {
        [MISSING_UNKNOWN] = { NULL, NULL },
        [MISSING_KERNEL] = {
                .name = "kernel_too_old",
                .text = "this kernel (@) cannot have the module " MODULE_NAME
                        ", which needs Linux 6.1 or later",
        },
        [MISSING_CONFIG] = {
                .name = "kernel_config",
                .text = "this kernel is built @, and therefore cannot have the module " MODULE_NAME,
        },
        [MISSING_NOT_INSTALLED] = {
                .name = "not_installed",
                .text = THE_MODULE "is not installed: run \"apt install " MODULE_PACKAGE
                        "-dkms\", or build it from source (kmod/README.md)",
        },
        [MISSING_HEADERS] = {
                .name = "headers_missing",
                .text = THE_MODULE "cannot be built, because the headers of this kernel are "
                        "missing: run \"apt install linux-headers-@\"",
        },
        [MISSING_NOT_BUILT] = {
                .name = "not_built",
                .text = THE_MODULE "is not built for this kernel: run " INSTALL "; if it fails, see " MAKE_LOG,
        },
        [MISSING_BUILD_FAILED] = {
                .name = "build_failed",
                .text = THE_MODULE "could not be built: see " MAKE_LOG
                        ", then run " INSTALL,
        },
        [MISSING_NOT_LISTED] = {
                .name = "not_listed",
                .text = THE_MODULE "is installed, but not in the list of modules: run \"depmod\"",
        },
        [MISSING_LOADING] = {
                .name = "modules_disabled",
                .text = "this kernel loads no more modules until it is booted again "
                        "(kernel.modules_disabled): reboot",
        },
        [MISSING_NOT_LOADED] = {
                .name = "not_loaded",
                .text = NOT_LOADED "; if it fails, its message or the kernel log says why",
        },
        [MISSING_NOT_SIGNED] = {
                .name = "not_signed",
                .text = SIGNED_ONLY "is not signed: install openssl, run \"dkms build "
                        "--force " MODULE_PACKAGE "/@\" and \"dkms install --force " MODULE_PACKAGE
                        "/@\", then " ENROL,
        },
        [MISSING_NOT_SIGNED_BY_HAND] = {
                .name = "not_signed",
                .text = SIGNED_ONLY "is not signed: sign it with a key that this machine trusts "
                        "(kmod/README.md)",
        },
        [MISSING_NOT_SIGNED_NO_SECURE_BOOT] = {
                .name = "not_signed",
                .text = SIGNED_ONLY "is not signed: sign it with a key that this kernel trusts, or "
                        "boot without module.sig_enforce and lockdown (kmod/README.md)",
        },
        [MISSING_KEY_NOT_ENROLLED] = {
                .name = "key_not_enrolled",
                .text = SIGNED_ONLY "is signed with a key that is not enrolled (\"@\"): " ENROL,
        },
        [MISSING_KEY_UNSEEN] = {
                .name = "not_loaded",
                .text = NOT_LOADED "; if the kernel rejects its key (\"@\"), " ENROL,
        },
        [MISSING_KEY_UNKNOWN] = {
                .name = "not_loaded",
                .text = NOT_LOADED "; if the kernel rejects its key (\"@\"), sign it with a key "
                        "that this kernel trusts (kmod/README.md)",
        },
        [MISSING_NOT_TRUSTED] = {
                .name = "not_trusted",
                .text = SIGNED_ONLY "is in a file that cannot be read here: run \"" MODPROBE
                        "\"; if the kernel rejects its signature or key, see kmod/README.md",
        },
        [MISSING_FILES] = {
                .text = THE_MODULE "is loaded, but its files are missing; the kernel log may say "
                        "why",
        },
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
                return r == 0 ? set(m, MISSING_NOT_INSTALLED, NULL) : 0;
        r = module_has_headers(root, release);
        if (r <= 0)
                return r == 0 ? set(m, MISSING_HEADERS, release) : 0;
        return set(m,
                   module_has_build_log(root, version, release) == 1 ? MISSING_BUILD_FAILED
                                                                     : MISSING_NOT_BUILT,
                   version);
}

static int find_why_not_signed(struct sysroot *root, struct missing *m)
{
        char version[VERSION_MAX];

        if (module_has_secure_boot(root) == 0)
                return set(m, MISSING_NOT_SIGNED_NO_SECURE_BOOT, NULL);
        return module_has_source(root, version, sizeof(version)) == 1
                       ? set(m, MISSING_NOT_SIGNED, version)
                       : set(m, MISSING_NOT_SIGNED_BY_HAND, NULL);
}

/* Whether enrolling the key of DKMS can help. */
static bool is_key_of_dkms(struct sysroot *root, const char *signer)
{
        return signer && streq(signer, MODULE_DKMS_SIGNER) && module_dkms_has_key(root) == 1 &&
               module_has_secure_boot(root) != 0;
}

/* Of a key that is not of DKMS, the signer may be who issued it, and its name is not among the
 * kernel's. A key of DKMS that the kernel has may be an older one: all have the same name. */
static int find_why_not_trusted(struct sysroot *root, const struct modfile *file, struct missing *m)
{
        if (!file->readable)
                return set(m, MISSING_NOT_TRUSTED, NULL);
        if (!file->is_signed)
                return find_why_not_signed(root, m);
        if (!is_key_of_dkms(root, file->signer))
                return set(m, MISSING_KEY_UNKNOWN, file->signer);
        return set(m,
                   module_key_is_known(root, file->signer) == 0 ? MISSING_KEY_NOT_ENROLLED
                                                                : MISSING_KEY_UNSEEN,
                   file->signer);
}

static int find_why_not_loaded(struct sysroot *root, const struct modfile *file, struct missing *m)
{
        if (module_may_be_loaded(root) == 0)
                return set(m, MISSING_LOADING, NULL);
        return module_must_be_signed(root) == 1 ? find_why_not_trusted(root, file, m)
                                                : set(m, MISSING_NOT_LOADED, NULL);
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
        if (file.found)
                return find_why_not_loaded(root, &file, m);
        return module_has_file(root, release) == 1 ? set(m, MISSING_NOT_LISTED, NULL)
                                                   : find_why_not_installed(root, release, m);
}

/* Or its files cannot be read. */
static int find_why_no_file(struct sysroot *root, struct missing *m)
{
        const char *file;

        return module_find_interface(root, &file) == 0 ? set(m, MISSING_FILES, NULL) : 0;
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
        return m->module_loaded ? find_why_no_file(root, ret)
                                : find_in_modules(in, root, m->kernel, ret);
}
