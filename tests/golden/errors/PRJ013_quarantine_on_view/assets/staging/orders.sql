/* andon
materialize: view
checks:
  - not_null: id
    on_fail: quarantine
*/
select id, amount from raw.orders
