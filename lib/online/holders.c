/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "online/holders.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/kernel-page-flags.h>

#include "base/units.h"

#define FLAGS_PATH "proc/kpageflags"
#define OWNER_PATH "sys/kernel/debug/page_owner"
#define OWNER_SIZE 4096
/* Not in the uapi header: fs/proc/page.c shows them all the same. */
#define RESERVED      32
#define OWNER_PRIVATE 37

#define FLAG(name) (UINT64_C(1) << (name))

/* A tail of a compound page has few flags of its own. HOLDER_KINDS: it holds nothing. */
static enum holder_kind classify(uint64_t f, enum holder_kind head)
{
        if (f & (FLAG(KPF_NOPAGE) | FLAG(KPF_BUDDY) | FLAG(KPF_HWPOISON)))
                return HOLDER_KINDS; /* pages with a memory error are left behind */
        if (f & FLAG(KPF_HUGE))
                return HOLDER_HUGE;
        if (f & FLAG(KPF_SLAB))
                return HOLDER_SLAB;
        if (f & FLAG(KPF_PGTABLE))
                return HOLDER_TABLE;
        if (f & FLAG(KPF_OFFLINE))
                return HOLDER_OFFLINE;
        if (f & FLAG(RESERVED))
                return HOLDER_RESERVED;
        if (f & FLAG(KPF_ANON))
                return HOLDER_ANON;
        if (f & (FLAG(KPF_LRU) | FLAG(KPF_MMAP) | FLAG(KPF_SWAPBACKED)))
                return HOLDER_FILE;
        return f & FLAG(KPF_COMPOUND_TAIL) ? head : HOLDER_KERNEL;
}

/* With memmap_on_memory, a block begins with the memmap of its own pages. These are marked as
 * self-hosted, and before Linux 6.11 as reserved, too. They are never in the way: the kernel
 * offlines what is behind them (drivers/base/memory.c:memory_block_offline). */
static size_t count_memmap(const uint64_t *flags, size_t n)
{
        size_t i = 0;

        while (i < n && (flags[i] & ~FLAG(RESERVED)) == FLAG(OWNER_PRIVATE))
                i++;
        return i;
}

void holders_count(const uint64_t *flags, size_t n, uint64_t first_pfn, struct holders *ret)
{
        struct holders h = { .known = true, .memmap = count_memmap(flags, n) };
        enum holder_kind head = HOLDER_KERNEL;

        for (size_t i = h.memmap; i < n; i++) {
                enum holder_kind kind = classify(flags[i], head);

                if (!(flags[i] & FLAG(KPF_COMPOUND_TAIL)))
                        head = kind;
                if (kind == HOLDER_KINDS)
                        continue;
                /* a huge page may begin in another block */
                if (kind == HOLDER_HUGE && (flags[i] & FLAG(KPF_COMPOUND_TAIL)) && i > 0)
                        continue;
                if (h.pages[kind]++ == 0)
                        h.example[kind] = first_pfn + i;
        }
        *ret = h;
}

int holders_read(struct sysroot *root, uint64_t block, uint64_t block_size, struct holders *ret)
{
        size_t n = block_size / (uint64_t)sysconf(_SC_PAGESIZE), done = 0,
               size = n * sizeof(uint64_t);
        _cleanup_(freep) uint64_t *flags = malloc(size + 1);

        *ret = (struct holders){ 0 };
        if (!flags)
                return -ENOMEM;
        while (done < size) {
                ssize_t r = sysroot_read_at(root, FLAGS_PATH, (char *)flags + done, size - done,
                                            block * n * sizeof(uint64_t) + done);

                if (r < 0)
                        return (int)r;
                if (r == 0)
                        return -ENODATA;
                done += (size_t)r;
        }
        holders_count(flags, n, block * n, ret);
        return 0;
}

/* The function that a line of the stack trace names, without its offset, if it says more than that
 * pages were allocated. */
