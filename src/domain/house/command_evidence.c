/* command_evidence.c - the evidence of a dispute, for an operator who sends it by hand. */
#include "base/base.h"
#include "base/arena.h"
#include "domain/evidence/evidence.h"
#include "domain/house/command_inner.h"

int
disputes_pack(const struct conf *c, const struct options *o)
{
        struct task t;
        struct err e = { .code = ERR_NONE };
        struct uuid id;

        if (!typeid_parse("dsp", str_of(o->rest[0]), &id))
                return command_usage_error("give one DISPUTE (dsp_...) and a directory that is not there yet");
        if (!command_open(&t, c, TASK_KEY))
                return EXIT_USAGE;
        if (!evidence_export(&t, uuid_org(id), id, o->rest[1], &e))
                return command_failed(&t, &e);
        fprintf(stderr, "boxoffice: its evidence is in %s; delete it when it is sent\n", o->rest[1]);
        task_close(&t);
        return EXIT_DONE;
}
