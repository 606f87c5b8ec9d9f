-- Who read which published table, by day: as much for one read of a day as for a million.
create table reads (
    asset text not null,
    day integer not null,
    reader text not null,
    reads integer not null,
    newest_us integer not null,
    primary key (asset, day, reader)
) without rowid;

-- What was read before nobody counted is not known; a new catalog counts from its first day.
alter table recorded add column counting_us integer not null default 0;
update recorded set counting_us = max(newest_us, strftime('%s', 'now') * 1000000)
    where newest_us > 0;
