/* andon
materialize: view
*/
select order_id, cents(amount) as cents
from raw.orders
