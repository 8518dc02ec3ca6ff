/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* numatier's kernel module, and what has to be there before a kernel can have it. Nothing here is
 * read in a pass: it is asked for when nodes cannot be moved, and by "numatier --version".
 *
 * A question is answered by 1 (yes), 0 (no), or a negative errno: it cannot be answered now.
 * release is that of the kernel. */

#include <stddef.h>

#include "sysroot/sysroot.h"

#define MODULE_NAME    "memtier_override"
#define MODULE_PACKAGE "memtier-override" /* its name for DKMS */
#define MODULE_DIR     "sys/module/" MODULE_NAME

/* Whether it is loaded. version receives the version, or an empty text: it says none. */
int module_is_loaded(struct sysroot *root, char *version, size_t size);

/* Whether a node has a file through which it can be moved. ret receives the file's name. */
int module_find_interface(struct sysroot *root, const char **ret);

/* Whether the kernel is Linux 6.1 or later: older ones have no memory tiers of this form. */
int module_suits_kernel(const char *release);

/* Whether the kernel is built with an option ("CONFIG_NUMA"), as code or as a module. */
int kernel_has_option(struct sysroot *root, const char *release, const char *option);

/* Whether the kernel is configured as the module needs it. ret receives the first option that is
 * not, with a "!" before it if it must not be set. */
int module_suits_config(struct sysroot *root, const char *release, const char **ret);

/* Whether there is a list of the modules of this kernel in which the module may be found. -ENOENT:
 * this kernel has no directory of modules here (a container, or a removed package). */
int module_has_index(struct sysroot *root, const char *release);

/* Whether its file is where it is installed, in the list of modules or not. */
int module_has_file(struct sysroot *root, const char *release);

/* Whether its source is where DKMS looks for it. version receives the latest version. */
int module_has_source(struct sysroot *root, char *version, size_t size);

/* Whether the kernel's headers are there. */
int module_has_headers(struct sysroot *root, const char *release);

/* Whether DKMS has left the log of a build for this kernel that failed. */
int module_has_build_log(struct sysroot *root, const char *version, const char *release);

/* Whether the kernel loads modules until it is booted again (kernel.modules_disabled). */
int module_may_be_loaded(struct sysroot *root);

/* Whether the kernel loads signed modules only. */
int module_must_be_signed(struct sysroot *root);

/* Whether Secure Boot is on. Without it, Linux does not read the keys that mokutil enrolls. */
int module_has_secure_boot(struct sysroot *root);

/* Whether DKMS has made a key of its own, and the name that Debian's DKMS gives it. */
int module_dkms_has_key(struct sysroot *root);
#define MODULE_DKMS_SIGNER "DKMS module signing key"

/* Whether the kernel knows a key with this name. Only root sees the keys. */
int module_key_is_known(struct sysroot *root, const char *signer);
