/* andon
columns:
  id: INTEGR
  email: {type: VARCHAR, clasification: pii.email}
*/
select id, amount from raw.orders
