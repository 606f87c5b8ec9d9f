/* andon
ownr: growth
checks:
  - uniqe: id
*/
select id, amount from raw.orders
