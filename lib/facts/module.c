/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts/module.h"

#include <errno.h>

#include "facts/knobs.h"

/* What kmod/dkms.conf names in BUILD_EXCLUSIVE_CONFIG, and why. */
static const char *const options[] = {
        "CONFIG_NUMA",    "CONFIG_MIGRATION",    "CONFIG_MEMORY_HOTPLUG",    "CONFIG_SYSFS",
        "CONFIG_KPROBES", "CONFIG_KALLSYMS_ALL", "!CONFIG_ARM64_BTI_KERNEL",
};

/* Whether a file is there, whatever it holds. */
static int exists(struct sysroot *root, const char *path)
{
        char byte[2];
        ssize_t n = sysroot_read(root, path, byte, sizeof(byte));

        if (n >= 0 || n == -EFBIG)
                return 1;
        return sysroot_is_absent(n) ? 0 : (int)n;
}

int module_is_loaded(struct sysroot *root, char *version, size_t size)
{
        int r = exists(root, MODULE_DIR "/initstate");

        *version = '\0';
        if (r == 1 && sysroot_read_line(root, MODULE_DIR "/version", version, size) < 0)
                *version = '\0';
        return r;
}

static int find_interface_file(const char *name, void *userdata)
{
        static const char *const files[] = { OVERRIDE_FILE, OFFSET_FILE };
        const char **ret = userdata;

        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                if (streq(name, files[i]))
                        *ret = files[i];
        return *ret != NULL;
}

struct search {
        struct sysroot *root;
        const char **ret;
};

static int search_node(const char *name, void *userdata)
{
        const struct search *s = userdata;
        const char *number = startswith(name, "node");
        int r;

        if (!number || *number == '\0' || number[strspn(number, "0123456789")] != '\0')
                return 0;
        r = sysroot_listf(s->root, find_interface_file, s->ret, NODE_DIR "/%s", name);
        return r < 0 && sysroot_is_absent(r) ? 0 : r;
}

int module_find_interface(struct sysroot *root, const char **ret)
{
        struct search s = { .root = root, .ret = ret };
        int r;

        *ret = NULL;
        r = sysroot_list(root, NODE_DIR, search_node, &s);
        return r < 0 && sysroot_is_absent(r) ? 0 : r; /* a kernel without NUMA */
}

int module_suits_kernel(const char *release)
{
        unsigned major, minor;

        if (sscanf(release, "%u.%u", &major, &minor) != 2)
                return -EBADMSG;
        return major > 6 || (major == 6 && minor >= 1);
}

/* The path of the kernel's headers: modules_install makes the link absolute, and it is meant to be
 * below the same root. */
static int find_headers(struct sysroot *root, const char *release, char *path, size_t size)
{
        char link[SYSROOT_PATH_MAX];
        int r, length;

        r = sysroot_readlinkf(root, link, sizeof(link), "lib/modules/%s/build", release);
        if (r < 0 && r != -EINVAL) /* EINVAL: it is a directory */
                return r;
        if (r == 0 && *link == '/')
                length = snprintf(path, size, "%s", link + strspn(link, "/"));
        else
                length = snprintf(path, size, "lib/modules/%s/build", release);
        return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static bool is_set(const char *config, const char *option)
{
        size_t n = strlen(option);

        for (const char *line = config; line; line = strchr(line, '\n')) {
                line += *line == '\n';
                if (strncmp(line, option, n) == 0 && line[n] == '=' &&
                    (line[n + 1] == 'y' || line[n + 1] == 'm'))
                        return true;
        }
        return false;
}

static int read_config(struct sysroot *root, const char *release, char **ret)
{
        char headers[SYSROOT_PATH_MAX];
        int r;

        r = sysroot_read_allocf(root, ret, "boot/config-%s", release);
        if (r < 0 && find_headers(root, release, headers, sizeof(headers)) == 0)
                r = sysroot_read_allocf(root, ret, "%s/.config", headers);
        if (r < 0)
                r = sysroot_read_allocf(root, ret, "lib/modules/%s/config", release);
        return r;
}

static int read_whole_config(struct sysroot *root, const char *release, char **ret)
{
        int r = read_config(root, release, ret);

        return r == 0 && !is_set(*ret, "CONFIG_MODULES") ? -EBADMSG : r;
}

int kernel_has_option(struct sysroot *root, const char *release, const char *option)
{
        _cleanup_(freep) char *config = NULL;
        int r = read_whole_config(root, release, &config);

        return r < 0 ? r : is_set(config, option);
}

int module_suits_config(struct sysroot *root, const char *release, const char **ret)
{
        _cleanup_(freep) char *config = NULL;
        int r;

        r = read_whole_config(root, release, &config);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(options); i++) {
                bool unwanted = options[i][0] == '!';

                if (is_set(config, options[i] + unwanted) == unwanted) {
                        *ret = options[i];
                        return 0;
                }
        }
        return 1;
}

static int stop(const char *name, void *userdata)
{
        return 1;
}