static bool is_telling(const char *line)
{
        static const char *const common[] = { "__alloc_",   "alloc_pages",   "get_page_from",
                                              "post_alloc", "__folio_alloc", "folio_alloc",
                                              "prep_new",   "__set_page",    "__get_free_pages",
                                              "get_free_p", "vma_alloc",     "alloc_frozen",
                                              "save_stack", "folio_prealloc" };

        for (size_t i = 0; i < ELEMENTSOF(common); i++)
                if (startswith(line, common[i]))
                        return false;
        return true;
}

/* A name of a process or a function, made printable. */
static void copy_word(char *ret, size_t size, const char *text, const char *end)
{
        size_t n = strcspn(text, end);

        if (n >= size)
                n = size - 1;
        for (size_t i = 0; i < n; i++)
                ret[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
        ret[n] = '\0';
}

int page_owner_parse(const char *text, uint64_t pfn, char ret[static PAGE_OWNER_MAX])
{
        const char *line = strstr(text, "PFN 0x"), *pid = strstr(text, ", pid ");
        char process[32] = "", function[64] = "";
        const char *name;

        if (!line || strtoull(line + strlen("PFN 0x"), NULL, 16) != pfn || !pid)
                return -ENOENT;
        /* "..., pid 1, tgid 1 (systemd), ts ..."; 6.1 and older say no tgid and may say no name */
        name = strchr(pid, '(');
        if (name && name < line)
                copy_word(process, sizeof(process), name + 1, ")\n");
        while ((line = strchr(line, '\n'))) {
                line++;
                if (*line != ' ')
                        continue;
                line += strspn(line, " ");
                if (!is_telling(line))
                        continue;
                copy_word(function, sizeof(function), line, "+ \n");
                break;
        }
        snprintf(ret, PAGE_OWNER_MAX, "allocated by %s (pid %lu)%s%s", process,
                 strtoul(pid + strlen(", pid "), NULL, 10), *function ? " in " : "", function);
        return 0;
}

/* The offset is a page frame number; a record is a read. The first of all memory is that of page
 * frame min_low_pfn, 0 or 1 (mm/page_owner.c:read_page_owner). */
int page_owner_read(struct sysroot *root, uint64_t pfn, char ret[static PAGE_OWNER_MAX])
{
        char text[OWNER_SIZE + 1];

        for (uint64_t first = 0; first < 2 && first <= pfn; first++) {
                ssize_t n = sysroot_read_at(root, OWNER_PATH, text, sizeof(text) - 1, pfn - first);

                if (n < 0)
                        return (int)n;
                text[n] = '\0';
                if (page_owner_parse(text, pfn, ret) == 0)
                        return 0;
        }
        return -ENOENT;
}

static const struct {
        const char *one, *many;
        bool movable;
} kinds[HOLDER_KINDS] = {
        [HOLDER_SLAB] = { "page of slab", "pages of slab", false },
        [HOLDER_TABLE] = { "page of page tables", "pages of page tables", false },
        [HOLDER_RESERVED] = { "reserved page", "reserved pages", false },
        [HOLDER_OFFLINE] = { "page that a balloon or virtio-mem took",
                             "pages that a balloon or virtio-mem took", false },
        [HOLDER_KERNEL] = { "other page of the kernel", "other pages of the kernel", false },
        [HOLDER_HUGE] = { "huge page (hugetlb)", "huge pages (hugetlb)", true },
        [HOLDER_ANON] = { "anonymous page", "anonymous pages", true },
        [HOLDER_FILE] = { "page of files", "pages of files", true },
};

/* In a kernel zone all that can be moved goes, if it must. In ZONE_MOVABLE the kernel has no data
 * of its own: pages without a mark are free, and wait in the list of some CPU. */
static bool is_to_blame(const struct holders *h, enum block_zone zone, enum holder_kind kind)
{
        bool has_unmovable = false, has_movable = false;

        for (enum holder_kind k = 0; k < HOLDER_KINDS; k++) {
                has_unmovable = has_unmovable || (!kinds[k].movable && h->pages[k] > 0);
                has_movable = has_movable || (kinds[k].movable && h->pages[k] > 0);
        }
        if (h->pages[kind] == 0)
                return false;
        if (zone == ZONE_MOVABLE)
                return kind != HOLDER_KERNEL || !has_movable;
        return !kinds[kind].movable || !has_unmovable || kind == HOLDER_HUGE;
}

bool holders_get_example(const struct holders *h, enum block_zone zone, uint64_t *ret)
{
        if (!h->known)
                return false;
        for (enum holder_kind k = 0; k < HOLDER_KINDS; k++)
                if (is_to_blame(h, zone, k)) {
                        *ret = h->example[k];
                        return true;
                }
        return false;
}

static void print_counts(FILE *f, const struct holders *h, enum block_zone zone)
{
        const char *separator = "";

        for (enum holder_kind k = 0; k < HOLDER_KINDS; k++) {
                if (!is_to_blame(h, zone, k))
                        continue;
                fprintf(f, "%s%" PRIu64 " %s", separator, h->pages[k],
                        h->pages[k] == 1 ? kinds[k].one : kinds[k].many);
                separator = ", ";
        }
        if (!*separator)
                fputs("no page that is known to be in the way", f);
}

/* Nobody counts references to the kernel's own pages. */
static void print_references(FILE *f, const struct page_dump *p)
{
        if (p->is_anonymous || *p->file || p->mapcount > 0)
                fprintf(f, ", %" PRId64 " reference%s, mapped %" PRId64 " time%s", p->refcount,
                        plural((size_t)p->refcount), p->mapcount, plural((size_t)p->mapcount));
        if (page_dump_is_pinned(p))
                fputs(", pinned", f);
}

static void print_dump(FILE *f, const struct page_dump *p)
{
        fprintf(f, "; the kernel's example: page 0x%" PRIx64, p->pfn);
        if (p->is_anonymous)
                fputs(", anonymous", f);
        if (*p->type)
                fprintf(f, ", %s", p->type);
        if (*p->file)
                fprintf(f, ", of a file \"%s\"", p->file);
        print_references(f, p);
        fprintf(f, " (%s)", p->reason);
}

static const char *explain_error(enum block_zone zone, int error)
{
        if (zone == ZONE_NONE)
                return "it spans zones or has holes, and can never go offline";
        switch (error) {
        case 0:
                return "somebody brought it online again";
        case -ETIMEDOUT:
                return "it took too long";
        case -EINTR:
                return "interrupted";
        case -EINVAL:
                return "the kernel refuses: it has holes, or spans zones";
        case -EINPROGRESS:
                return "another hotplug operation was under way all the time";
        case -EBUSY:
                return zone == ZONE_KERNEL
                               ? "it is in a kernel zone, and not all of it can be moved"
                               : "not all of it can be moved";
        default:
                return strerror(-error);
        }
}

char *holders_explain(const struct holders *h, enum block_zone zone, int error,
                      const struct page_dump *dump, const char *owner)
{
        char *text = NULL;
        size_t size;
        uint64_t pfn;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return NULL;
        fputs(explain_error(zone, error), f);
        if (h && h->known && zone != ZONE_NONE && error != -EINPROGRESS && error != -EINVAL) {
                fputs(": ", f);
                print_counts(f, h, zone);
                if (!dump && holders_get_example(h, zone, &pfn))
                        fprintf(f, "; for example page 0x%" PRIx64, pfn);
                if (h->memmap > 0)
                        fprintf(f,
                                "; its first %" PRIu64 " pages are its own memmap "
                                "(memmap_on_memory), and go with it",
                                h->memmap);
        }
        if (dump)
                print_dump(f, dump);
        if (owner)
                fprintf(f, ", %s", owner);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
