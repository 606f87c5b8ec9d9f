/* andon
checks:
  - expect: sum(amount) > 0
  - expect: "true); drop table x; --"
*/
select id, amount from raw.orders
