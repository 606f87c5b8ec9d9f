/* andon
checks:
  - uniqe: id
*/
select id, amount from raw.orders
