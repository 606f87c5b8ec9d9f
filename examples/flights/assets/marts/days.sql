/* andon
description: One row per day of departure.
owner: operations
key: day
together: flights
checks:
  - unique: day
  - range: {flights: {min: 500, max: 1200}}
  - expect: cancelled <= flights
*/
select
    day,
    count(*) as flights,
    count_if(is_cancelled) as cancelled,
    count(arr_delay) as arrived,
    count_if(is_late) as late,
    round(count_if(is_late) / count(arr_delay), 4) as share_late,
    count_if(not has_weather) as without_weather
from marts.flight_facts
group by day
