-- PostgreSQL tries to compress what is long, unless it is told not to; SQLite never does.
select 1;
