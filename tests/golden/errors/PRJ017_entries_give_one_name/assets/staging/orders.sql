/* andon
for: [{region: eu, day: 1}, {region: eu, day: 2}]
name: "{region}_orders"
*/
select id, amount from raw.orders
