select *
from staging.order
where late
