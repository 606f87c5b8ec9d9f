-- Intervals of incremental snapshots: apart from the snapshot, since few readers need them.
create table slices (
    snapshot_id text primary key,
    body blob not null
) without rowid;

-- What a stored file holds of each interval of a column: a function of its bytes, asked for once.
create table figures (
    path text not null,
    slicing text not null,
    body blob not null,
    primary key (path, slicing)
) without rowid;

create table pieces (
    asset text not null,
    label text not null,
    body blob not null,
    primary key (asset, label)
) without rowid;
