/* andon
owner: growth
*/
select id, (amount
from raw.orders
