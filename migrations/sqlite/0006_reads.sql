-- What the dispatcher's queue is ordered by. The pipeline of commands keeps it true.

-- The minute in which the time is up; while the clock stands still, the minutes that are left.
alter table tickets add column queue_minute integer not null default 0;
-- Of the priority: emergencies first.
alter table tickets add column queue_rank integer not null default 2;
-- Of the site's zone.
alter table tickets add column region_weight integer not null default 500;
update tickets set
    queue_minute = (sla_due_at - coalesce(sla_paused_since, 0)) / 60000000,
    queue_rank = case priority when 'EMERGENCY' then 0 when 'URGENT' then 1 else 2 end;

create index tickets_queue on tickets (queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id)
    where sla_paused_since is null and state not in ('CLOSED', 'CANCELLED');
create index tickets_queue_paused on tickets (queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id)
    where sla_paused_since is not null and state not in ('CLOSED', 'CANCELLED');
create index tickets_queue_over on tickets (queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id)
    where state in ('CLOSED', 'CANCELLED');
create index tickets_by_site on tickets (site_id, id);
create index sites_by_zone on sites (zone_id) where zone_id is not null;
