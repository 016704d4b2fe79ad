/*
 * fault.h - named places at which a test makes a process fail.
 *
 * Only builds of `configure --enable-faults` have them; elsewhere FAULT() is
 * nothing and FAULT_FAILS() is false. fault.def is the registry.
 *
 *     FAULT(reply_before_write);
 *     if (FAULT_FAILS(tx_before_commit))
 *             db_drop(tx->db);        (as a lost connection does)
 *
 * All processes of an installation share one file, named by the environment
 * variable BOXOFFICE_FAULT_FILE: a slot for each point, in fault.def's order.
 * A test writes countdown and argument, then the action; whichever process
 * brings the countdown to zero does it, once. Without the variable or the
 * file nothing happens. A file that is too short ends the process: it is of
 * another build.
 *
 *     action      what happens at the point               argument
 *     KILL        SIGKILL to itself
 *     STOP        SIGSTOP to itself; whoever armed it     (pid tells which)
 *                 continues it
 *     DELAY       sleeps                                  milliseconds
 *     FAIL        FAULT_FAILS() is true, once; FAULT()
 *                 passes on
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/base.h"

#ifdef BOXOFFICE_FAULTS

enum fault_point {
#define POINT(name, fails, where) FAULT_POINT_##name,
#include "base/fault.def"
#undef POINT
        FAULT_POINTS
};

enum fault_action { FAULT_NONE, FAULT_KILL, FAULT_STOP, FAULT_DELAY, FAULT_FAIL };

/* 32 bytes in the shared file, in the machine's own byte order. */
struct fault_slot {
        _Atomic uint64_t hits;          /* how often any process came by */
        _Atomic uint32_t action;
        _Atomic int32_t countdown;      /* 1: the next to come */
        _Atomic uint32_t argument;
        _Atomic uint32_t fired;         /* how often an action was done */
        _Atomic uint32_t pid;           /* of the process that did the last one */
        uint32_t unused;
};

/* Counts the hit, does what is armed; true when the place must fail. */
bool fault_hit(enum fault_point point);

#define FAULT(name)             ((void)fault_hit(FAULT_POINT_##name))
#define FAULT_FAILS(name)       fault_hit(FAULT_POINT_##name)

#else

#define FAULT(name)             ((void)0)
#define FAULT_FAILS(name)       false

#endif
#endif
