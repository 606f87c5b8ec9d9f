/* andon
for: [{region: eu}, {region: us}]
*/
select id from raw.orders where region = $region
