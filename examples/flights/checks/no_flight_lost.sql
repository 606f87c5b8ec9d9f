-- Every staged flight is in the facts exactly once: a join must neither lose nor double a row.
select s.carrier, s.flight, s.time_hour, count(m.flight) as times
from staging.flights s
left join marts.flight_facts m
    on m.carrier = s.carrier and m.flight = s.flight and m.time_hour = s.time_hour
group by all
having count(m.flight) <> 1
