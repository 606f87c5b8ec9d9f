select id
/* andon
owner: growth
*/
from raw.orders
