/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings about the HMAT that "numatier hmat install" has installed. */

#include "doctor/checks.h"
#include "hmat/obstacles.h"

#define BIT(o) (1U << (o))
/* What a new table cures. */
#define CURED_BY_INSTALL                                                                           \
        (BIT(OBSTACLE_DAMAGED) | BIT(OBSTACLE_IDS) | BIT(OBSTACLE_REVISION) |                      \
         BIT(OBSTACLE_REFUSED) | BIT(OBSTACLE_INITRD) | BIT(OBSTACLE_EARLIER))

static void add_table(struct diagnosis *d, const struct table_file *t)
{
        if (t->state == TABLE_VALID)
                finding_add_file(d, t->path, "OEM revision %u%s", t->header.oem_revision,
                                 hmat_is_ours(&t->header) ? ", made by numatier"
                                                          : ", of the firmware");
        else
                finding_add_file(d, t->path, "%s", t->fault ?: "absent");
}

static void add_remedy(const struct installed *i, unsigned obstacles, struct diagnosis *d)
{
        for (enum hmat_obstacle o = 0; o < OBSTACLES; o++) {
                _cleanup_(freep) char *text = obstacles & BIT(o) ? hmat_obstacle_print(i, o) : NULL;

                if (text)
                        finding_add_remedy(d, "%s", text);
        }
        if (obstacles & CURED_BY_INSTALL) {
                finding_add_remedy(d, "To install the table that the policy wants now:");
                finding_add_command(d, "numatier hmat install");
        }
        if (obstacles == BIT(OBSTACLE_BOOT))
                finding_add_remedy(d, "Reboot the machine when it suits you.");
        finding_add_remedy(d, "To do without the table:");
        finding_add_command(d, "numatier hmat uninstall");
}

void check_hmat_not_taken(const struct subject *s, struct diagnosis *d)
{
        const struct installed *i = s->installed;
        unsigned obstacles = i ? hmat_find_obstacles(i) : 0;

        if (i && i->used.state == TABLE_UNREADABLE)
                diagnosis_skip(d, "/%s: %s", i->used.path, i->used.fault);
        if (i && i->file.state == TABLE_UNREADABLE)
                diagnosis_skip(d, "/%s: %s", i->file.path, i->file.fault);
        if (obstacles == 0)
                return;
        finding_begin(d, obstacles == BIT(OBSTACLE_BOOT) ? SEVERITY_NOTE : SEVERITY_WARNING,
                      "The kernel does not use the HMAT that is installed");
        add_table(d, &i->file);
        add_table(d, &i->used);
        finding_add_consequence(d, "Linux goes by the firmware's HMAT, by an earlier table, or by "
                                   "none: access0, access1 and the tiers that it makes by itself "
                                   "may be wrong.");
        add_remedy(i, obstacles, d);
}

/* As long as the kernel has the table, what the firmware says cannot be read. */
static void report_other_srat(const struct installed *i, struct diagnosis *d)
{
        finding_begin(d, SEVERITY_WARNING, "The HMAT that is installed was made for another SRAT");
        add_table(d, &i->file);
        finding_add_file(d, SRAT_PATH, "not as in /" HMAT_SRAT_FILE);
        finding_add_consequence(d, HMAT_SRAT_CHANGED
                                " Linux then gives nodes the values and tiers of others.");
        if (installed_is_taken(i)) {
                finding_add_remedy(d, "To have the firmware's own values, run this and reboot:");
                finding_add_command(d, "numatier hmat uninstall");
                finding_add_remedy(d, "Then, if a table is still needed:");
        } else {
                finding_add_remedy(d, "To install a table for this machine as it is now:");
        }
        finding_add_command(d, "numatier hmat install");
}

void check_hmat_outdated(const struct subject *s, struct diagnosis *d)
{
        if (s->installed && s->installed->srat == SRAT_OTHER) {
                report_other_srat(s->installed, d);
                return;
        }
        if (!s->installed || s->hmat_currency != HMAT_OUTDATED)
                return;
        finding_begin(d, SEVERITY_WARNING,
                      "The HMAT that is installed is not what the policy wants now");
        add_table(d, &s->installed->file);
        finding_add_consequence(d, "The policy, the measured values or the machine have changed. "
                                   "At each boot Linux makes the tiers by the values of before.");
        finding_add_remedy(d, "To install the right table, for the next boot:");
        finding_add_command(d, "numatier hmat install");
}
