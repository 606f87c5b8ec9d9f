/* andon
description: Share of late flights by month, always as fresh as the days it reads.
owner: operations
materialize: view
together: flights
checks:
  - accepted: {month: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}
  - range: {share_late: {min: 0, max: 1}}
*/
select
    month(day) as month,
    sum(flights)::bigint as flights,
    round(sum(late) / sum(arrived), 4) as share_late
from marts.days
group by all