int module_has_index(struct sysroot *root, const char *release)
{
        char path[SYSROOT_PATH_MAX];
        int r;

        r = sysroot_listf(root, stop, NULL, "lib/modules/%s", release);
        if (r < 0)
                return r;
        if (snprintf(path, sizeof(path), "lib/modules/%s/modules.dep.bin", release) >=
            (int)sizeof(path))
                return -ENAMETOOLONG;
        return exists(root, path);
}

static int is_file(const char *name, void *userdata)
{
        return startswith(name, MODULE_NAME ".ko") != NULL;
}

int module_has_file(struct sysroot *root, const char *release)
{
        static const char *const directories[] = { "updates/dkms", "updates", "extra" };
        int error = 0;

        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                int r = sysroot_listf(root, is_file, NULL, "lib/modules/%s/%s", release,
                                      directories[i]);

                if (r > 0)
                        return r;
                if (r < 0 && !sysroot_is_absent(r))
                        error = r;
        }
        return error;
}

struct source {
        struct sysroot *root;
        char *version;
        size_t size;
};

static int note_source(const char *name, void *userdata)
{
        struct source *s = userdata;
        const char *version = startswith(name, MODULE_PACKAGE "-");
        char path[SYSROOT_PATH_MAX];

        if (!version || strlen(version) >= s->size || strverscmp(version, s->version) <= 0 ||
            snprintf(path, sizeof(path), "usr/src/%s/dkms.conf", name) >= (int)sizeof(path) ||
            exists(s->root, path) == 0)
                return 0;
        strcpy(s->version, version);
        return 0;
}

int module_has_source(struct sysroot *root, char *version, size_t size)
{
        struct source s = { .root = root, .version = version, .size = size };
        int r;

        *version = '\0';
        r = sysroot_list(root, "usr/src", note_source, &s);
        if (r < 0)
                return sysroot_is_absent(r) ? 0 : r;
        return *version != '\0';
}

int module_has_headers(struct sysroot *root, const char *release)
{
        char headers[SYSROOT_PATH_MAX];
        int r;

        r = find_headers(root, release, headers, sizeof(headers));
        if (r == 0)
                r = sysroot_list(root, headers, stop, NULL);
        return r < 0 && sysroot_is_absent(r) ? 0 : r;
}

/* Its first line: "DKMS make.log for memtier-override-1.1 for kernel 6.1.0-40-amd64 (x86_64)". */
int module_has_build_log(struct sysroot *root, const char *version, const char *release)
{
        _cleanup_(freep) char *log = NULL, *kernel = NULL;
        int r;

        r = sysroot_read_allocf(root, &log, "var/lib/dkms/" MODULE_PACKAGE "/%s/build/make.log",
                                version);
        if (r < 0)
                return sysroot_is_absent(r) ? 0 : r;
        if (asprintf(&kernel, " for kernel %s (", release) < 0) {
                kernel = NULL;
                return -ENOMEM;
        }
        log[strcspn(log, "\n")] = '\0';
        return strstr(log, kernel) != NULL;
}

int module_may_be_loaded(struct sysroot *root)
{
        char disabled[64];
        int r;

        r = sysroot_read_line(root, "proc/sys/kernel/modules_disabled", disabled, sizeof(disabled));
        if (r < 0)
                return sysroot_is_absent(r) ? 1 : r;
        return *disabled != '1';
}

/* Both say it: sig_enforce, and lockdown, which Secure Boot brings with it. */
int module_must_be_signed(struct sysroot *root)
{
        char enforce[64], lockdown[128];
        int r, q;

        r = sysroot_read_line(root, "sys/module/module/parameters/sig_enforce", enforce,
                              sizeof(enforce));
        if (r == 0 && *enforce == 'Y')
                return 1;
        q = sysroot_read_line(root, "sys/kernel/security/lockdown", lockdown, sizeof(lockdown));
        if (q == 0 && strchr(lockdown, '['))
                return strstr(lockdown, "[none]") == NULL;
        if (r < 0 && !sysroot_is_absent(r))
                return r;
        return q < 0 && !sysroot_is_absent(q) ? q : 0;
}

/* The variable has 4 bytes of attributes before its value. */
int module_has_secure_boot(struct sysroot *root)
{
        char variable[16];
        ssize_t n;

        n = sysroot_read(root,
                         "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                         variable, sizeof(variable));
        if (n < 0)
                return sysroot_is_absent(n) ? 0 : (int)n;
        return n == 5 && variable[4] == 1;
}

int module_dkms_has_key(struct sysroot *root)
{
        return exists(root, "var/lib/dkms/mok.pub");
}

/* A line of /proc/keys: "... asymmetri NAME: 1234abcd: X509.rsa 5678ef []". A name that the kernel
 * puts together of organisation and name ends with the latter. */
int module_key_is_known(struct sysroot *root, const char *signer)
{
        _cleanup_(freep) char *keys = NULL, *name = NULL;
        bool has_keys = false;
        int r;

        r = sysroot_read_alloc(root, "proc/keys", &keys);
        if (r < 0)
                return r;
        if (asprintf(&name, " %s: ", signer) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        for (char *line = keys, *end; line && *line != '\0'; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                if (!strstr(line, " asymmetri"))
                        continue;
                has_keys = true;
                if (strstr(line, name))
                        return 1;
        }
        return has_keys ? 0 : -EACCES;
}
