/* andon
owner: growth
key: id
owner: finance
*/
select id, amount from raw.orders
