/*
 * fault.c - the shared slots, and what is done at a point. Not in use outside
 * test builds: see fault.h.
 */
#include "base/base.h"
#include "base/fault.h"

#ifdef BOXOFFICE_FAULTS

#include "base/check.h"
#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(struct fault_slot) == 32, "tests write slots of 32 bytes");

/* The environment is read here and not by conf.c: points stand below settings, and are hit before these are read. */
static struct fault_slot *
slots_open(void)
{
        const char *path = getenv("BOXOFFICE_FAULT_FILE");
        struct stat st;
        void *p;
        int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);

        if (fd < 0)
                return NULL;
        CHECK(fstat(fd, &st) == 0 && st.st_size >= (off_t)(FAULT_POINTS * sizeof(struct fault_slot)));
        p = mmap(NULL, FAULT_POINTS * sizeof(struct fault_slot), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        CHECK(p != MAP_FAILED && close(fd) == 0);
        return p;
}

/* What is armed, when it is this process's turn. */
static enum fault_action
turn(struct fault_slot *s)
{
        enum fault_action action = (enum fault_action)atomic_load(&s->action);

        if (action == FAULT_NONE || atomic_fetch_sub(&s->countdown, 1) != 1)
                return FAULT_NONE;
        atomic_store(&s->action, FAULT_NONE);
        atomic_store(&s->pid, (uint32_t)getpid());
        atomic_fetch_add(&s->fired, 1);
        return action;
}

bool
fault_hit(enum fault_point point)
{
        static struct fault_slot *slots;
        static bool tried;

        if (!tried) {
                tried = true;
                slots = slots_open();
        }
        if (slots == NULL)
                return false;
        atomic_fetch_add(&slots[point].hits, 1);
        switch (turn(&slots[point])) {
        case FAULT_NONE:
                return false;
        case FAULT_KILL:
                (void)kill(getpid(), SIGKILL);
                return false;
        case FAULT_STOP:
                (void)kill(getpid(), SIGSTOP);
                return false;
        case FAULT_DELAY:
                clock_sleep_ms(atomic_load(&slots[point].argument));
                return false;
        case FAULT_FAIL:
                return true;
        }
        NEVER("an action that is none");
}

#endif
