/* andon
checks:
  - range: {amount: {min: 5, max: 1}}
  - accepted: {tier: high}
  - relationship: {id: orders}
  - unique: {columns: id, keep: newest}
  - not_null: id
    unique: id
*/
select id, amount from raw.orders
