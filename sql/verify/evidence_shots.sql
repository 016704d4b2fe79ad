-- Verify boxoffice:evidence_shots on pg
begin;
do $$ begin
    assert to_regprocedure('app.evidence_accept(int, uuid, boolean, text, text)') is null;
end $$;
rollback;
