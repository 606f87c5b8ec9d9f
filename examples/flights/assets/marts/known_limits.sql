/* andon
description: What the data does not know, counted, so that nobody is surprised.
owner: operations
together: flights
*/
select 'flights' as fact, count(*) as n from staging.flights
union all select 'flights without a departure', count(*) from staging.flights where is_cancelled
union all select 'flights whose plane is unknown', count(*) from marts.flight_facts where not has_plane
union all select 'flights to an unknown airport', count(*) from marts.flight_facts where destination is null
union all select 'flights without weather', count(*) from marts.flight_facts where not has_weather
union all select 'planes without a year', count(*) from staging.planes where year_built is null
union all
select 'local weather hours that come twice', count(*)
from (select 1 from staging.weather group by origin, year, month, day, hour having count(*) > 1)
union all
select 'UTC weather hours that come twice', count(*)
from (select 1 from staging.weather group by origin, time_hour having count(*) > 1)
