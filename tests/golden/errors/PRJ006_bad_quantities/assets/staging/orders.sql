/* andon
limit: 101%
every: daily
checks:
  - unique: id
    tolerance: 0.5
  - freshness: {ts: 2}
*/
select id, amount from raw.orders
