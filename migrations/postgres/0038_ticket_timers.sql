-- Tickets of before their deadlines were timers get theirs: due when little time is left, which may have been long ago.
-- Whoever rings it looks how the ticket stands. One whose lateness was told already stays quiet.
set local statement_timeout = 0;
insert into jobs (id, queue, kind, dedupe_key, payload, run_at, attempts, max_attempts, created_at)
select gen_random_uuid(), 1, 'ticket_sla_timer', 'ticket_sla_timer:' || t.id, '{"ticket_id":"' || t.id || '"}',
       t.sla_due_at - interval '45 minutes 59 seconds', 0, 20, t.updated_at
from tickets t
where t.state not in ('CLOSED', 'CANCELLED') and t.sla_paused_since is null
  and not exists (select 1 from alerts a where a.ticket_id = t.id and a.code = 'TICKET_SLA_BREACH')
on conflict (dedupe_key) do nothing;
