-- Times are microseconds since 1970-01-01 UTC. Bodies are JSON of the record; where a column
-- repeats a field that may change (status, state), the column decides.

create table recorded (
    id integer primary key check (id = 1),
    newest_us integer not null
);
insert into recorded values (1, 0);

create table snapshots (
    seq integer primary key,
    id text not null unique,
    asset text not null,
    status text not null,
    status_us integer
);
create index snapshots_of_asset on snapshots (asset, seq);

-- Apart from the status, so that a publication of many assets rewrites narrow rows only.
create table snapshot_bodies (
    seq integer primary key,
    body blob not null
);

create table build_keys (
    asset text not null,
    build_key text not null,
    split text not null,
    snapshot_id text not null,
    primary key (asset, build_key, split)
) without rowid;
create index build_keys_of_snapshot on build_keys (snapshot_id);

-- A view needs the files of what it reads for as long as the view itself is kept.
create table view_inputs (
    input_id text not null,
    view_id text not null,
    primary key (input_id, view_id)
) without rowid;
create index view_inputs_of_view on view_inputs (view_id);

create table audits (
    seq integer primary key,
    snapshot_id text not null,
    checks text not null,
    body blob not null,
    unique (snapshot_id, checks)
);

create table publications (
    number integer primary key,
    id text not null unique,
    environment text not null,
    at_us integer not null,
    body blob not null
);
create index publications_of_environment on publications (environment, at_us, number);

create table pointers (
    environment text not null,
    asset text not null,
    snapshot_id text not null,
    publication integer not null,
    primary key (environment, asset)
) without rowid;
create index pointers_to_snapshot on pointers (snapshot_id);

-- The whole set of any publication is the newest change of each asset up to its number.
create table pointer_changes (
    environment text not null,
    asset text not null,
    publication integer not null,
    snapshot_id text,
    primary key (environment, asset, publication)
) without rowid;
create index pointer_changes_to_snapshot on pointer_changes (snapshot_id);

create table withdrawals (
    environment text not null,
    asset text not null,
    build_key text not null,
    split text not null,
    publication integer not null,
    primary key (environment, asset, build_key, split)
) without rowid;

create table deliveries (
    seq integer primary key,
    id text not null unique,
    source_table text not null,
    path text not null,
    state text not null,
    body blob not null
);
create index deliveries_at_path on deliveries (source_table, path);
create index deliveries_in_force on deliveries (source_table, seq) where state <> 'superseded';

create table runs (
    seq integer primary key,
    id text not null unique,
    body blob not null
);

create table events (
    number integer primary key autoincrement,
    at_us integer not null,
    kind text not null,
    body blob not null
);

create table pins (
    pin_id text not null,
    snapshot_id text not null,
    holder text not null,
    at_us integer not null,
    primary key (pin_id, snapshot_id)
) without rowid;
create index pins_of_snapshot on pins (snapshot_id);
