-- Tickets of before their deadlines were timers get theirs: due when little time is left, which may have been long ago.
-- Whoever rings it looks how the ticket stands. One whose lateness was told already stays quiet.
with named as (
    select lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-'
                 || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21, 12)) as name,
           sla_due_at, updated_at
    from tickets
    where state not in ('CLOSED', 'CANCELLED') and sla_paused_since is null
      and id not in (select ticket_id from alerts where code = 'TICKET_SLA_BREACH' and ticket_id is not null)
)
insert into jobs (id, queue, kind, dedupe_key, payload, run_at, attempts, max_attempts, created_at)
select randomblob(16), 1, 'ticket_sla_timer', 'ticket_sla_timer:' || name, '{"ticket_id":"' || name || '"}',
       sla_due_at - 2759000000, 0, 20, updated_at
from named where true
on conflict (dedupe_key) do nothing;
