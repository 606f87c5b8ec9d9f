/* andon
checks:
  - row_count: {min: 1}
    on_fail: quarantine
*/
select id, amount from raw.orders
