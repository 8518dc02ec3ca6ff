/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/set-target.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "base/values.h"
#include "common/input.h"

/* Sections of later files are tried first: these win over most names that people give, and those of
 * this boot over the lasting ones. */
#define LASTING_PREFIX CONFIG_DIR "/90-set-"
#define RUNTIME_PREFIX CONFIG_RUNTIME_DIR "/91-set-"

#define NODE_PART  ".node-" /* between the device and the node in the name of a file */
#define VALUE_SIZE sizeof(((struct rule_identity *)0)->value)

static const char *const keys[] = { "cxl-serial", "pci-address", "pci-id", "region",
                                    "dax",        "kind",        "node" };

static const char *find_key(const char *text, size_t length)
{
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if (strlen(keys[i]) == length && memcmp(keys[i], text, length) == 0)
                        return keys[i];
        return NULL;
}

/* Whatever else is wrong with a value, the policy's parser finds; but it must stay one word, and a
 * part of a file's name. */
static int copy_word(const char *value, char ret[static VALUE_SIZE])
{
        for (const char *c = value; *c; c++)
                if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-')
                        return -EINVAL;
        if (*value == '\0' || strlen(value) >= VALUE_SIZE)
                return -EINVAL;
        strcpy(ret, value);
        return 0;
}

/* In the kernel's spelling, so that one device has one file. */
static int spell(const char *key, const char *value, char ret[static VALUE_SIZE])
{
        char id[PCI_STRING_MAX];
        uint64_t serial;
        unsigned node;

        if (streq(key, "cxl-serial")) {
                if (parse_serial(value, &serial) < 0)
                        return -EINVAL;
                snprintf(ret, VALUE_SIZE, "0x%" PRIx64, serial);
        } else if (streq(key, "pci-address") || streq(key, "pci-id")) {
                if ((streq(key, "pci-id") ? parse_pci_id : parse_pci_address)(value, id) < 0)
                        return -EINVAL;
                snprintf(ret, VALUE_SIZE, "%s", id);
        } else if (streq(key, "node")) {
                if (input_parse_node(value, &node) < 0)
                        return -EINVAL;
                snprintf(ret, VALUE_SIZE, "%u", node);
        } else {
                return copy_word(value, ret);
        }
        return 0;
}

static int find_match(const char *text, const char *equals, struct messages *errors,
                      struct set_target *t)
{
        t->identity.key = find_key(text, (size_t)(equals - text));
        if (!t->identity.key) {
                messages_add(errors,
                             "%s: expected a node or one of cxl-serial, pci-address, pci-id, "
                             "region, dax, kind and node, with \"=\" and a value",
                             text);
                return -EINVAL;
        }
        if (spell(t->identity.key, equals + 1, t->identity.value) < 0) {
                messages_add(errors,
                             "%s: expected a value that %s has in a policy: see numatierd.conf(5)",
                             text, t->identity.key);
                return -EINVAL;
        }
        return 0;
}

static bool has_identity(const struct memdev *m, const struct rule_identity *identity)
{
        char serial[VALUE_SIZE];

        if (streq(identity->key, "pci-address"))
                return m->pci_address && streq(m->pci_address, identity->value);
        snprintf(serial, sizeof(serial), "0x%" PRIx64, m->serial);
        return streq(identity->key, "cxl-serial") && streq(serial, identity->value);
}

/* As a rule matches: by any device of the node. */
static bool has_device(const struct node *node, const struct rule_identity *identity)
{
        for (size_t i = 0; i < node->n_devices; i++)
                for (size_t j = 0; j < node->devices[i].n_memdevs; j++)
                        if (has_identity(&node->devices[i].memdevs[j], identity))
                                return true;
        return false;
}

/* Whether another node's memory has that identity, too: a device may have memory in several nodes,
 * alone or with other devices, and two devices may have one serial number. */
static bool is_shared(const struct machine *m, const struct node *node,
                      const struct rule_identity *identity)
{
        for (size_t i = 0; i < m->n_nodes; i++)
                if (&m->nodes[i] != node && has_device(&m->nodes[i], identity))
                        return true;
        return false;
}

static int find_node(unsigned id, const struct machine *m, struct messages *errors,
                     struct set_target *t)
{
        const struct node *node = machine_get_node(m, id);

        if (!node) {
                messages_add(errors,
                             "node %u is not online; memory that is not there has to be named by "
                             "its device: cxl-serial=..., pci-address=...",
                             id);
                return -ENOENT;
        }
        if (node_is_unreadable(node, FACT_DEVICES)) {
                messages_add(errors, "node %u: its devices cannot be read now", id);
                return -EAGAIN;
        }
        rules_identify(node, &t->identity);
        t->has_node = is_shared(m, node, &t->identity);
        snprintf(t->node, sizeof(t->node), "%u", id);
        return 0;
}

int set_target_find(const char *text, const struct machine *m, struct messages *errors,
                    struct set_target *ret)
{
        const char *equals = strchr(text, '=');
        unsigned node;
        int r;

        *ret = (struct set_target){ 0 };
        if (!equals && input_parse_node(text, &node) < 0) {
                messages_add(errors,
                             "expected a node (1 or node1) or a match (cxl-serial=0x1234), found "
                             "\"%s\"",
                             text);
                return -EINVAL;
        }
        r = equals ? find_match(text, equals, errors, ret) : find_node(node, m, errors, ret);
        if (r < 0)
                return r;
        ret->keys[ret->n++] = (struct rule_key){ ret->identity.key, ret->identity.value };
        if (ret->has_node)
                ret->keys[ret->n++] = (struct rule_key){ "node", ret->node };
        return 0;
}

/* ".node-3.conf" sorts behind ".conf": what is for one node is tried before what is for all memory
 * of the device. */
void set_target_path(const struct set_target *t, bool runtime, char ret[static DROPIN_PATH_MAX])
{
        snprintf(ret, DROPIN_PATH_MAX, "%s%s-%s%s%s.conf",
                 runtime ? RUNTIME_PREFIX : LASTING_PREFIX, t->identity.key, t->identity.value,
                 t->has_node ? NODE_PART : "", t->has_node ? t->node : "");
}

bool set_target_owns(const struct set_target *t, bool runtime, const char *name)
{
        char path[DROPIN_PATH_MAX];
        struct set_target device = *t;
        const char *rest;

        device.has_node = false;
        set_target_path(&device, runtime, path);
        if (streq(name, last_component(path)))
                return !t->has_node;
        path[strlen(path) - strlen(".conf")] = '\0';
        rest = startswith(name, last_component(path));
        rest = rest ? startswith(rest, NODE_PART) : NULL;
        if (!rest)
                return false;
        if (*t->node == '\0')
                return true;
        rest = startswith(rest, t->node);
        return rest && streq(rest, ".conf");
}

void set_target_name(const struct set_target *t, char ret[static SET_NAME_MAX])
{
        snprintf(ret, SET_NAME_MAX, "%s-%s%s%.4s", t->identity.key, t->identity.value,
                 t->has_node ? "-node-" : "", t->has_node ? t->node : "");
        for (char *c = ret; *c; c++)
                if (*c == ':')
                        *c = '.';
}
