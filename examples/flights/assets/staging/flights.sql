/* andon
description: One row per scheduled departure, times in UTC, cancelled flights marked.
owner: operations
key: [carrier, flight, time_hour]
together: flights
checks:
  - unique: [carrier, flight, time_hour]
  - not_null: [carrier, flight, origin, dest, time_hour]
  - accepted: {origin: [EWR, JFK, LGA]}
  - range: {distance: {min: 1, max: 6000}}
  - expect: is_cancelled or dep_time is not null
  # In reality 15.6 % of the rows fly with a plane that the register does not know.
  - relationship: {tailnum: staging.planes.tailnum}
    on_fail: warn
  - relationship: {dest: staging.airports.faa}
    on_fail: warn
  - relationship: {carrier: staging.airlines.carrier}
*/
select
    carrier,
    flight,
    tailnum,
    origin,
    dest,
    make_date(year, month, day) as day,
    time_hour,
    sched_dep_time,
    dep_time,
    dep_delay,
    arr_delay,
    dep_time is null as is_cancelled,
    air_time,
    distance
from raw.flights
