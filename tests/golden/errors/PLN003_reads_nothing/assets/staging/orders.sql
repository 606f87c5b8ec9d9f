/* andon
owner: growth
*/
select id
from raw.ordres
