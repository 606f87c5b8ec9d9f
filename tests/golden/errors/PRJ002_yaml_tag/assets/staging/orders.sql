/* andon
owner: !secret team
*/
select id, amount from raw.orders
