-- PostgreSQL keeps what grows with time by months; SQLite has no partitions, and one file has room for all of it.
select 1;
