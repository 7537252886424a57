-- What grows with time, and whose keys can hold the time, is kept by months: partitions, or hypertables where the
-- database has TimescaleDB. See docs/decisions/kept-by-months.md. The functions take the name of one of the tables.
set local statement_timeout = 0;

-- The column that tells the time of a row.
create function months_column(kept text) returns text language sql immutable as $$
    select case kept when 'conversation_events' then 'created_at' when 'report_hours' then 'hour' end
$$;

-- The beginning of a month as that column counts it, as a literal.
create function months_bound(kept text, month timestamptz) returns text language sql immutable as $$
    select case kept when 'report_hours' then (extract(epoch from month) / 3600)::bigint || '::bigint'
                     else quote_literal(to_char(month at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00')) || '::timestamptz' end
$$;

create function months_after(month timestamptz) returns timestamptz language sql immutable as $$
    select (date_trunc('month', month at time zone 'UTC') + interval '1 month') at time zone 'UTC'
$$;

create function months_name(kept text, month timestamptz) returns text language sql immutable as $$
    select kept || to_char(month at time zone 'UTC', '"_y"YYYY"m"MM')
$$;

-- The months of the rows that `within` holds.
create function months_in(kept text, within text) returns setof timestamptz language plpgsql as $$
begin
    return query execute format(
        case kept when 'report_hours'
            then 'select distinct date_trunc(''month'', to_timestamp(%I * 3600.0) at time zone ''UTC'') at time zone ''UTC'' from %I'
            else 'select distinct date_trunc(''month'', %I at time zone ''UTC'') at time zone ''UTC'' from %I' end,
        months_column(kept), within);
end
$$;

-- Whether the table is in partitions: a hypertable makes its own.
create function months_are_partitions(kept text) returns boolean language sql stable as $$
    select exists (select 1 from pg_class where oid = to_regclass(kept) and relkind = 'p')
$$;

-- Makes the partition of a month, if it is not there, and takes over the rows that had to go to the rest until now. Tells
-- how many those were.
create function months_cut(kept text, at timestamptz) returns bigint language plpgsql as $$
declare
    month timestamptz := date_trunc('month', at at time zone 'UTC') at time zone 'UTC';
    part text := months_name(kept, month);
    first text := months_bound(kept, month);
    next text := months_bound(kept, months_after(month));
    moved bigint;
begin
    if not months_are_partitions(kept) or to_regclass(part) is not null then
        return 0;
    end if;
    -- Nobody else makes it, and nobody adds to the rest what belongs into it.
    execute format('lock table only %I in share update exclusive mode', kept);
    execute format('lock table %I in access exclusive mode', kept || '_rest');
    if to_regclass(part) is not null then
        return 0;
    end if;
    execute format('create table %I (like %I including defaults)', part, kept);
    execute format('with moved as (delete from %I where %I >= %s and %I < %s returning *) insert into %I select * from moved',
                   kept || '_rest', months_column(kept), first, months_column(kept), next, part);
    get diagnostics moved = row_count;
    execute format('alter table %I attach partition %I for values from (%s) to (%s)', kept, part, first, next);
    return moved;
end
$$;

-- Drops the oldest month that ended before `until`, whole; of a hypertable all that is older. Tells how many rows went;
-- null: there is no such month.
create function months_drop(kept text, until timestamptz) returns bigint language plpgsql as $$
declare
    part text;
    gone bigint;
begin
    if not months_are_partitions(kept) then
        if not exists (select 1 from pg_extension where extname = 'timescaledb') then
            return null;
        end if;
        execute format('select count(*) from %I', kept) into gone;
        execute format('select drop_chunks(%L, older_than => %s)', kept, months_bound(kept, until));
        execute format('select %s - count(*) from %I', gone, kept) into gone;
        return nullif(gone, 0);
    end if;
    select c.relname into part
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass(kept) and c.relname ~ '_y[0-9]{4}m[0-9]{2}$'
      and months_after(to_timestamp(right(c.relname, 7), 'YYYY"m"MM')::timestamp at time zone 'UTC') <= until
    order by c.relname limit 1;
    if part is null then
        return null;
    end if;
    execute format('select count(*) from %I', part) into gone;
    execute format('drop table %I', part);
    return gone;
end
$$;

-- Keeps a table by months from now on, with the rows that it has: as a hypertable when the database has TimescaleDB, else
-- in partitions. Tells which. For operators, too, who install TimescaleDB later: it copies the table, and nobody can use
-- it meanwhile.
create function months_keep(kept text) returns text language plpgsql as $$
declare
    fresh text := kept || '_fresh';
    is_hypertable boolean := exists (select 1 from pg_extension where extname = 'timescaledb');
    month timestamptz;
begin
    if months_are_partitions(kept) and not is_hypertable then
        return 'partitions';
    end if;
    execute format('lock table %I in access exclusive mode', kept);
    if is_hypertable then
        execute format('create table %I (like %I including defaults)', fresh, kept);
        execute format('select create_hypertable(%L, %L, chunk_time_interval => %s, create_default_indexes => false)',
                       fresh, months_column(kept), case kept when 'report_hours' then '720::bigint' else 'interval ''30 days''' end);
    else
        execute format('create table %I (like %I including defaults) partition by range (%I)', fresh, kept,
                       months_column(kept));
        execute format('create table %I partition of %I default', kept || '_rest', fresh);
        for month in select months_in(kept, kept) loop
            execute format('create table %I partition of %I for values from (%s) to (%s)', months_name(kept, month), fresh,
                           months_bound(kept, month), months_bound(kept, months_after(month)));
        end loop;
    end if;
    execute format('insert into %I select * from %I', fresh, kept);
    execute format('drop table %I', kept);
    execute format('alter table %I rename to %I', fresh, kept);
    -- Without a foreign key to the conversations, which are never removed: making and dropping a month would lock them.
    if kept = 'conversation_events' then
        alter table conversation_events add primary key (id, created_at);
        create index conversation_events_by_conversation on conversation_events (conversation_id, id);
    else
        alter table report_hours add primary key (metric, hour, team_id, channel, word);
    end if;
    return case when is_hypertable then 'hypertable' else 'partitions' end;
end
$$;

select months_keep('conversation_events');
select months_keep('report_hours');
