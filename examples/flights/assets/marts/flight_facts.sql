/* andon
description: Every flight with what is known of its plane, its destination and the weather at departure.
owner: operations
key: [carrier, flight, time_hour]
together: flights
checks:
  - unique: [carrier, flight, time_hour]
  - sql: checks/no_flight_lost.sql
*/
select
    f.carrier, a.name as airline, f.flight, f.tailnum, f.origin, f.dest, d.name as destination,
    f.day, f.time_hour, f.dep_delay, f.arr_delay, f.is_cancelled,
    f.arr_delay > $late_minutes as is_late,
    p.tailnum is not null as has_plane,
    2013 - p.year_built as plane_age,
    p.seats,
    w.time_hour is not null as has_weather,
    w.temp, w.wind_speed, w.precip, w.visib,
    f.distance
from staging.flights f
left join staging.airlines a using (carrier)
left join staging.airports d on d.faa = f.dest
left join staging.planes p on p.tailnum = f.tailnum
left join staging.weather w on w.origin = f.origin and w.time_hour = f.time_hour
